"""Take in what another matching system says about matches, each event once.

An event is noted in the transaction of its effect, so that whoever dies in between leaves neither or both.  What cannot
be read, names somebody unknown or asks for what is not possible is set aside for a person, and the next one follows.
One consumer works at a time, by a lease: what is said about one match stays in its order.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from attrs import frozen

from boona_core.cloud_events import (
    OWN_SOURCE,
    Incoming,
    MatchCreated,
    MatchStatusChanged,
    Unreadable,
    read_event,
    read_match_created,
    read_match_status_changed,
)
from boona_core.errors import BoonaError, StoreError
from boona_core.event_ports import BusDown, EventSource, OpenRunningUnit, Received, RunningUnit
from boona_core.events import EventType
from boona_core.ids import PatientId, PlacementRequestId, TherapistId
from boona_core.import_ports import NewRequest
from boona_core.instants import local_day
from boona_core.requests import PlacementRequest, RequestStatus
from boona_core.usecases.composing import Stationery
from boona_core.usecases.leaving import withdraw_requests
from boona_core.usecases.telling import match_created

LEASE = "consumer"
STREAM = EventType.MATCH_CREATED.stream
"""The one stream that is read."""


class RecordOutcome(Protocol):
    """Records an answer about one request, in a unit of the caller's and with all that follows from it."""

    def __call__(self, unit: RunningUnit, request_id: PlacementRequestId, outcome: RequestStatus) -> str | None:
        """Record ``accepted`` or ``rejected``; returns why that is not possible, None: it was recorded.

        Nothing is locked yet: whoever records locks, and looks again.

        Raises:
            BoonaError: it is not possible.
        """


@frozen(kw_only=True)
class ConsumerPolicy:
    """How the consumer works.

    Attributes:
        lease: How long a consumer that says nothing keeps others out.
        batch: Messages received at once; at least 1.
    """

    lease: timedelta = timedelta(seconds=60)
    batch: int = 50


class Fate(StrEnum):
    """What became of a message."""

    DONE = "done"
    IGNORED = "ignored"
    KNOWN = "known"
    SET_ASIDE = "set aside"


@frozen(kw_only=True)
class Consumed:
    """What one call of ``ConsumeMatches`` did.

    Attributes:
        done: Events that had an effect.
        set_aside: Messages that wait for a person now.
        received: All messages, those included that were known or nobody's business.
        elsewhere: Another consumer is at it.
        down: The bus is away; None: it is not.
    """

    done: int = 0
    set_aside: int = 0
    received: int = 0
    elsewhere: bool = False
    down: BusDown | None = None


