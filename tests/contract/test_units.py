"""A unit is one transaction over all stores."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from boona_core.events import Event, EventType
from boona_core.requests import RequestStatus
from tests.contract.acts import add, count_of_emails, refusal_of, state_of, status_of, take_for_good
from tests.contract.conftest import Second
from tests.situations import NOW, Store, memory_store


class Stumbled(Exception):
    """Whatever may go wrong inside a unit."""


def test_leaving_without_commit_undoes_everything(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email = store.seed.email(therapist)

    with store.open_unit() as unit:
        add(unit, therapist)
        unit.requests.take({request: email})
        unit.emails.cancel((email,), now=NOW)
        unit.emails.count_queued(NOW.date(), 1 + unit.emails.queued_on(NOW.date()))
        unit.outbox.put([Event(type=EventType.EMAIL_CANCELED, key=therapist)])

    with store.open_unit() as unit:
        assert unit.emails.queued_on(NOW.date()) == 0
    assert count_of_emails(store) == 1
    assert status_of(store, request) is RequestStatus.OPEN
    assert state_of(store, email).value == "queued"
    assert not store.seed.events()


def test_an_error_inside_undoes_everything(store: Store) -> None:
    therapist = store.seed.therapist()

    def fails_after_adding() -> None:
        with store.open_unit() as unit:
            add(unit, therapist)
            raise Stumbled

    with pytest.raises(Stumbled):
        fails_after_adding()

    assert count_of_emails(store) == 0


def test_what_was_committed_is_seen_by_the_next_unit(store: Store) -> None:
    therapist = store.seed.therapist()

    with store.open_unit() as unit:
        add(unit, therapist)
        unit.commit()

    assert count_of_emails(store) == 1


def test_what_was_committed_stays_when_the_unit_then_fails(store: Store) -> None:
    first, another = store.seed.therapist(), store.seed.therapist()

    def fails_after_its_commit() -> None:
        with store.open_unit() as unit:
            add(unit, first)
            unit.commit()
            add(unit, another)
            raise Stumbled

    with pytest.raises(Stumbled):
        fails_after_its_commit()

    assert count_of_emails(store) == 1


def test_a_unit_goes_on_after_its_commit(store: Store) -> None:
    first, another = store.seed.therapist(), store.seed.therapist()

    with store.open_unit() as unit:
        add(unit, first)
        unit.commit()
        add(unit, another)
        unit.commit()

    assert count_of_emails(store) == 2


def test_after_its_commit_a_unit_keeps_nothing_from_others_and_overwrites_nothing(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email, later = store.seed.email(therapist), store.seed.email(therapist)

    with store.open_unit() as unit:
        unit.requests.take({request: email})
        unit.commit()
        with store.open_unit() as another:
            another.requests.release((request,))
            another.requests.take({request: later})
            another.commit()
        unit.commit()

    with store.open_unit() as unit:
        assert unit.requests.holder(request).email_id == later


def test_a_unit_sees_its_own_work_before_the_commit(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email = store.seed.email(therapist)

    with store.open_unit() as unit:
        unit.requests.take({request: email})

        assert unit.requests.get(request).status is RequestStatus.IN_PROGRESS
        assert unit.requests.holder(request).email_id == email


def test_units_do_not_see_each_others_uncommitted_work(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email = store.seed.email(therapist)

    with store.open_unit() as first, store.open_unit() as another:
        first.requests.take({request: email})
        first.emails.cancel((email,), now=NOW)

        assert another.requests.get(request).status is RequestStatus.OPEN
        assert another.emails.get(email).state.value == "queued"


def test_a_unit_sees_what_another_has_committed_meanwhile(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email = store.seed.email(therapist)

    with store.open_unit() as unit:
        unit.requests.get(request)
        take_for_good(store, (request,), email)

        assert unit.requests.get(request).status is RequestStatus.IN_PROGRESS


def test_now_is_aware_and_utc(store: Store) -> None:
    with store.open_unit() as unit:
        assert unit.now().tzinfo is UTC


def test_now_is_the_same_throughout_the_unit_also_after_its_commit(store: Store) -> None:
    with store.open_unit() as unit:
        began = unit.now()
        unit.commit()
        unit.emails.new_ids(1)

        assert unit.now() == began


def test_now_of_memory_is_read_once_for_each_unit() -> None:
    instants = iter(datetime(2026, 3, 2, hour, tzinfo=UTC) for hour in range(24))
    store = memory_store(lambda: next(instants))

    with store.open_unit() as unit:
        first = (unit.now(), unit.now())
    with store.open_unit() as unit:
        another = unit.now()

    assert first[0] == first[1] == another - timedelta(hours=1)


def test_of_two_units_that_wait_for_each_other_one_is_refused_and_one_goes_on(store: Store, second: Second) -> None:
    one, two = store.seed.therapist(), store.seed.therapist()

    def locks_them_the_other_way_round() -> str | None:
        with store.open_unit() as unit:
            unit.therapists.lock((two,))
            return refusal_of(partial(unit.therapists.lock, (one,)))

    with store.open_unit() as unit:
        unit.therapists.lock((one,))
        other = second.does(locks_them_the_other_way_round)
        assert second.waits(other)
        mine = refusal_of(partial(unit.therapists.lock, (two,)))

    assert {mine, other.result()} == {"40P01", None}
