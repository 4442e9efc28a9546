"""An event looks on the bus as CloudEvents 1.0 say, and what comes from there is read strictly."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boona_core.cloud_events import (
    Incoming,
    MatchCreated,
    MatchStatusChanged,
    StoredEvent,
    Unreadable,
    message_of,
    read_event,
    read_match_created,
    read_match_status_changed,
)
from boona_core.events import Event, EventType

ID = UUID("11111111-2222-4333-8444-555555555555")
AT = datetime(2026, 3, 2, 7, 0, 0, 5, tzinfo=UTC)


def stored(**fields: Any) -> StoredEvent:
    event = Event(type=EventType.EMAIL_SENT, key=7, data={"email_id": 3, "therapist_id": 7})
    return StoredEvent(**{"number": 9, "id": ID, "event": event, "at": AT, **fields})


def envelope(**fields: Any) -> bytes:
    usual = {"specversion": "1.0", "id": "a", "source": "/other", "type": "match.created", "data": {}}
    return json.dumps({**usual, **fields}).encode()


def test_an_envelope_has_these_eight_fields() -> None:
    message = message_of(stored(), source="/agency")

    assert json.loads(message.body) == {
        "specversion": "1.0",
        "id": str(ID),
        "source": "/agency",
        "type": "communication.email_sent",
        "subject": "7",
        "time": "2026-03-02T07:00:00.000005Z",
        "datacontenttype": "application/json",
        "data": {"email_id": 3, "therapist_id": 7},
    }


def test_a_message_goes_to_the_stream_of_its_type_with_its_key_and_its_number() -> None:
    message = message_of(stored(event=Event(type=EventType.PATIENT_CREATED, key=12)))

    assert (message.stream, message.key, message.number) == ("patient-events", "12", 9)


def test_an_instant_of_another_zone_is_told_in_utc() -> None:
    message = message_of(stored(at=AT.astimezone(timezone(timedelta(hours=5)))))

    assert json.loads(message.body)["time"] == "2026-03-02T07:00:00.000005Z"


@given(
    kind=st.sampled_from(EventType),
    key=st.integers(1, 2**31 - 1),
    data=st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers())),
)
def test_what_is_written_is_read_back(kind: EventType, key: int, data: dict[str, Any]) -> None:
    message = message_of(stored(event=Event(type=kind, key=key, data=data)), source="/agency")

    assert read_event(message.body) == Incoming(source="/agency", id=str(ID), type=kind.value, data=data)


@given(st.binary(max_size=200))
def test_whatever_comes_is_read_or_refused_and_never_an_error(body: bytes) -> None:
    assert isinstance(read_event(body), Incoming | Unreadable)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b'"x"',
        b"[" * 100_000,
        envelope(specversion="0.3"),
        envelope(id=""),
        envelope(id=5),
        envelope(source=None),
        envelope(source="a\x00b"),
        envelope(type="x" * 201),
    ],
)
def test_what_is_no_event_is_refused_with_the_reason_and_without_its_text(body: bytes) -> None:
    read = read_event(body)

    assert isinstance(read, Unreadable)
    assert read.why.isprintable()


def test_a_created_match_is_read_with_the_priority_one_where_none_is_told() -> None:
    assert read_match_created({"match_id": 5, "patient_id": 1, "therapist_id": 2}) == MatchCreated(
        match_id="5", patient_id=1, therapist_id=2, priority=1
    )
    assert read_match_created({"match_id": "A", "patient_id": 1, "therapist_id": 2, "priority": 9}) == MatchCreated(
        match_id="A", patient_id=1, therapist_id=2, priority=9
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"match_id": None},
        {"match_id": True},
        {"match_id": ""},
        {"match_id": 10**5000},
        {"patient_id": "1"},
        {"patient_id": 0},
        {"patient_id": True},
        {"therapist_id": 2**31},
        {"priority": 1.5},
        {"priority": None},
    ],
)
def test_a_created_match_that_says_something_impossible_is_refused(wrong: dict[str, Any]) -> None:
    data = {"match_id": 5, "patient_id": 1, "therapist_id": 2, **wrong}

    assert isinstance(read_match_created(data), Unreadable)


@pytest.mark.parametrize("data", [None, [], "x", {"patient_id": 1}])
def test_data_that_is_no_match_is_refused(data: object) -> None:
    assert isinstance(read_match_created(data), Unreadable)
    assert isinstance(read_match_status_changed(data), Unreadable)


def test_a_changed_status_is_read() -> None:
    assert read_match_status_changed({"match_id": 5, "new_status": "accepted"}) == MatchStatusChanged(
        match_id="5", new_status="accepted"
    )
    assert isinstance(read_match_status_changed({"match_id": 5, "new_status": 3}), Unreadable)
