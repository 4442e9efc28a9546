"""The calls: what is kept of them, and no caller, therapist or number in two at once, each guard by itself."""

from collections.abc import Collection
from datetime import date
from typing import Any

import pytest
from attrs import evolve

from boona_core.call_ports import NewCall
from boona_core.calls import Booked, CallItem, CallStatus, CallTime, Cause, Outcome, PhoneCall
from boona_core.emails import EmailState
from boona_core.errors import IllegalTransition, InvalidValues, UnknownId
from boona_core.ids import CallerId, EmailId, PhoneCallBatchId, PhoneCallId, PlacementRequestId, TherapistId
from tests.contract.acts import DAY
from tests.contract.conftest import Second
from tests.situations import TODAY, Store

NINE = 9 * 60
AT_NINE = CallTime(TODAY, NINE, 10)
AT_TEN = CallTime(TODAY, NINE + 60, 10)
LINE, OTHER_LINE = "+4930111", "+4930222"
NOBODY = PhoneCallId(2_000_000_000)
BEYOND = PhoneCallId(2**40)
OVER = [CallStatus.COMPLETED, CallStatus.FAILED, CallStatus.CANCELED]


def add(store: Store, therapist: TherapistId, **fields: Any) -> PhoneCallId | None:
    """Plan one call in a unit of its own; its id, None: it found no place."""
    usual: dict[str, Any] = {"time": AT_NINE, "cause": Cause.SILENT}
    with store.open_unit() as unit:
        (call_id,) = unit.calls.new_ids(1)
        stored = unit.calls.add({call_id: NewCall(therapist_id=therapist, **{**usual, **fields})})
        unit.commit()
    return call_id if call_id in stored else None


def move(
    store: Store,
    call: PhoneCallId,
    time: CallTime = AT_TEN,
    *,
    caller_id: CallerId | None = None,
    number: str | None = None,
    outside_hours: bool = False,
) -> bool:
    """Move one call in a unit of its own."""
    with store.open_unit() as unit:
        moved = unit.calls.move(call, time=time, caller_id=caller_id, number=number, outside_hours=outside_hours)
        unit.commit()
    return moved


def put(store: Store, call: PhoneCall) -> None:
    with store.open_unit() as unit:
        unit.calls.put(call)
        unit.commit()


def end(store: Store, call: PhoneCallId, status: CallStatus = CallStatus.CANCELED) -> None:
    put(store, evolve(call_of(store, call), status=status))


def call_of(store: Store, call: PhoneCallId) -> PhoneCall:
    """The call as it was committed."""
    with store.open_unit() as unit:
        return unit.calls.get(call)


def found(store: Store, **wanted: Any) -> list[PhoneCallId]:
    with store.open_unit() as unit:
        return [call.id for call in unit.calls.find(**wanted)]


def follow_up(store: Store, emails: Collection[EmailId], call: PhoneCallId) -> Collection[EmailId]:
    with store.open_unit() as unit:
        noted = unit.calls.follow_up(dict.fromkeys(emails, call))
        unit.commit()
    return noted


def contacted(
    store: Store, therapist: TherapistId, requests: Collection[PlacementRequestId] = (), *, on: date = TODAY
) -> None:
    with store.open_unit() as unit:
        unit.calls.contacted(therapist, requests, on=on)
        unit.commit()


def last_call_on(store: Store, therapist: TherapistId) -> date | None:
    with store.open_unit() as unit:
        return unit.therapists.get(therapist).last_call_on


def without_ids(items: Collection[CallItem]) -> list[CallItem]:
    return [evolve(item, id=PhoneCallBatchId(0)) for item in items]


# What is kept


