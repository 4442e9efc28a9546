"""What runs by itself is remembered: leases, published events, other systems' events, periodic work."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from boona_core.cloud_events import StoredEvent
from boona_core.event_ports import PlannedWork, RunningUnit
from boona_core.events import Event, EventType
from tests.contract.conftest import Second
from tests.situations import NOW, OTHER_WORKER, TODAY, WORKER, Store

MINUTE = timedelta(minutes=1)


def done(store: Store, work: Any) -> Any:
    """What *work* answers in a unit of its own, committed."""
    with store.open_unit() as unit:
        answer = work(unit)
        unit.commit()
    return answer


def take(unit: RunningUnit, token: UUID, *, at: timedelta = timedelta(0)) -> bool:
    return unit.leases.take("relay", token=token, now=NOW + at, lease=MINUTE)


def put(store: Store, *numbers: int) -> None:
    events = [Event(type=EventType.EMAIL_SENT, key=7, data={"email_id": number}) for number in numbers]
    done(store, lambda unit: unit.outbox.put(events))


def unpublished(store: Store, limit: int = 100) -> list[StoredEvent]:
    return list(done(store, lambda unit: unit.relay.unpublished(limit)))


def numbers_of(events: list[StoredEvent]) -> list[Any]:
    return [each.event.data["email_id"] for each in events]


# Leases


def test_a_free_lease_is_taken(store: Store) -> None:
    assert done(store, partial(take, token=WORKER))


def test_a_lease_of_somebody_else_is_not_taken_before_it_is_over(store: Store) -> None:
    done(store, partial(take, token=WORKER))

    assert not done(store, partial(take, token=OTHER_WORKER, at=MINUTE - timedelta(microseconds=1)))
    assert done(store, partial(take, token=OTHER_WORKER, at=MINUTE))


def test_ones_own_lease_is_extended(store: Store) -> None:
    done(store, partial(take, token=WORKER))

    assert done(store, partial(take, token=WORKER, at=MINUTE / 2))
    assert not done(store, partial(take, token=OTHER_WORKER, at=MINUTE))


def test_whoever_lost_a_lease_does_not_get_it_back_by_asking(store: Store) -> None:
    done(store, partial(take, token=WORKER))
    done(store, partial(take, token=OTHER_WORKER, at=MINUTE))

    assert not done(store, partial(take, token=WORKER, at=MINUTE))


def test_a_released_lease_is_free_at_once(store: Store) -> None:
    done(store, partial(take, token=WORKER))
    done(store, lambda unit: unit.leases.release("relay", token=WORKER))

    assert done(store, partial(take, token=OTHER_WORKER))


def test_nobody_releases_somebody_elses_lease(store: Store) -> None:
    done(store, partial(take, token=WORKER))
    done(store, lambda unit: unit.leases.release("relay", token=OTHER_WORKER))

    assert not done(store, partial(take, token=OTHER_WORKER))


def test_of_two_that_take_a_lease_at_once_the_second_waits_and_gets_none(store: Store, second: Second) -> None:
    with store.open_unit() as unit:
        assert take(unit, WORKER)
        other = second.does(partial(done, store, partial(take, token=OTHER_WORKER)))
        assert second.waits(other)
        unit.commit()

    assert not other.result()


# The outbox's other end


def test_events_that_are_not_published_come_in_order(store: Store) -> None:
    put(store, 3, 1)
    put(store, 2)

    assert numbers_of(unpublished(store)) == [3, 1, 2]
    assert numbers_of(unpublished(store, limit=2)) == [3, 1]


def test_a_stored_event_has_an_id_of_its_own_that_stays(store: Store) -> None:
    put(store, 1, 2)

    first, again = unpublished(store), unpublished(store)

    assert len({each.id for each in first}) == 2
    assert first == again


def test_a_published_event_does_not_come_again(store: Store) -> None:
    put(store, 1, 2, 3)
    waiting = unpublished(store)

    done(store, lambda unit: unit.relay.mark_published([waiting[0].number, waiting[2].number], now=NOW))

    assert numbers_of(unpublished(store)) == [2]


def test_an_event_that_becomes_visible_late_comes_although_later_ones_are_published(store: Store) -> None:
    with store.open_unit() as slow:
        slow.outbox.put([Event(type=EventType.EMAIL_SENT, key=8, data={"email_id": 1})])
        slow.therapists.get_many([])  # what waits to be written is written
        put(store, 2)
        later = unpublished(store)
        done(store, lambda unit: unit.relay.mark_published([each.number for each in later], now=NOW))
        slow.commit()

    assert numbers_of(later) == [2]
    (late,) = unpublished(store)
    assert late.event.data == {"email_id": 1}
    assert late.number < later[0].number


def test_the_backlog_counts_what_waits_and_tells_since_when(store: Store) -> None:
    empty = done(store, lambda unit: unit.relay.backlog())
    put(store, 1, 2)

    backlog = done(store, lambda unit: unit.relay.backlog())

    assert (empty.count, empty.oldest) == (0, None)
    assert (backlog.count, backlog.oldest) == (2, unpublished(store)[0].at)


def publish(store: Store, *numbers: int, at: timedelta) -> None:
    """Events that were published at a distance from now."""
    put(store, *numbers)
    published = [each.number for each in unpublished(store) if each.event.data["email_id"] in numbers]
    done(store, lambda unit: unit.relay.mark_published(published, now=NOW + at))


def forget(unit: RunningUnit, *, limit: int = 100) -> int:
    """Forget what was published before now."""
    return unit.relay.forget(published_before=NOW, limit=limit)


def stored(store: Store) -> list[Any]:
    return [each.data["email_id"] for each in store.seed.events()]


def test_events_that_were_published_before_an_instant_are_forgotten(store: Store) -> None:
    publish(store, 1, 2, at=-MINUTE)
    publish(store, 3, at=timedelta(microseconds=-1))
    publish(store, 4, at=timedelta(0))

    assert done(store, forget) == 3
    assert stored(store) == [4]


def test_an_event_that_waits_is_not_forgotten_however_old_it_is(store: Store) -> None:
    put(store, 1)
    publish(store, 2, at=-MINUTE)

    assert done(store, lambda unit: unit.relay.forget(published_before=NOW + 10_000 * MINUTE, limit=100)) == 1
    assert numbers_of(unpublished(store)) == [1]


def test_of_many_events_the_longest_published_are_forgotten_first(store: Store) -> None:
    publish(store, 1, at=-MINUTE)
    publish(store, 2, at=-3 * MINUTE)
    publish(store, 3, at=-2 * MINUTE)

    assert done(store, partial(forget, limit=2)) == 2
    assert stored(store) == [1]
    assert done(store, partial(forget, limit=2)) == 1
    assert done(store, partial(forget, limit=2)) == 0


def test_what_was_forgotten_in_an_undone_unit_is_still_there(store: Store) -> None:
    publish(store, 1, at=-MINUTE)

    with store.open_unit() as unit:
        forget(unit)

    assert stored(store) == [1]


def test_two_that_forget_at_the_same_time_do_not_wait_and_forget_different_ones(store: Store) -> None:
    publish(store, 1, 2, 3, at=-MINUTE)

    with store.open_unit() as unit:
        mine = forget(unit, limit=2)
        others = done(store, forget)
        unit.commit()

    assert (mine, others) == (2, 1)
    assert stored(store) == []


def test_an_event_that_is_marked_again_stays_published_since_the_first_time(store: Store) -> None:
    put(store, 1)
    (event,) = unpublished(store)
    done(store, lambda unit: unit.relay.mark_published([event.number], now=NOW - MINUTE))

    done(store, lambda unit: unit.relay.mark_published([event.number], now=NOW + MINUTE))

    assert done(store, forget) == 1


def test_marking_what_was_forgotten_is_nothing(store: Store) -> None:
    publish(store, 1, at=-MINUTE)
    put(store, 2)
    (second,) = unpublished(store)
    done(store, forget)

    done(store, lambda unit: unit.relay.mark_published([second.number - 1, second.number], now=NOW))

    assert stored(store) == [2]
    assert unpublished(store) == []


# Other systems' events


def test_an_event_is_noted_once(store: Store) -> None:
    assert done(store, lambda unit: unit.inbound.note("/other", "1"))
    assert not done(store, lambda unit: unit.inbound.note("/other", "1"))


def test_the_same_id_of_another_source_is_another_event(store: Store) -> None:
    done(store, lambda unit: unit.inbound.note("/other", "1"))

    assert done(store, lambda unit: unit.inbound.note("/another", "1"))


def test_a_note_that_was_undone_was_never_made(store: Store) -> None:
    with store.open_unit() as unit:
        unit.inbound.note("/other", "1")

    assert done(store, lambda unit: unit.inbound.note("/other", "1"))


def test_of_two_that_note_the_same_event_the_second_waits_and_is_told(store: Store, second: Second) -> None:
    with store.open_unit() as unit:
        unit.inbound.note("/other", "1")
        other = second.does(partial(done, store, lambda unit: unit.inbound.note("/other", "1")))
        assert second.waits(other)
        unit.commit()

    assert not other.result()


def test_a_match_of_another_system_is_remembered_with_its_request(store: Store) -> None:
    request = store.seed.request(None, store.seed.therapist())
    done(store, lambda unit: unit.inbound.remember_match("/other", "A1", request))

    assert done(store, lambda unit: unit.inbound.request_of("/other", "A1")) == request
    assert done(store, lambda unit: unit.inbound.request_of("/another", "A1")) is None


def test_what_is_set_aside_waits_for_a_person_newest_first(store: Store) -> None:
    done(store, lambda unit: unit.inbound.set_aside("matching-events", "no JSON", place="1-0", body=b"\x00\xff"))
    done(store, lambda unit: unit.inbound.set_aside("matching-events", "unknown", place="2-0", body=b"{}"))

    waiting = done(store, lambda unit: unit.inbound.waiting(10))

    assert [(each.source, each.reason, each.place) for each in waiting] == [
        ("matching-events", "unknown", "2-0"),
        ("matching-events", "no JSON", "1-0"),
    ]


# Periodic work


def begin(
    unit: RunningUnit, token: UUID = WORKER, *, at: timedelta = timedelta(0), expression: str = "* * * * *"
) -> Any:
    now = NOW + at
    unit.schedule.know("plan", expression, following=now + MINUTE)
    return unit.schedule.begin("plan", token=token, now=now, lease=MINUTE)


def end(unit: RunningUnit, token: UUID = WORKER, *, at: timedelta = timedelta(0)) -> bool:
    return unit.schedule.end("plan", token=token, due_since=NOW + MINUTE, following=NOW + at + MINUTE, now=NOW + at)


def hasten(unit: RunningUnit, *, at: timedelta) -> None:
    unit.schedule.hasten("plan", now=NOW + at)


def planned(store: Store, at: timedelta) -> PlannedWork | None:
    standing: PlannedWork | None = done(store, lambda unit: unit.schedule.planned("plan", now=NOW + at))
    return standing


def test_a_work_that_nobody_knew_is_due_at_its_next_time_and_not_at_once(store: Store) -> None:
    assert done(store, begin) is None
    assert done(store, partial(begin, at=MINUTE)) == NOW + MINUTE


def test_a_due_work_is_begun_by_one(store: Store) -> None:
    done(store, begin)

    assert done(store, partial(begin, at=MINUTE)) == NOW + MINUTE
    assert done(store, partial(begin, token=OTHER_WORKER, at=MINUTE)) is None


def test_a_work_that_is_done_is_due_at_its_next_time(store: Store) -> None:
    done(store, begin)
    done(store, partial(begin, at=5 * MINUTE))

    assert done(store, partial(end, at=5 * MINUTE))
    assert done(store, partial(begin, at=5 * MINUTE)) is None
    assert done(store, partial(begin, at=6 * MINUTE)) == NOW + 6 * MINUTE


def test_a_work_whose_lease_is_over_is_begun_again_and_its_first_beginner_ends_nothing(store: Store) -> None:
    done(store, begin)
    done(store, partial(begin, at=MINUTE))

    assert done(store, partial(begin, token=OTHER_WORKER, at=2 * MINUTE)) == NOW + MINUTE
    assert not done(store, partial(end, at=2 * MINUTE))
    assert done(store, partial(end, token=OTHER_WORKER, at=2 * MINUTE))


def test_a_work_with_another_expression_is_due_at_its_next_time_by_that(store: Store) -> None:
    done(store, begin)

    changed = done(store, partial(begin, at=3 * MINUTE, expression="0 9 * * *"))

    assert changed is None
    assert done(store, partial(begin, at=4 * MINUTE, expression="0 9 * * *")) == NOW + 4 * MINUTE


def test_a_work_that_failed_is_due_again_when_that_was_said(store: Store) -> None:
    done(store, begin)
    done(store, partial(begin, at=MINUTE))

    done(store, lambda unit: unit.schedule.fail("plan", token=WORKER, again=NOW + 3 * MINUTE))

    assert done(store, partial(begin, at=2 * MINUTE)) is None
    assert done(store, partial(begin, at=3 * MINUTE)) == NOW + 3 * MINUTE


def test_what_is_due_and_free_is_told(store: Store) -> None:
    done(store, begin)

    assert done(store, lambda unit: unit.schedule.due(now=NOW)) == {}
    assert done(store, lambda unit: unit.schedule.due(now=NOW + MINUTE)) == {"plan": NOW + MINUTE}
    done(store, partial(begin, at=MINUTE))
    assert done(store, lambda unit: unit.schedule.due(now=NOW + MINUTE)) == {}


def test_a_lease_that_is_renewed_keeps_others_out_for_longer(store: Store) -> None:
    done(store, begin)
    done(store, partial(begin, at=MINUTE))

    assert done(store, lambda unit: unit.schedule.renew("plan", token=WORKER, now=NOW + 1.5 * MINUTE, lease=MINUTE))

    assert done(store, partial(begin, token=OTHER_WORKER, at=2 * MINUTE)) is None
    assert done(store, partial(begin, token=OTHER_WORKER, at=2.5 * MINUTE)) == NOW + MINUTE


def test_a_lease_that_another_has_or_nobody_is_not_renewed(store: Store) -> None:
    def renew(token: UUID) -> Any:
        return done(store, lambda unit: unit.schedule.renew("plan", token=token, now=NOW + 3 * MINUTE, lease=MINUTE))

    unknown = renew(WORKER)
    done(store, begin)
    not_begun = renew(WORKER)
    done(store, partial(begin, at=MINUTE))
    done(store, partial(begin, token=OTHER_WORKER, at=2 * MINUTE))

    assert (unknown, not_begun, renew(WORKER), renew(OTHER_WORKER)) == (False, False, False, True)


def test_a_work_that_is_asked_for_is_due_at_once_and_no_later_than_it_was(store: Store) -> None:
    done(store, begin)
    done(store, partial(hasten, at=0.5 * MINUTE))
    hastened = done(store, lambda unit: unit.schedule.due(now=NOW + 0.5 * MINUTE))

    done(store, partial(hasten, at=5 * MINUTE))

    assert hastened == {"plan": NOW + 0.5 * MINUTE}
    assert planned(store, 5 * MINUTE) == PlannedWork(next_at=NOW + 0.5 * MINUTE)


def test_a_work_that_is_asked_for_while_it_is_done_is_due_once_more(store: Store) -> None:
    done(store, begin)
    done(store, partial(begin, at=MINUTE))

    done(store, partial(hasten, at=1.5 * MINUTE))

    assert planned(store, 1.5 * MINUTE) == PlannedWork(next_at=NOW + 1.5 * MINUTE, in_hand=True)
    assert done(store, partial(begin, token=OTHER_WORKER, at=1.5 * MINUTE)) is None
    assert done(store, partial(end, at=1.75 * MINUTE))
    assert planned(store, 2 * MINUTE) == PlannedWork(next_at=NOW + 1.5 * MINUTE, ended_at=NOW + 1.75 * MINUTE)


def test_a_work_that_nobody_knows_is_not_hastened(store: Store) -> None:
    done(store, partial(hasten, at=MINUTE))

    assert planned(store, MINUTE) is None


def test_a_work_is_known_no_more_once_it_is_dropped_and_is_not_dropped_by_another_in_its_middle(store: Store) -> None:
    def drop(at: timedelta) -> None:
        done(store, lambda unit: unit.schedule.drop("plan", now=NOW + at))

    done(store, begin)
    done(store, partial(begin, at=MINUTE))

    drop(1.5 * MINUTE)
    in_its_middle = planned(store, 1.5 * MINUTE)
    drop(2 * MINUTE)

    assert in_its_middle == PlannedWork(next_at=NOW + MINUTE, in_hand=True)
    assert planned(store, 2 * MINUTE) is None


# How far the store has come


@pytest.mark.parametrize(("above", "expected"), [(0, 1), (41, 42)])
def test_the_mark_rises_above_what_it_is_told(store: Store, above: int, expected: int) -> None:
    assert done(store, lambda unit: unit.high_water.mark()) == 0
    assert done(store, lambda unit: unit.high_water.rise(above=above)) == expected
    assert done(store, lambda unit: unit.high_water.mark()) == expected
    assert done(store, lambda unit: unit.high_water.rise()) == expected + 1


# What rested until a day


def test_pauses_that_are_over_are_taken_away_and_later_ones_stay(store: Store) -> None:
    over = store.seed.patient(search_paused_until=TODAY)
    later = store.seed.patient(search_paused_until=TODAY + timedelta(days=1))
    store.seed.patient()

    ended = done(store, lambda unit: unit.rests.end_pauses(TODAY))

    assert list(ended) == [over]
    patients = done(store, lambda unit: unit.patients.get_many([over, later]))
    assert patients[over].search_paused_until is None
    assert patients[later].search_paused_until == TODAY + timedelta(days=1)
    assert list(done(store, lambda unit: unit.rests.end_pauses(TODAY))) == []
