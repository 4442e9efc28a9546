"""What every use case of calls shares: the rules of the agency's telephone, and how the facts about it are read.

Used inside the unit that it is given.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from boona_core.batching import rank
from boona_core.calendar import Calendar, PublicHolidays
from boona_core.calls import Booked, Moment
from boona_core.contact import ContactPolicy
from boona_core.errors import InvalidValue
from boona_core.follow_ups import CallCandidate, Retry, Silence, Wanted
from boona_core.ids import PlacementRequestId, TherapistId
from boona_core.instants import days_after, local_day, utc
from boona_core.lands import land_of
from boona_core.phones import line_of
from boona_core.planned_calls import Practice, Surroundings
from boona_core.ports import Held, Unit
from boona_core.requests import PlacementRequest
from boona_core.therapists import Therapist
from boona_core.windows import minute_of_day


@frozen(kw_only=True)
class Switchboard:
    """What calls go by.

    Attributes:
        zone: Whose wall the hours are on.
        holidays: Who knows the public holidays.
    """

    policy: ContactPolicy
    zone: ZoneInfo
    holidays: PublicHolidays

    def today(self, unit: Unit) -> date:
        """The agency's local day."""
        return local_day(unit.now(), self.zone)

    def calendar(self, unit: Unit) -> Calendar:
        """Which of the days that a call could be planned for are days without calls."""
        today = self.today(unit)
        closed = unit.closures.days(first=days_after(today, -1), last=days_after(today, _AHEAD))
        return Calendar(holidays=self.holidays, closures=frozenset(closed))

    def booked(self, unit: Unit, *, also: date | None = None) -> Sequence[Booked]:
        """The calls that are planned from today to the end of the horizon, or to the day *also* where it is later."""
        today = self.today(unit)
        last = days_after(today, self.policy.call_horizon_days)
        return unit.calls.booked(first_day=today, last_day=last if also is None else max(last, also))

    def made_at(self, unit: Unit, at: Moment | None) -> Moment:
        """When a call was made: as a person says, or now.

        Raises:
            InvalidValue: that is still to come.
        """
        now = unit.now()
        if at is None:
            return local_moment(now, self.zone)
        if at > moment_of(now, self.zone):
            raise InvalidValue("actual_time", "is still to come")
        return at


_AHEAD = 400  # days: longer than any horizon


def local_moment(instant: datetime, zone: ZoneInfo) -> Moment:
    """The local day and minute in which an instant lies, 0 to 1439."""
    local = utc(instant).astimezone(zone)
    return Moment(local.date(), minute_of_day(local.time()))


def moment_of(instant: datetime, zone: ZoneInfo) -> Moment:
    """The local day and minute from which on all is still to come: a minute that has begun is over; 0 to 1440."""
    begun = instant.second > 0 or instant.microsecond > 0
    within = local_moment(instant, zone)
    return Moment(within.day, within.minute + begun)


def practice_of(therapist: Therapist) -> Practice:
    """Where a therapist is called."""
    return Practice(number=line_of(therapist.phone), land=land_of(therapist.postal_code))


def surroundings(unit: Unit, switchboard: Switchboard) -> Surroundings:
    """What a plan of calls has to go around, as of this unit."""
    return Surroundings(
        now=moment_of(unit.now(), switchboard.zone),
        callers=unit.callers.all(active=True),
        booked=switchboard.booked(unit),
        is_working_day=switchboard.calendar(unit).is_working_day,
        zone=switchboard.zone,
        policy=switchboard.policy,
    )


def read_candidates(
    unit: Unit,
    policy: ContactPolicy,
    *,
    today: date,
    only_silent: bool = False,
    therapist_ids: Collection[TherapistId] | None = None,
) -> Sequence[CallCandidate]:
    """Every therapist for whom there is a reason to call, by id.

    Args:
        only_silent: Silent emails are the only reason.
        therapist_ids: Of these therapists only; None: of all.
    """
    silent = unit.requests.silent_emails(policy, today=today, therapist_ids=therapist_ids)
    horizon = days_after(today, policy.call_horizon_days)
    retries = [] if only_silent else unit.calls.retries_due(therapist_ids)
    asked = {} if only_silent else unit.requests.asked_for_call(until=horizon, therapist_ids=therapist_ids)
    without = frozenset() if only_silent else unit.requests.without_address(therapist_ids)
    held = unit.requests.held(email_ids=silent, call_ids=[call.id for call in retries], request_ids=asked)
    silences: dict[TherapistId, list[Silence]] = defaultdict(list)
    of_email, of_call = _sorted_by_holder(held, asked)
    for email_id, email in silent.items():
        requests = tuple(of_email.get(email_id, ()))
        silences[email.therapist_id].append(Silence(email_id=email_id, day=email.day, requests=requests))
    wanted: dict[TherapistId, list[Wanted]] = defaultdict(list)
    for each in held:
        if (ask := asked.get(each.request.id)) is not None:
            wanted[ask.therapist_id].append(Wanted(request=each.request, from_day=ask.from_day))
    tried = {call.therapist_id: Retry(call=call, requests=tuple(of_call.get(call.id, ()))) for call in retries}
    ids = frozenset({*silences, *wanted, *tried, *without})
    histories = unit.therapists.histories(ids, policy, today=today)
    therapists = unit.therapists.get_many(ids)
    heads = _open_requests(unit, policy, today, ids)
    return [
        CallCandidate(
            history=history,
            potentially_available=therapists[therapist_id].potentially_available,
            silences=tuple(silences.get(therapist_id, ())),
            wanted=tuple(wanted.get(therapist_id, ())),
            retry=tried.get(therapist_id),
            open_requests=heads.get(therapist_id, ()),
            without_address=therapist_id in without,
        )
        for therapist_id, history in sorted(histories.items())
    ]


def _sorted_by_holder(
    held: Collection[Held], asked: Collection[PlacementRequestId]
) -> tuple[Mapping[int, list[PlacementRequest]], Mapping[int, list[PlacementRequest]]]:
    """The requests of each email and of each call, first to be asked first; those that are asked for by name apart."""
    of_email: dict[int, list[PlacementRequest]] = defaultdict(list)
    of_call: dict[int, list[PlacementRequest]] = defaultdict(list)
    for each in sorted(held, key=lambda one: rank(one.request)):
        if each.request.id in asked:
            continue
        if each.holding.email_id is not None:
            of_email[each.holding.email_id].append(each.request)
        if each.holding.call_id is not None:
            of_call[each.holding.call_id].append(each.request)
    return of_email, of_call


def _open_requests(
    unit: Unit, policy: ContactPolicy, today: date, therapist_ids: Collection[TherapistId]
) -> Mapping[TherapistId, tuple[PlacementRequest, ...]]:
    """The open requests that could go into a call with each of them, in their order."""
    as_many = evolve(policy, max_requests_per_email=policy.max_requests_per_call)
    candidates = unit.requests.candidates(as_many, today=today, therapist_ids=therapist_ids) if therapist_ids else ()
    return {candidate.history.therapist_id: candidate.head for candidate in candidates}
