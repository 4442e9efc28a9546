"""Whom does each caller ring today, about whom, and what has passed before?

A day is read at once, in as many readings as one call takes, however many calls it has.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from attrs import field, frozen

from boona_core.calendar_entries import CalendarEntry
from boona_core.call_ports import CallScripts
from boona_core.call_scripts import script_of
from boona_core.callers import Caller
from boona_core.calls import CallItem, CallStatus, PhoneCall
from boona_core.contact import Channel
from boona_core.ids import CallerId, PhoneCallId
from boona_core.instants import days_after
from boona_core.letters import Agency, LetterPatient, letter_patient
from boona_core.past_contacts import PastContact, last_promise
from boona_core.patients import Patient
from boona_core.ports import OpenUnit, Unit
from boona_core.therapists import Therapist
from boona_core.usecases.calling import Switchboard
from boona_core.usecases.composing import addressee_of, name_of
from boona_core.wall_clock import instant_of

_MOST_CALLS = 100_000


@frozen(kw_only=True)
class ListedPatient:
    """One request of a call: the number under which its answer is recorded, and the patient as letters show one.

    Attributes:
        profile: Without a name; the ages are those of the day of the list.
    """

    item: CallItem
    profile: LetterPatient

    @property
    def number(self) -> int:
        """From 1 on; the number of one that was taken out is not given again."""
        return self.profile.number


@frozen(kw_only=True)
class ListedCall:
    """A call as the person sees it who makes it.

    Attributes:
        caller: Who makes it; None: nobody in particular.
        attempts: After so many failed attempts a person decides.
        patients: In the order in which to ask.
        history: What has passed with the therapist before this call, the newest first; the last contacts only.
    """

    call: PhoneCall
    caller: Caller | None = None
    therapist: Therapist
    attempts: int
    patients: tuple[ListedPatient, ...] = ()
    history: tuple[PastContact, ...] = ()

    @property
    def promise(self) -> PastContact | None:
        """The contact in which something was promised last; None: there is none among them."""
        return last_promise(self.history)


@frozen(kw_only=True)
class CallList:
    """The calls of some days, those canceled included, by caller (those without one last), time, then id.

    Attributes:
        first: The first local day.
        last: The last local day.
        now: The instant at which it was read.
    """

    first: date
    last: date
    now: datetime
    calls: tuple[ListedCall, ...] = ()


@frozen(kw_only=True)
class ListCalls:
    """List calls with all that a caller needs to know.

    Attributes:
        remembered: How many of the last contacts with a therapist are shown, at most.
    """

    open_unit: OpenUnit
    switchboard: Switchboard
    scripts: CallScripts
    agency: Agency
    remembered: int = field(default=5)

    def __call__(self, *, on: date | None = None, days: int = 1, caller_id: CallerId | None = None) -> CallList:
        """The calls of some days.

        Args:
            on: The first local day; None: today.
            days: How many days, at least 1.
            caller_id: Of this caller only; None: of all, and of nobody in particular.

        Raises:
            UnknownId: there is no such caller.
        """
        with self.open_unit() as unit:
            if caller_id is not None:
                unit.callers.get(caller_id)
            first = self.switchboard.today(unit) if on is None else on
            last = days_after(first, days - 1)
            calls = unit.calls.find(caller_id=caller_id, first_day=first, last_day=last, limit=_MOST_CALLS)
            return CallList(first=first, last=last, now=unit.now(), calls=self._listed(unit, calls))

    def waiting(self) -> Sequence[ListedCall]:
        """The calls that failed as the last of their attempts and that no person has looked at yet, by time."""
        with self.open_unit() as unit:
            calls = self._listed(unit, unit.calls.find(exhausted=True, limit=_MOST_CALLS))
        return sorted(calls, key=lambda each: (each.call.time, each.call.id))

    def one(self, call_id: PhoneCallId) -> ListedCall:
        """One call.

        Raises:
            UnknownId: there is none.
        """
        with self.open_unit() as unit:
            (listed,) = self._listed(unit, [unit.calls.get(call_id)])
        return listed

    def words(self, listed: ListedCall) -> str:
        """What to say in a call: a text for the caller, in German, without anybody's name but the therapist's."""
        script = script_of(
            listed.call,
            agency=self.agency,
            caller=None if listed.caller is None else listed.caller.name,
            addressee=addressee_of(listed.therapist),
            patients=[each.profile for each in listed.patients],
            history=listed.history,
            policy=self.switchboard.policy,
        )
        return self.scripts.compose(script)

    def entries(self, listed: CallList) -> tuple[CalendarEntry, ...]:
        """The same list as entries of calendars, in its order."""
        return tuple(
            CalendarEntry(
                call_id=each.call.id,
                revision=each.call.revision,
                canceled=each.call.status is CallStatus.CANCELED,
                start=instant_of(each.call.time.day, each.call.time.start, self.switchboard.zone),
                minutes=each.call.time.minutes,
                therapist=name_of(each.therapist),
                phone=each.therapist.phone,
                patients=len(each.patients),
                caller_id=each.call.caller_id,
                caller=None if each.caller is None else each.caller.name,
                changed_at=each.call.changed_at or listed.now,
            )
            for each in listed.calls
        )

    def _listed(self, unit: Unit, calls: Sequence[PhoneCall]) -> tuple[ListedCall, ...]:
        today = self.switchboard.today(unit)
        callers = {caller.id: caller for caller in unit.callers.all()}
        ids = {call.therapist_id for call in calls}
        therapists = unit.therapists.get_many(ids)
        histories = unit.therapists.past_contacts(ids, limit=self.remembered + 1)  # one may be the call itself
        patients = _patients(unit, calls)
        listed = [
            ListedCall(
                call=call,
                caller=None if call.caller_id is None else callers[call.caller_id],
                therapist=therapists[call.therapist_id],
                attempts=self.switchboard.policy.max_call_attempts,
                patients=tuple(
                    ListedPatient(
                        item=item, profile=letter_patient(patients[item.placement_request_id], number, today=today)
                    )
                    for number, item in call.numbered.items()
                ),
                history=_before(call, histories.get(call.therapist_id, ()))[: self.remembered],
            )
            for call in calls
        ]
        return tuple(sorted(listed, key=_by_caller))


def _patients(unit: Unit, calls: Collection[PhoneCall]) -> dict[int, Patient]:
    """The patient of each request that is in one of these calls."""
    asked = unit.requests.by_id({item.placement_request_id for call in calls for item in call.included})
    patients = unit.patients.get_many({request.patient_id for request in asked})
    return {request.id: patients[request.patient_id] for request in asked}


def _before(call: PhoneCall, history: Sequence[PastContact]) -> tuple[PastContact, ...]:
    return tuple(each for each in history if each.id != call.id or each.channel is not Channel.PHONE)


def _by_caller(listed: ListedCall) -> tuple[bool, int, date, int, int]:
    call = listed.call
    return (call.caller_id is None, call.caller_id or 0, call.time.day, call.time.start, call.id)
