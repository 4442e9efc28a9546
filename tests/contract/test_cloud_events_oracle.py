"""The reference implementation of CloudEvents reads what Boona writes."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from boona_core.cloud_events import StoredEvent, message_of
from boona_core.events import Event, EventType


@pytest.mark.parametrize("kind", EventType)
def test_every_type_of_event_is_read_by_the_reference_implementation(kind: EventType) -> None:
    at = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
    event_id = uuid4()
    stored = StoredEvent(number=1, id=event_id, event=Event(type=kind, key=7, data={"day": "2026-03-02"}), at=at)

    read = JSONFormat().read(CloudEvent, message_of(stored, source="/agency").body)

    assert (read.get_id(), read.get_source(), read.get_type()) == (str(event_id), "/agency", kind.value)
    assert (read.get_time(), read.get_subject(), read.get_specversion()) == (at, "7", "1.0")
    assert (read.get_datacontenttype(), read.get_data()) == ("application/json", {"day": "2026-03-02"})