def test_a_planned_call_is_kept_with_its_batch_rows_the_first_with_the_highest_rank(store: Store) -> None:
    therapist, caller = store.seed.therapist(), store.seed.caller()
    requests = [store.seed.request(None, therapist) for _ in range(3)]
    in_order = (requests[2], requests[0], requests[1])

    call_id = add(
        store,
        therapist,
        caller_id=caller,
        number=LINE,
        cause=Cause.ASKED_FOR,
        request_ids=in_order,
        notes="nach Frau Beispiel fragen",
        outside_hours=True,
        assumed_hours=True,
    )

    assert call_id is not None
    kept = call_of(store, call_id)
    assert evolve(kept, items=()) == PhoneCall(
        id=call_id,
        therapist_id=therapist,
        time=AT_NINE,
        caller_id=caller,
        number=LINE,
        cause=Cause.ASKED_FOR,
        notes="nach Frau Beispiel fragen",
        first_id=call_id,
        outside_hours=True,
        assumed_hours=True,
    )
    assert [(item.placement_request_id, item.rank) for item in kept.items] == list(
        zip(in_order, (3, 2, 1), strict=True)
    )
    assert len({item.id for item in kept.items}) == 3


def test_a_call_without_caller_number_and_requests_is_kept(store: Store) -> None:
    call_id = add(store, store.seed.therapist())

    assert call_id is not None
    kept = call_of(store, call_id)
    assert (kept.caller_id, kept.number, kept.items, kept.revision) == (None, None, (), 0)


def test_a_later_attempt_names_the_one_before_it_and_the_first(store: Store) -> None:
    therapist = store.seed.therapist()
    first = store.seed.call(therapist, status=CallStatus.FAILED)
    second_one = store.seed.call(therapist, status=CallStatus.FAILED, attempt=2, previous_id=first, first_id=first)

    third = add(store, therapist, attempt=3, previous_id=second_one, first_id=first, cause=Cause.RETRY)

    assert third is not None
    kept = call_of(store, third)
    assert (kept.attempt, kept.previous_id, kept.first_id) == (3, second_one, first)


def test_a_second_attempt_after_the_same_call_is_not_stored(store: Store) -> None:
    therapist = store.seed.therapist()
    first = store.seed.call(therapist, status=CallStatus.FAILED)
    again: dict[str, Any] = {"attempt": 2, "previous_id": first, "first_id": first, "cause": Cause.RETRY}

    kept = add(store, therapist, **again)

    assert kept is not None
    assert add(store, therapist, time=AT_TEN, **again) is None
    assert found(store) == [first, kept]


@pytest.mark.parametrize("minutes", [(0, 1), (0, 1440), (1435, 5), (1439, 1)])
def test_a_call_may_begin_and_end_at_midnight(store: Store, minutes: tuple[int, int]) -> None:
    time = CallTime(TODAY, *minutes)

    call_id = add(store, store.seed.therapist(), time=time)

    assert call_id is not None
    assert call_of(store, call_id).time == time


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
@pytest.mark.parametrize(("other", "taken"), [(140, False), (149, True), (150, True), (159, True), (160, False)])
def test_in_the_night_of_a_clock_change_half_past_two_is_plain_wall_time(
    store: Store, day: date, other: int, taken: bool
) -> None:
    therapist = store.seed.therapist()
    half_past_two = CallTime(day, 150, 10)

    call_id = add(store, therapist, time=half_past_two)

    assert call_id is not None
    assert call_of(store, call_id).time == half_past_two
    assert (add(store, therapist, time=CallTime(day, other, 10)) is None) is taken


@pytest.mark.parametrize("call_id", [NOBODY, BEYOND, PhoneCallId(0)])
def test_an_unknown_call_is_an_error_with_the_id(store: Store, call_id: PhoneCallId) -> None:
    someone = call_of(store, store.seed.call(store.seed.therapist()))

    with store.open_unit() as unit, pytest.raises(UnknownId, match=rf"^no call has the id {call_id}$"):
        unit.calls.get(call_id)
    with store.open_unit() as unit, pytest.raises(UnknownId, match=rf"^no call has the id {call_id}$"):
        unit.calls.lock(call_id)
    with pytest.raises(UnknownId, match=rf"^no call has the id {call_id}$"):
        move(store, call_id)
    with pytest.raises(UnknownId, match=rf"^no call has the id {call_id}$"):
        put(store, evolve(someone, id=call_id))


