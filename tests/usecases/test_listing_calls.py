"""The call list of a day: whom, when, about whom, what has passed, and what to say."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from attrs import evolve

from boona_core.call_ports import NewCall
from boona_core.callers import CallerHours
from boona_core.calls import CallStatus, CallTime, Cause, Outcome, PhoneCall
from boona_core.contact import Channel
from boona_core.errors import UnknownId
from boona_core.ids import CallerId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.patients import Gender
from tests.situations import NOW, TODAY
from tests.usecases.house import House, house

LAST_WEEK = TODAY - timedelta(days=7)
NINE = 9 * 60


def caller(home: House, name: str) -> CallerId:
    with home.open_unit() as unit:
        caller_id = unit.callers.add(name, CallerHours())
        unit.commit()
    return caller_id


def call(
    home: House,
    therapist: TherapistId,
    requests: Sequence[PlacementRequestId] = (),
    *,
    on: date = TODAY,
    start: int = NINE,
    **fields: Any,
) -> PhoneCall:
    usual = {"cause": Cause.PERSON, **fields}
    with home.open_unit() as unit:
        (call_id,) = unit.calls.new_ids(1)
        new = NewCall(therapist_id=therapist, time=CallTime(on, start, 5), request_ids=tuple(requests), **usual)
        assert unit.calls.add({call_id: new}) == {call_id}
        unit.commit()
        return unit.calls.get(call_id)


def put(home: House, changed: PhoneCall) -> PhoneCall:
    with home.open_unit() as unit:
        unit.calls.put(changed)
        unit.commit()
        return unit.calls.get(changed.id)


def test_a_day_is_listed_by_caller_then_time_and_nobody_in_particular_comes_last() -> None:
    home = house()
    anna, ben = caller(home, "Anna"), caller(home, "Ben")
    therapists = [home.seed.therapist() for _ in range(4)]
    nobodys = call(home, therapists[0], start=NINE)
    bens = call(home, therapists[1], start=NINE, caller_id=ben)
    late = call(home, therapists[2], start=NINE + 30, caller_id=anna)
    early = call(home, therapists[3], start=NINE, caller_id=anna)

    listed = home.list_calls()

    assert [each.call.id for each in listed.calls] == [early.id, late.id, bens.id, nobodys.id]
    assert [each.caller and each.caller.name for each in listed.calls] == ["Anna", "Anna", "Ben", None]
    assert (listed.first, listed.last, listed.now) == (TODAY, TODAY, NOW)


def test_a_list_may_hold_several_days_and_one_caller_only() -> None:
    home = house()
    anna, ben = caller(home, "Anna"), caller(home, "Ben")
    therapists = [home.seed.therapist() for _ in range(4)]
    tomorrow = TODAY + timedelta(days=1)
    wanted = call(home, therapists[0], on=tomorrow, caller_id=anna)
    call(home, therapists[1], on=tomorrow, caller_id=ben)
    call(home, therapists[2], on=TODAY + timedelta(days=2), caller_id=anna)
    call(home, therapists[3], on=TODAY - timedelta(days=1), caller_id=anna)

    listed = home.list_calls(days=2, caller_id=anna)

    assert [each.call.id for each in listed.calls] == [wanted.id]
    assert listed.last == tomorrow


def test_an_unknown_caller_has_no_list() -> None:
    with pytest.raises(UnknownId):
        house().list_calls(caller_id=CallerId(7))


def test_canceled_calls_stay_in_the_list_for_the_calendars() -> None:
    home = house()
    planned = call(home, home.seed.therapist())
    put(home, evolve(planned, status=CallStatus.CANCELED))

    (listed,) = home.list_calls().calls

    assert (listed.call.status, listed.call.revision) == (CallStatus.CANCELED, 1)


def test_patients_are_numbered_as_their_answers_are_recorded_and_have_no_names() -> None:
    home = house()
    therapist = home.seed.therapist()
    patients = [
        home.seed.patient(first_name="Hildegard", gender=Gender.FEMALE, birth_date=date(1990, 1, 1), diagnosis="F32.1"),
        home.seed.patient(first_name="Hildegard"),
        home.seed.patient(first_name="Hildegard", gender=Gender.MALE, symptoms="Hildegard schläft schlecht"),
    ]
    requests = [home.seed.request(patient, therapist) for patient in patients]
    planned = call(home, therapist, requests)
    taken_out = evolve(planned.items[1], included=False)
    put(home, evolve(planned, items=(planned.items[0], taken_out, planned.items[2])))

    (listed,) = home.list_calls().calls

    assert [(each.number, each.item.placement_request_id) for each in listed.patients] == [
        (1, requests[0]),
        (3, requests[2]),
    ]
    assert [each.profile.age for each in listed.patients] == [36, None]
    assert "Hildegard" not in home.list_calls.words(listed)
    assert "Hildegard" not in repr([each.profile.concerns for each in listed.patients])


def test_what_has_passed_is_shown_the_newest_first_and_without_the_call_itself() -> None:
    home = house()
    therapist = home.seed.therapist()
    email = home.seed.sent_email(therapist, on=LAST_WEEK)
    missed = put(home, evolve(call(home, therapist, on=TODAY), status=CallStatus.FAILED, actual_on=TODAY))
    later = call(home, therapist, start=NINE + 60)

    listed = {each.call.id: each for each in home.list_calls().calls}

    assert [(each.channel, each.id) for each in listed[later.id].history] == [
        (Channel.PHONE, missed.id),
        (Channel.EMAIL, email),
    ]
    assert [each.channel for each in listed[missed.id].history] == [Channel.EMAIL]


def test_only_the_last_contacts_are_shown() -> None:
    home = house()
    therapist = home.seed.therapist()
    emails = [home.seed.sent_email(therapist, on=TODAY - timedelta(days=7 * weeks)) for weeks in range(8, 0, -1)]
    call(home, therapist)

    (listed,) = home.list_calls().calls

    assert [each.id for each in listed.history] == emails[:-6:-1]


def test_a_call_that_was_made_is_none_of_the_contacts_before_it() -> None:
    home = house()
    therapist = home.seed.therapist()
    emails = [home.seed.sent_email(therapist, on=TODAY - timedelta(days=7 * weeks)) for weeks in range(5, 0, -1)]
    put(home, evolve(call(home, therapist), status=CallStatus.FAILED, actual_on=TODAY))

    (listed,) = home.list_calls().calls

    assert [each.id for each in listed.history] == emails[::-1]


def test_the_last_promise_is_shown_whatever_came_after_it() -> None:
    home = house()
    therapist = home.seed.therapist()
    request = home.seed.request(None, therapist)
    held = call(home, therapist, [request], on=LAST_WEEK)
    item = evolve(held.items[0], outcome=Outcome.NEEDS_FOLLOW_UP, follow_up_notes="nach den Ferien anrufen")
    put(home, evolve(held, status=CallStatus.COMPLETED, actual_on=LAST_WEEK, items=(item,)))
    put(home, evolve(call(home, therapist, on=LAST_WEEK, start=600), status=CallStatus.FAILED, actual_on=LAST_WEEK))
    call(home, therapist, cause=Cause.ASKED_FOR)

    (listed,) = home.list_calls().calls

    assert listed.promise is not None
    assert (listed.promise.day, listed.promise.promises) == (LAST_WEEK, ("nach den Ferien anrufen",))


def test_the_words_name_the_caller_the_therapist_and_the_email_that_was_not_answered() -> None:
    home = house()
    therapist = home.seed.therapist(title="Dr.", last_name="Müller", gender=Gender.MALE)
    request = home.seed.request(None, therapist)
    home.seed.sent_email(therapist, [request], on=LAST_WEEK)
    call(home, therapist, [request], cause=Cause.SILENT, caller_id=caller(home, "Anna"))
    (listed,) = home.list_calls().calls

    said = " ".join(home.list_calls.words(listed).split())

    assert "„Guten Tag, hier ist Anna, Vermittlung Beispiel. Spreche ich mit Herrn Dr. Müller?“" in said
    assert "„Wir haben Ihnen am 23. Februar 2026 geschrieben" in said
    assert "Vor dem 30. März 2026 melden wir uns nicht wieder" in said


def test_an_answered_email_is_not_called_unanswered() -> None:
    home = house()
    therapist = home.seed.therapist()
    home.seed.sent_email(therapist, on=LAST_WEEK, response_received=True, response_date=TODAY)
    call(home, therapist, cause=Cause.SILENT)
    (listed,) = home.list_calls().calls

    assert "geschrieben" not in home.list_calls.words(listed)


def test_no_rest_is_promised_where_the_policy_has_none() -> None:
    home = house(cooldown_days=0)
    call(home, home.seed.therapist())
    (listed,) = home.list_calls().calls

    assert "melden wir uns nicht" not in home.list_calls.words(listed)


def test_calls_that_wait_for_a_person_are_listed_by_time_whatever_their_day() -> None:
    home = house()
    therapists = [home.seed.therapist() for _ in range(3)]
    later = call(home, therapists[0], on=TODAY)
    earlier = call(home, therapists[1], on=LAST_WEEK)
    put(home, evolve(later, status=CallStatus.FAILED, exhausted=True))
    put(home, evolve(earlier, status=CallStatus.FAILED, exhausted=True))
    put(home, evolve(call(home, therapists[2]), status=CallStatus.FAILED))

    assert [each.call.id for each in home.list_calls.waiting()] == [earlier.id, later.id]


def test_one_call_is_shown_as_it_is_in_the_list() -> None:
    home = house()
    therapist = home.seed.therapist()
    planned = call(home, therapist, [home.seed.request(None, therapist)])

    assert home.list_calls.one(planned.id) == home.list_calls().calls[0]


def test_an_unknown_call_is_not_shown() -> None:
    with pytest.raises(UnknownId):
        house().list_calls.one(PhoneCallId(7))


def test_a_longer_list_takes_no_more_readings() -> None:
    short, long = house(), house()
    call(short, short.seed.therapist(), [short.seed.request(None, short.seed.therapist())])
    therapists = [long.seed.therapist() for _ in range(12)]
    calls = [
        call(long, each, [long.seed.request(None, each)], start=NINE + 5 * place)
        for place, each in enumerate(therapists)
    ]
    counted = Readings(), Readings()

    evolve(short.list_calls, open_unit=counted[0].watching(short))()
    evolve(long.list_calls, open_unit=counted[1].watching(long))()

    assert len(calls) == 12
    assert counted[0].names == counted[1].names
    assert counted[0].names.count("past_contacts") == 1


class Readings:
    """What was asked of the stores of a unit."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def watching(self, home: House) -> Any:
        """Opens units that tell what is asked of them."""

        def open_unit() -> Any:
            return _Told(home.open_unit(), self.names)

        return open_unit


class _Told:
    """Passes everything on, and keeps the names of the methods that are called."""

    def __init__(self, real: Any, names: list[str]) -> None:
        self._real, self._names = real, names

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if not callable(found):
            return _Told(found, self._names)
        self._names.append(name)
        return found

    def __enter__(self) -> "_Told":
        self._real.__enter__()
        return self

    def __exit__(self, *how: object) -> None:
        self._real.__exit__(*how)
