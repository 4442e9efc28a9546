"""Events are stored with the change that they tell of, in order, and nobody changes them afterwards."""

from boona_core.events import Event, EventType
from tests.situations import Store


def event(number: int) -> Event:
    return Event(type=EventType.EMAIL_QUEUED, key=7, data={"email_id": number, "state": "queued", "requests": [1, 2]})


def put(store: Store, *events: Event) -> None:
    with store.open_unit() as unit:
        unit.outbox.put(events)
        unit.commit()


def test_events_are_stored_in_order(store: Store) -> None:
    put(store, event(3), event(1))
    put(store, event(2))

    assert list(store.seed.events()) == [event(3), event(1), event(2)]


def test_every_type_of_event_is_stored_with_its_key_and_data(store: Store) -> None:
    every = [Event(type=kind, key=key, data={"none": None, "yes": True}) for key, kind in enumerate(EventType, 1)]

    put(store, *every)

    assert list(store.seed.events()) == every


def test_storing_no_event_stores_none(store: Store) -> None:
    put(store)

    assert not store.seed.events()


def test_an_event_of_an_undone_unit_was_never_stored(store: Store) -> None:
    with store.open_unit() as unit:
        unit.outbox.put([event(1)])

    assert not store.seed.events()


def test_events_may_come_one_by_one(store: Store) -> None:
    with store.open_unit() as unit:
        unit.outbox.put(event(number) for number in range(3))
        unit.commit()

    assert list(store.seed.events()) == [event(0), event(1), event(2)]


def test_a_stored_event_is_not_changed_by_what_happens_to_the_data_that_was_given(store: Store) -> None:
    requests = [1, 2]
    given = Event(type=EventType.EMAIL_QUEUED, key=7, data={"requests": requests})
    put(store, given)

    requests.append(3)

    (stored,) = store.seed.events()
    assert stored.data == {"requests": [1, 2]}