def test_notes_that_no_store_can_keep_are_refused_without_being_told() -> None:
    with pytest.raises(InvalidValues, match=r"^notes: holds a NUL character$"):
        NewCall(therapist_id=TherapistId(1), time=AT_NINE, cause=Cause.PERSON, notes="Frau\x00A")


def test_ids_rise_and_are_never_given_twice(store: Store) -> None:
    with store.open_unit() as unit:
        undone = unit.calls.new_ids(2)
    with store.open_unit() as unit:
        later = unit.calls.new_ids(3)

    assert sorted({*undone, *later}) == [*undone, *later]


def test_adding_nothing_stores_nothing(store: Store) -> None:
    with store.open_unit() as unit:
        assert unit.calls.add({}) == frozenset()


def test_leaving_without_commit_undoes_a_call(store: Store) -> None:
    therapist = store.seed.therapist()

    with store.open_unit() as unit:
        (call_id,) = unit.calls.new_ids(1)
        unit.calls.add({call_id: NewCall(therapist_id=therapist, time=AT_NINE, cause=Cause.SILENT)})

    assert found(store) == []
    assert add(store, therapist) is not None


# No caller, no therapist and no number in two calls at once


def test_a_caller_is_in_one_call_at_a_time_although_therapist_and_number_are_free(store: Store) -> None:
    caller = store.seed.caller()
    store.seed.call(store.seed.therapist(), time=AT_NINE, caller_id=caller, number=LINE)

    assert add(store, store.seed.therapist(), caller_id=caller, number=OTHER_LINE) is None


