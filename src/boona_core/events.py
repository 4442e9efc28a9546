"""What is told to other systems, and nothing else: ids, states and dates.

An event is written in the transaction of the change that it tells of.  Its stream follows from its type, its key is the
id of the therapist (of ``patient.*`` the patient), and order holds per key.
"""

from collections.abc import Mapping
from enum import StrEnum

from attrs import field, frozen


class EventType(StrEnum):
    """The types of event, as on the bus."""

    EMAIL_CREATED = "communication.email_created"
    EMAIL_QUEUED = "communication.email_queued"
    EMAIL_SENT = "communication.email_sent"
    EMAIL_FAILED = "communication.email_failed"
    EMAIL_UNCERTAIN = "communication.email_uncertain"
    EMAIL_CANCELED = "communication.email_canceled"
    EMAIL_BOUNCED = "communication.email_bounced"
    RESPONSE_RECEIVED = "communication.response_received"
    CALL_SCHEDULED = "communication.call_scheduled"
    CALL_COMPLETED = "communication.call_completed"
    CALL_FAILED = "communication.call_failed"
    CALL_CANCELED = "communication.call_canceled"
    THERAPIST_CREATED = "therapist.created"
    THERAPIST_UPDATED = "therapist.updated"
    THERAPIST_STATUS_CHANGED = "therapist.status_changed"
    THERAPIST_BLOCKED = "therapist.blocked"
    THERAPIST_UNBLOCKED = "therapist.unblocked"
    THERAPIST_ERASED = "therapist.erased"
    PATIENT_CREATED = "patient.created"
    PATIENT_UPDATED = "patient.updated"
    PATIENT_STATUS_CHANGED = "patient.status_changed"
    PATIENT_ERASED = "patient.erased"
    MATCH_CREATED = "match.created"
    MATCH_STATUS_CHANGED = "match.status_changed"

    @property
    def stream(self) -> str:
        """The stream (topic) that carries it."""
        return _STREAMS[self.value.split(".")[0]]


_STREAMS = {
    "communication": "communication-events",
    "match": "matching-events",
    "therapist": "therapist-events",
    "patient": "patient-events",
}


@frozen(kw_only=True)
class Event:
    """One thing that happened.

    Attributes:
        key: The therapist's id, of ``patient.*`` the patient's.
        data: Ids, states and dates; never a name, a diagnosis or a text.
    """

    type: EventType
    key: int
    data: Mapping[str, int | str | bool | list[int] | None] = field(factory=dict)
