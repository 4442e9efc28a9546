"""Events go to the stream of their subject and carry ids, states and dates."""

import pytest

from boona_core.events import Event, EventType

EMAIL_EVENTS = ("created", "queued", "sent", "failed", "uncertain", "canceled", "bounced")


@pytest.mark.parametrize("type_", EventType)
def test_every_event_has_the_stream_of_its_subject(type_: EventType) -> None:
    streams = {
        "communication": "communication-events",
        "match": "matching-events",
        "therapist": "therapist-events",
        "patient": "patient-events",
    }

    assert type_.stream == streams[type_.partition(".")[0]]


def test_the_names_on_the_bus_are_the_documented_ones() -> None:
    documented = {
        *(f"communication.email_{what}" for what in EMAIL_EVENTS),
        *(f"{who}.{what}" for who in ("therapist", "patient") for what in ("created", "updated", "status_changed")),
        "match.created",
        "match.status_changed",
    }

    assert {type_.value for type_ in EventType} >= documented


def test_an_event_without_data_has_none() -> None:
    assert Event(type=EventType.EMAIL_SENT, key=5).data == {}