def test_a_therapist_is_in_one_call_at_a_time_without_caller_and_number(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.call(therapist, time=AT_NINE)

    assert add(store, therapist) is None


def test_a_therapist_is_in_one_call_at_a_time_whoever_calls_and_under_whatever_number(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.call(therapist, time=AT_NINE, caller_id=store.seed.caller(), number=LINE)

    assert add(store, therapist, caller_id=store.seed.caller(), number=OTHER_LINE) is None


def test_a_number_is_in_one_call_at_a_time_although_therapists_and_callers_differ(store: Store) -> None:
    store.seed.call(store.seed.therapist(), time=AT_NINE, caller_id=store.seed.caller(), number=LINE)

    assert add(store, store.seed.therapist(), caller_id=store.seed.caller(), number=LINE) is None


def test_a_number_is_in_one_call_at_a_time_also_without_callers(store: Store) -> None:
    store.seed.call(store.seed.therapist(), time=AT_NINE, number=LINE)

    assert add(store, store.seed.therapist(), number=LINE) is None


def test_calls_without_caller_and_number_to_two_therapists_do_not_stand_in_each_others_way(store: Store) -> None:
    store.seed.call(store.seed.therapist(), time=AT_NINE)

    assert add(store, store.seed.therapist()) is not None


@pytest.mark.parametrize(
    ("time", "taken"),
    [
        (CallTime(TODAY, NINE - 10, 10), False),
        (CallTime(TODAY, NINE - 10, 11), True),
        (CallTime(TODAY, NINE + 9, 1), True),
        (CallTime(TODAY, NINE + 10, 10), False),
        (CallTime(TODAY, NINE + 4, 1), True),
        (CallTime(TODAY, 0, 1440), True),
        (CallTime(TODAY + DAY, NINE, 10), False),
    ],
)
def test_times_that_only_touch_do_not_conflict(store: Store, time: CallTime, taken: bool) -> None:
    therapist = store.seed.therapist()
    store.seed.call(therapist, time=AT_NINE)

    assert (add(store, therapist, time=time) is None) is taken


def test_a_call_until_midnight_and_one_from_midnight_do_not_conflict(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.call(therapist, time=CallTime(TODAY, 1430, 10))

    assert add(store, therapist, time=CallTime(TODAY + DAY, 0, 10)) is not None


@pytest.mark.parametrize("status", OVER)
def test_a_call_that_is_not_planned_any_more_takes_no_time(store: Store, status: CallStatus) -> None:
    therapist, caller = store.seed.therapist(), store.seed.caller()
    store.seed.call(therapist, time=AT_NINE, caller_id=caller, number=LINE, status=status)

    assert add(store, therapist, caller_id=caller, number=LINE) is not None


@pytest.mark.parametrize("status", OVER)
def test_a_call_that_ends_frees_its_time(store: Store, status: CallStatus) -> None:
    therapist, caller = store.seed.therapist(), store.seed.caller()
    call = store.seed.call(therapist, time=AT_NINE, caller_id=caller, number=LINE)

    end(store, call, status)

    assert add(store, therapist, caller_id=caller, number=LINE) is not None


def test_nothing_is_left_of_a_call_that_was_refused_and_the_others_are_stored(store: Store) -> None:
    busy, free = store.seed.therapist(), store.seed.therapist()
    request, other = store.seed.request(None, busy), store.seed.request(None, free)
    before = store.seed.call(busy, time=AT_NINE)

    with store.open_unit() as unit:
        refused, kept = unit.calls.new_ids(2)
        new = NewCall(therapist_id=busy, time=AT_NINE, cause=Cause.SILENT, request_ids=(request,))
        stored = unit.calls.add(
            {refused: new, kept: evolve(new, therapist_id=free, request_ids=(other,))},
        )
        unit.commit()

    assert stored == {kept}
    assert found(store) == [before, kept]
    with store.open_unit() as unit:
        assert not unit.calls.with_requests((request,))
        assert [item.placement_request_id for item in unit.calls.get(kept).items] == [other]


def test_of_two_calls_to_one_therapist_in_one_go_the_one_with_a_caller_is_stored(store: Store) -> None:
    therapist, caller = store.seed.therapist(), store.seed.caller()
    new = NewCall(therapist_id=therapist, time=AT_NINE, cause=Cause.SILENT)

    with store.open_unit() as unit:
        without, with_caller = unit.calls.new_ids(2)
        stored = unit.calls.add({without: new, with_caller: evolve(new, caller_id=caller)})

    assert stored == {with_caller}


def test_adding_waits_for_a_unit_that_is_about_to_plan_the_same_and_then_finds_it_taken(
    store: Store, second: Second
) -> None:
    therapist = store.seed.therapist()

    with store.open_unit() as unit:
        (mine,) = unit.calls.new_ids(1)
        unit.calls.add({mine: NewCall(therapist_id=therapist, time=AT_NINE, cause=Cause.SILENT)})
        other = second.does(add, store, therapist)
        assert second.waits(other)
        unit.commit()

    assert other.result() is None


def test_when_the_unit_that_was_about_to_plan_is_undone_the_other_gets_the_time(store: Store, second: Second) -> None:
    therapist = store.seed.therapist()

    with store.open_unit() as unit:
        (mine,) = unit.calls.new_ids(1)
        unit.calls.add({mine: NewCall(therapist_id=therapist, time=AT_NINE, cause=Cause.SILENT)})
        other = second.does(add, store, therapist)
        assert second.waits(other)

    assert other.result() is not None


def test_adding_waits_for_a_unit_that_is_about_to_give_up_what_stands_in_the_way(store: Store, second: Second) -> None:
    therapist = store.seed.therapist()
    call = store.seed.call(therapist, time=AT_NINE)

    with store.open_unit() as unit:
        unit.calls.put(evolve(unit.calls.lock(call), status=CallStatus.CANCELED))
        other = second.does(add, store, therapist)
        assert second.waits(other)
        unit.commit()

    assert other.result() is not None


def test_a_call_at_another_time_is_not_waited_for(store: Store, second: Second) -> None:
    therapist = store.seed.therapist()

    with store.open_unit() as unit:
        (mine,) = unit.calls.new_ids(1)
        unit.calls.add({mine: NewCall(therapist_id=therapist, time=AT_NINE, cause=Cause.SILENT)})
        other = second.does(add, store, therapist, time=AT_TEN)
        assert not second.waits(other)

    assert other.result() is not None


def test_whoever_takes_turns_waits_until_the_other_unit_ends(store: Store, second: Second) -> None:
    def takes_its_turn() -> str:
        with store.open_unit() as unit:
            unit.calls.take_turns()
        return "it was my turn"

    with store.open_unit() as unit:
        unit.calls.take_turns()
        unit.calls.take_turns()
        other = second.does(takes_its_turn)
        assert second.waits(other)
        unit.commit()

        assert other.result() == "it was my turn"


def test_a_locked_call_is_changed_by_nobody_else(store: Store, second: Second) -> None:
    call = store.seed.call(store.seed.therapist())

    with store.open_unit() as unit:
        locked = unit.calls.lock(call)
        other = second.does(end, store, call)
        assert second.waits(other)
        unit.commit()
    other.result()

    assert locked.status is CallStatus.SCHEDULED
    assert call_of(store, call).status is CallStatus.CANCELED


def test_who_waits_for_a_lock_sees_what_the_other_unit_has_done(store: Store, second: Second) -> None:
    call = store.seed.call(store.seed.therapist())

    def looks() -> CallStatus:
        with store.open_unit() as unit:
            return unit.calls.lock(call).status

    with store.open_unit() as unit:
        unit.calls.put(evolve(unit.calls.lock(call), status=CallStatus.COMPLETED))
        other = second.does(looks)
        assert second.waits(other)
        unit.commit()

    assert other.result() is CallStatus.COMPLETED


# Moving


def test_a_moved_call_has_another_time_caller_and_number_and_one_revision_more(store: Store) -> None:
    call = store.seed.call(store.seed.therapist(), time=AT_NINE)
    before, caller = call_of(store, call), store.seed.caller()

    assert move(store, call, AT_TEN, caller_id=caller, number=LINE, outside_hours=True)

    assert call_of(store, call) == evolve(
        before, time=AT_TEN, caller_id=caller, number=LINE, outside_hours=True, revision=1
    )


def test_a_moved_call_can_lose_caller_and_number(store: Store) -> None:
    call = store.seed.call(
        store.seed.therapist(), time=AT_NINE, caller_id=store.seed.caller(), number=LINE, outside_hours=True
    )

    assert move(store, call, AT_NINE)

    moved = call_of(store, call)
    assert (moved.caller_id, moved.number, moved.outside_hours) == (None, None, False)


def test_a_moved_call_frees_the_time_that_it_had(store: Store) -> None:
    therapist = store.seed.therapist()
    call = store.seed.call(therapist, time=AT_NINE)

    move(store, call, AT_TEN)

    assert add(store, therapist, time=AT_TEN) is None
    assert add(store, therapist, time=AT_NINE) is not None


def test_a_call_can_be_moved_by_less_than_its_length(store: Store) -> None:
    call = store.seed.call(store.seed.therapist(), time=AT_NINE)

    assert move(store, call, CallTime(TODAY, NINE + 5, 10))


@pytest.mark.parametrize("shared", ["therapist", "caller_id", "number"])
def test_moving_to_what_is_taken_changes_nothing_and_counts_no_revision(store: Store, shared: str) -> None:
    mine: dict[str, Any] = {"therapist": store.seed.therapist(), "caller_id": store.seed.caller(), "number": LINE}
    others: dict[str, Any] = {
        "therapist": store.seed.therapist(),
        "caller_id": store.seed.caller(),
        "number": OTHER_LINE,
    }
    call = store.seed.call(time=AT_NINE, **mine)
    before = call_of(store, call)
    store.seed.call(time=AT_TEN, **{**others, shared: mine[shared]})

    assert not move(store, call, AT_TEN, caller_id=before.caller_id, number=LINE)

    assert call_of(store, call) == before


def test_a_unit_goes_on_after_a_move_that_found_no_place(store: Store) -> None:
    therapist = store.seed.therapist()
    call = store.seed.call(therapist, time=AT_NINE)
    store.seed.call(therapist, time=AT_TEN)

    with store.open_unit() as unit:
        refused = unit.calls.move(call, time=AT_TEN, caller_id=None, number=LINE)
        unit.calls.put(evolve(unit.calls.get(call), notes="bleibt"))
        unit.commit()

    assert not refused
    assert (call_of(store, call).notes, call_of(store, call).time) == ("bleibt", AT_NINE)


@pytest.mark.parametrize("status", OVER)
def test_a_call_that_is_not_planned_any_more_is_not_moved(store: Store, status: CallStatus) -> None:
    call = store.seed.call(store.seed.therapist(), status=status)

    with pytest.raises(IllegalTransition, match=rf"^call {call} is {status}: it cannot be moved$"):
        move(store, call)

    assert call_of(store, call).revision == 0


def test_moving_waits_for_a_unit_that_is_about_to_plan_the_same(store: Store, second: Second) -> None:
    therapist = store.seed.therapist()
    call = store.seed.call(therapist, time=AT_NINE)

    with store.open_unit() as unit:
        (mine,) = unit.calls.new_ids(1)
        unit.calls.add({mine: NewCall(therapist_id=therapist, time=AT_TEN, cause=Cause.SILENT)})
        other = second.does(move, store, call, AT_TEN)
        assert second.waits(other)
        unit.commit()

    assert other.result() is False
    assert call_of(store, call).time == AT_NINE


# Writing


def test_a_written_call_has_all_that_may_change_and_one_revision_more(store: Store) -> None:
    therapist = store.seed.therapist()
    requests = [store.seed.request(None, therapist) for _ in range(2)]
    before = call_of(store, store.seed.call(therapist, requests))
    first, other = before.items
    written = evolve(
        before,
        status=CallStatus.FAILED,
        cause=Cause.PERSON,
        actual_on=TODAY + DAY,
        actual_at=NINE + 1,
        outcome="niemand da",
        notes="Anrufbeantworter",
        retry_after=TODAY + 3 * DAY,
        retry_due=True,
        exhausted=True,
        assumed_hours=True,
        items=(
            evolve(first, outcome=Outcome.NEEDS_FOLLOW_UP, follow_up_required=True, follow_up_notes="im Mai"),
            evolve(other, included=False, outcome=Outcome.NOT_DISCUSSED),
        ),
    )

    put(store, written)

    assert call_of(store, before.id) == evolve(written, revision=1)


def test_writing_leaves_when_by_whom_and_under_which_number_a_call_is_made(store: Store) -> None:
    call = store.seed.call(store.seed.therapist(), time=AT_NINE, caller_id=store.seed.caller(), number=LINE)
    before = call_of(store, call)

    put(
        store,
        evolve(before, time=AT_TEN, caller_id=store.seed.caller(), number=OTHER_LINE, outside_hours=True, revision=40),
    )

    assert call_of(store, call) == evolve(before, revision=1)


def test_every_writing_and_moving_counts(store: Store) -> None:
    call = store.seed.call(store.seed.therapist(), time=AT_NINE)

    put(store, call_of(store, call))
    move(store, call, AT_TEN)
    put(store, call_of(store, call))

    assert call_of(store, call).revision == 3


def test_a_written_call_leaves_the_batch_rows_of_another(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    call = store.seed.call(therapist, (request,), time=AT_NINE)
    other = store.seed.call(therapist, (request,), time=AT_TEN)
    kept = call_of(store, call)

    put(store, evolve(kept, items=tuple(evolve(item, outcome=Outcome.REJECTED) for item in kept.items)))

    assert [item.outcome for item in call_of(store, call).items] == [Outcome.REJECTED]
    assert [item.outcome for item in call_of(store, other).items] == [None]


# Finding


def test_calls_are_found_by_time_then_id(store: Store) -> None:
    late = store.seed.call(store.seed.therapist(), time=AT_TEN)
    tomorrow = store.seed.call(store.seed.therapist(), time=CallTime(TODAY + DAY, 0, 5))
    early = store.seed.call(store.seed.therapist(), time=AT_NINE)
    also_early = store.seed.call(store.seed.therapist(), time=AT_NINE)

    assert found(store) == [early, also_early, late, tomorrow]
    assert found(store, limit=2) == [early, also_early]


def test_calls_are_found_by_status_therapist_caller_and_day(store: Store) -> None:
    therapist, caller = store.seed.therapist(), store.seed.caller()
    mine = store.seed.call(therapist, time=AT_NINE)
    hers = store.seed.call(store.seed.therapist(), time=AT_NINE, caller_id=caller)
    made = store.seed.call(store.seed.therapist(), time=AT_NINE, status=CallStatus.COMPLETED)
    tomorrow = store.seed.call(store.seed.therapist(), time=CallTime(TODAY + DAY, NINE, 5))

    assert found(store, statuses=(CallStatus.COMPLETED,)) == [made]
    assert found(store, statuses=(CallStatus.COMPLETED, CallStatus.SCHEDULED)) == [mine, hers, made, tomorrow]
    assert found(store, therapist_id=therapist) == [mine]
    assert found(store, caller_id=caller) == [hers]
    assert found(store, first_day=TODAY + DAY) == [tomorrow]
    assert found(store, last_day=TODAY) == [mine, hers, made]
    assert found(store, first_day=TODAY, last_day=TODAY, statuses=(CallStatus.SCHEDULED,)) == [mine, hers]
    assert found(store, therapist_id=therapist, caller_id=caller) == []


def test_calls_that_wait_for_a_person_are_found_by_that(store: Store) -> None:
    waits = store.seed.call(store.seed.therapist(), status=CallStatus.FAILED, exhausted=True)
    does_not = store.seed.call(store.seed.therapist(), status=CallStatus.FAILED)

    assert found(store, exhausted=True) == [waits]
    assert found(store, exhausted=False) == [does_not]
    assert found(store, exhausted=None) == [waits, does_not]


def test_what_is_booked_are_the_planned_calls_of_the_days_by_time_then_id(store: Store) -> None:
    one, two, caller = store.seed.therapist(), store.seed.therapist(), store.seed.caller()
    late = store.seed.call(one, time=AT_TEN, caller_id=caller, number=LINE)
    early = store.seed.call(two, time=AT_NINE)
    also_early = store.seed.call(one, time=AT_NINE)
    store.seed.call(store.seed.therapist(), time=AT_NINE, status=CallStatus.CANCELED)
    store.seed.call(store.seed.therapist(), time=CallTime(TODAY - DAY, NINE, 5))
    store.seed.call(store.seed.therapist(), time=CallTime(TODAY + 2 * DAY, NINE, 5))
    tomorrow = store.seed.call(two, time=CallTime(TODAY + DAY, NINE, 5))

    with store.open_unit() as unit:
        booked = list(unit.calls.booked(first_day=TODAY, last_day=TODAY + DAY))

    assert [each.id for each in booked] == [early, also_early, late, tomorrow]
    assert booked[2] == Booked(id=late, therapist_id=one, caller_id=caller, number=LINE, time=AT_TEN)


def test_what_a_unit_has_planned_itself_is_booked(store: Store) -> None:
    therapist = store.seed.therapist()

    with store.open_unit() as unit:
        (mine,) = unit.calls.new_ids(1)
        unit.calls.add({mine: NewCall(therapist_id=therapist, time=AT_NINE, cause=Cause.SILENT)})

        assert [each.id for each in unit.calls.booked(first_day=TODAY, last_day=TODAY)] == [mine]


def test_retries_that_are_due_are_found_by_id_also_by_therapist(store: Store) -> None:
    one, two = store.seed.therapist(), store.seed.therapist()
    later = store.seed.call(one, time=AT_TEN, status=CallStatus.FAILED, retry_due=True)
    earlier = store.seed.call(two, time=AT_NINE, status=CallStatus.FAILED, retry_due=True)
    store.seed.call(one, time=AT_NINE, status=CallStatus.FAILED)

    with store.open_unit() as unit:
        assert [call.id for call in unit.calls.retries_due()] == [later, earlier]
        assert [call.id for call in unit.calls.retries_due((two, TherapistId(2**40)))] == [earlier]
        assert list(unit.calls.retries_due(())) == []


def test_planned_calls_are_found_by_the_requests_that_they_hold(store: Store) -> None:
    therapist = store.seed.therapist()
    one, two, out = (store.seed.request(None, therapist) for _ in range(3))
    late = store.seed.call(therapist, (one, two), time=AT_TEN)
    early = store.seed.call(therapist, (one, out), time=AT_NINE, left_out=(out,))
    store.seed.call(therapist, (one,), time=AT_NINE, status=CallStatus.COMPLETED)

    with store.open_unit() as unit:
        assert list(unit.calls.with_requests((one, two))) == [late, early]
        assert list(unit.calls.with_requests((two,))) == [late]
        assert list(unit.calls.with_requests((out,))) == []
        assert list(unit.calls.with_requests(())) == []


# Following up


def test_an_email_is_followed_up_once(store: Store) -> None:
    therapist = store.seed.therapist()
    one = store.seed.email(therapist, state=EmailState.SENT, marked_on=TODAY - 9 * DAY)
    two = store.seed.email(therapist, state=EmailState.SENT, marked_on=TODAY - 8 * DAY)
    call, later = store.seed.call(therapist, time=AT_NINE), store.seed.call(therapist, time=AT_TEN)

    assert follow_up(store, (one,), call) == {one}

    assert follow_up(store, (one, two), later) == {two}


def test_an_email_that_is_not_there_is_not_followed_up(store: Store) -> None:
    call = store.seed.call(store.seed.therapist())

    assert follow_up(store, (EmailId(2_000_000_000), EmailId(2**40)), call) == frozenset()
    assert follow_up(store, (), call) == frozenset()


def test_of_two_units_that_follow_up_the_same_email_the_first_does(store: Store, second: Second) -> None:
    therapist = store.seed.therapist()
    email = store.seed.email(therapist, state=EmailState.SENT, marked_on=TODAY - 9 * DAY)
    call, later = store.seed.call(therapist, time=AT_NINE), store.seed.call(therapist, time=AT_TEN)

    with store.open_unit() as unit:
        noted = unit.calls.follow_up({email: call})
        other = second.does(follow_up, store, (email,), later)
        assert second.waits(other)
        unit.commit()

    assert (set(noted), set(other.result())) == ({email}, set())


# Contacts


def test_the_day_of_a_call_is_kept_with_its_therapist(store: Store) -> None:
    therapist, other = store.seed.therapist(), store.seed.therapist()

    contacted(store, therapist)

    assert (last_call_on(store, therapist), last_call_on(store, other)) == (TODAY, None)


def test_a_call_in_which_something_came_up_was_a_conversation_and_another_was_none(store: Store) -> None:
    talked, reached = store.seed.therapist(), store.seed.therapist()
    request = store.seed.request(None, talked)

    contacted(store, talked, (request,))
    contacted(store, talked, (request,), on=TODAY - DAY)
    contacted(store, talked, on=TODAY + DAY)
    contacted(store, reached)

    with store.open_unit() as unit:
        known = unit.therapists.get_many([talked, reached])
    assert (known[talked].last_call_on, known[talked].last_conversation_on) == (TODAY + DAY, TODAY)
    assert known[reached].last_conversation_on is None


def test_an_earlier_day_changes_nothing_and_a_later_one_does(store: Store) -> None:
    therapist = store.seed.therapist()
    contacted(store, therapist, on=TODAY)

    contacted(store, therapist, on=TODAY - DAY)
    assert last_call_on(store, therapist) == TODAY

    contacted(store, therapist, on=TODAY + DAY)
    assert last_call_on(store, therapist) == TODAY + DAY


def test_a_call_does_not_make_a_request_one_that_was_offered_by_email(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)

    contacted(store, therapist, (request, PlacementRequestId(2**40)))

    with store.open_unit() as unit:
        assert not unit.requests.get(request).offered


def test_the_day_of_a_call_is_kept_with_the_requests_that_came_up(store: Store) -> None:
    therapist = store.seed.therapist()
    discussed, other = store.seed.request(None, therapist), store.seed.request(None, therapist)

    contacted(store, therapist, (discussed,), on=TODAY)
    contacted(store, therapist, (discussed,), on=TODAY - DAY)

    assert (store.seed.called_about(discussed), store.seed.called_about(other)) == (TODAY, None)