@frozen(kw_only=True)
class ConsumeMatches:
    """Take in the next messages.

    Attributes:
        token: Of this process; no other has it.
        own_source: What this installation says itself is passed over.
        checkpoint: Told the name of each point that is reached; chaos tests end the process there.
    """

    open_unit: OpenRunningUnit
    source: EventSource
    record: RecordOutcome
    stationery: Stationery
    zone: ZoneInfo
    policy: ConsumerPolicy
    token: UUID
    own_source: str = OWN_SOURCE
    checkpoint: Callable[[str], None] = lambda _: None

    def __call__(self) -> Consumed:
        """Receive one batch, and acknowledge it when all of it is done.

        Raises:
            StoreError: the store failed; the batch is received again.
        """
        with self.open_unit() as unit:
            mine = unit.leases.take(LEASE, token=self.token, now=unit.now(), lease=self.policy.lease)
            unit.commit()
        if not mine:
            self.source.close()  # whoever is at it has read on meanwhile
            return Consumed(elsewhere=True)
        received = self.source.receive(self.policy.batch)
        if isinstance(received, BusDown):
            return Consumed(down=received)
        try:
            fates = [self._take_in(each) for each in received]
        except BaseException:
            self.source.close()  # so that what was received comes again, before anything newer
            raise
        return self._acknowledged(received, fates)

    def release(self) -> None:
        """Let another consumer begin at once: this one ends."""
        self.source.close()
        with self.open_unit() as unit:
            unit.leases.release(LEASE, token=self.token)
            unit.commit()

    def _acknowledged(self, received: Sequence[Received], fates: Sequence[Fate]) -> Consumed:
        down = self.source.acknowledge(received)
        if received:
            self.checkpoint("events_acknowledged")
        return Consumed(
            done=fates.count(Fate.DONE), set_aside=fates.count(Fate.SET_ASIDE), received=len(received), down=down
        )

    def _take_in(self, message: Received) -> Fate:
        incoming = read_event(message.body)
        if isinstance(incoming, Unreadable):
            return self._set_aside(message, STREAM, message.place, incoming.why)
        if incoming.source == self.own_source or incoming.type not in _READ:
            return Fate.IGNORED
        said = _READ[incoming.type](incoming.data)
        if isinstance(said, Unreadable):
            return self._set_aside(message, incoming.source, incoming.id, said.why)
        try:
            refused = self._do(incoming, said)
        except StoreError as error:
            if error.passing:
                raise
            refused = str(error)
        except BoonaError as error:
            refused = str(error)
        if isinstance(refused, Fate):
            return refused
        return self._set_aside(message, incoming.source, incoming.id, refused)

    def _do(self, incoming: Incoming, said: MatchCreated | MatchStatusChanged) -> Fate | str:
        """Note the event and do what it says, in one transaction; a text says why that is not possible."""
        with self.open_unit() as unit:
            if not unit.inbound.note(incoming.source, incoming.id):
                return Fate.KNOWN
            if isinstance(said, MatchCreated):
                refused = _create(unit, incoming.source, said)
            else:
                refused = self._change(unit, incoming.source, said)
            if refused is not None:
                return refused
            self.checkpoint("event_taken_in")
            unit.commit()
        self.checkpoint("event_committed")
        return Fate.DONE

    def _change(self, unit: RunningUnit, source: str, said: MatchStatusChanged) -> str | None:
        if said.new_status not in list(RequestStatus):
            return "new_status is none that is known"
        request_id = unit.inbound.request_of(source, said.match_id)
        if request_id is None:
            return "no match has this match_id"
        wanted = RequestStatus(said.new_status)
        if wanted not in _ENDED:
            return None  # only we know whether it is in an email
        if unit.requests.get(request_id).status is wanted:
            return None
        if wanted is RequestStatus.CANCELED:
            return self._withdraw(unit, request_id)
        return self.record(unit, request_id, wanted)

    def _withdraw(self, unit: RunningUnit, request_id: PlacementRequestId) -> str | None:
        request = _locked(unit, request_id)
        if request.status in _ENDED:
            return None if request.status is RequestStatus.CANCELED else f"the request is {request.status} already"
        now = unit.now()
        withdraw_requests(unit, self.stationery, [request.id], now=now, today=local_day(now, self.zone))
        return None

    def _set_aside(self, message: Received, source: str, event_id: str, why: str) -> Fate:
        with self.open_unit() as unit:
            if not unit.inbound.note(source, event_id):
                return Fate.KNOWN
            unit.inbound.set_aside(STREAM, why, place=message.place, body=message.body)
            unit.commit()
        self.checkpoint("event_set_aside")
        return Fate.SET_ASIDE


_ENDED = (RequestStatus.ACCEPTED, RequestStatus.REJECTED, RequestStatus.CANCELED)

_READ: dict[str, Callable[[object], MatchCreated | MatchStatusChanged | Unreadable]] = {
    EventType.MATCH_CREATED.value: read_match_created,
    EventType.MATCH_STATUS_CHANGED.value: read_match_status_changed,
}


def _create(unit: RunningUnit, source: str, said: MatchCreated) -> str | None:
    """Offer the patient to the therapist, unless the pair has a live request: then that one stands for the match."""
    patient_id, therapist_id = PatientId(said.patient_id), TherapistId(said.therapist_id)
    unit.patients.lock([patient_id])
    unit.therapists.lock([therapist_id])
    patient = unit.patients.get_many([patient_id]).get(patient_id)
    therapist = unit.therapists.get_many([therapist_id]).get(therapist_id)
    if patient is None or patient.erased_at is not None:
        return "no patient has this patient_id"
    if therapist is None or therapist.erased_at is not None:
        return "no therapist has this therapist_id"
    if therapist.merged_into is not None:
        return f"the therapist was merged into therapist {therapist.merged_into}"
    request_id = _live(unit, patient_id, therapist_id)
    if request_id is None:
        created = unit.imports.create_requests([NewRequest(patient_id, therapist_id, said.priority)])
        request_id = created.get((patient_id, therapist_id), _live(unit, patient_id, therapist_id))
        unit.outbox.put(
            match_created(number, patient_id, therapist_id, priority=said.priority) for number in created.values()
        )
    if request_id is None:  # made and ended by somebody else in this very moment
        return "the patient could not be offered to the therapist"
    unit.inbound.remember_match(source, said.match_id, request_id)
    return None


def _live(unit: RunningUnit, patient_id: PatientId, therapist_id: TherapistId) -> PlacementRequestId | None:
    """The pair's request that is open or in progress."""
    requests = unit.requests.movable(patient_ids=[patient_id])
    return next((request.id for request in requests if request.therapist_id == therapist_id), None)


def _locked(unit: RunningUnit, request_id: PlacementRequestId) -> PlacementRequest:
    """The request, once nobody else decides about its patient or its therapist any more."""
    request = unit.requests.get(request_id)
    unit.patients.lock([request.patient_id])
    unit.therapists.lock([request.therapist_id])
    return unit.requests.get(request_id)
