"""How does an event look on the bus, and how is one that comes from there read?

CloudEvents 1.0 in the structured JSON format, by eight fields.  Nothing here talks to a bus.  What is read was written
by somebody else: it is taken strictly, and what cannot be read is a value that says why, never repeated in an error.
"""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import field, frozen

from boona_core.events import Event
from boona_core.instants import utc

OWN_SOURCE = "/boona"
"""The source of an installation that was told no other."""

CONTENT_TYPE = "application/cloudevents+json"

_LONGEST_NAME = 200
"""Characters of a source, an id or a type that is read."""

_LARGEST_ID = 2**31 - 1

_NUMBERS = ("patient_id", "therapist_id", "priority")


@frozen(kw_only=True)
class StoredEvent:
    """An event as the outbox keeps it.

    Attributes:
        number: Of the outbox's sequence; rises within one key, and tells nothing between two keys.
        id: Tells one event from another for ever; an event that comes twice has the same.
        at: When the change was made, UTC.
    """

    number: int
    id: UUID
    event: Event
    at: datetime = field(converter=utc)


@frozen(kw_only=True)
class Message:
    """What a bus is given.

    Attributes:
        key: Order holds among messages of one stream with the same key.
        body: The envelope in JSON.
    """

    number: int
    stream: str
    key: str
    body: bytes = field(repr=False)


@frozen(kw_only=True)
class Incoming:
    """An event of another system, as far as everybody's events are alike.

    Attributes:
        source: Who says it; with *id* it tells one event from another.
    """

    source: str
    id: str
    type: str
    data: Any = field(repr=False)


@frozen
class Unreadable:
    """A message that is no event.

    Attributes:
        why: What is wrong with it, without a word of it.
    """

    why: str


@frozen(kw_only=True)
class MatchCreated:
    """Another matching system offers a patient to a therapist."""

    match_id: str
    patient_id: int
    therapist_id: int
    priority: int


@frozen(kw_only=True)
class MatchStatusChanged:
    """A match of another system has another status there."""

    match_id: str
    new_status: str


def message_of(stored: StoredEvent, *, source: str = OWN_SOURCE) -> Message:
    """What the bus is given of a stored event."""
    event = stored.event
    envelope = {
        "specversion": "1.0",
        "id": str(stored.id),
        "source": source,
        "type": event.type.value,
        "subject": str(event.key),
        "time": stored.at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": dict(event.data),
    }
    body = json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()
    return Message(number=stored.number, stream=event.type.stream, key=str(event.key), body=body)


def read_event(body: bytes) -> Incoming | Unreadable:
    """The event that a message holds."""
    try:
        given = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return Unreadable("it is no JSON")
    if not isinstance(given, dict):
        return Unreadable("it is no JSON object")
    if given.get("specversion") != "1.0":
        return Unreadable("specversion is not 1.0")
    named: dict[str, Any] = {name: given.get(name) for name in ("source", "id", "type")}
    for name, value in named.items():
        if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_NAME or not value.isprintable():
            return Unreadable(f"{name} is no text of 1 to {_LONGEST_NAME} characters")
    return Incoming(**named, data=given.get("data"))


def read_match_created(data: object) -> MatchCreated | Unreadable:
    """What ``match.created`` says; without a priority it is 1."""
    if not isinstance(data, dict):
        return Unreadable("data is no JSON object")
    match_id = _match_id(data)
    numbers: dict[str, Any] = {"priority": 1, **{name: data[name] for name in _NUMBERS if name in data}}
    if match_id is None:
        return Unreadable("match_id is no id")
    for name in _NUMBERS:
        value = numbers.get(name)
        least = -_LARGEST_ID if name == "priority" else 1
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _LARGEST_ID:
            return Unreadable(f"{name} is no whole number that is possible")
    return MatchCreated(match_id=match_id, **numbers)


def read_match_status_changed(data: object) -> MatchStatusChanged | Unreadable:
    """What ``match.status_changed`` says."""
    if not isinstance(data, dict):
        return Unreadable("data is no JSON object")
    match_id, status = _match_id(data), data.get("new_status")
    if match_id is None:
        return Unreadable("match_id is no id")
    if not isinstance(status, str):
        return Unreadable("new_status is no text")
    return MatchStatusChanged(match_id=match_id, new_status=status)


def _match_id(data: dict[str, Any]) -> str | None:
    """The id that the other system gave, a number or a text; None: it is neither."""
    given = data.get("match_id")
    if isinstance(given, bool) or not isinstance(given, int | str):
        return None
    try:
        text = str(given)
    except ValueError:  # a number of too many digits to be written
        return None
    return text if 0 < len(text) <= _LONGEST_NAME and text.isprintable() else None
