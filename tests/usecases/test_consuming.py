"""What another matching system says has its effect once, and what makes no sense waits for a person."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import define, field

from boona_adapters.memory import MemoryStore
from boona_adapters.streams.memory import MemoryBus, MemorySource
from boona_core.cloud_events import Message
from boona_core.emails import EmailState
from boona_core.errors import StoreUnavailable
from boona_core.event_ports import BusDown, RunningUnit, SetAside
from boona_core.events import EventType
from boona_core.ids import PatientId, PlacementRequestId, TherapistId
from boona_core.instants import BERLIN
from boona_core.requests import RequestStatus
from boona_core.usecases.consuming import STREAM, Consumed, ConsumeMatches, ConsumerPolicy
from tests.situations import OTHER_WORKER, WORKER, MemorySeeds
from tests.usecases.house import STATIONERY, Clock

OWN = "/agency"
OTHER = "/matching"


@define(eq=False)
class Office:
    """A store, a stream that others write into, and consumers."""

    clock: Clock = field(factory=Clock)
    bus: MemoryBus = field(factory=MemoryBus)
    store: MemoryStore = field(init=False)
    seed: MemorySeeds = field(init=False)
    recorded: list[tuple[int, RequestStatus]] = field(factory=list)
    store_is_away: bool = False
    refusal: str | None = None
    number: int = 0

    def __attrs_post_init__(self) -> None:
        self.store = MemoryStore(self.clock)
        self.seed = MemorySeeds(self.store)

    def says(self, kind: str, data: object, *, source: str = OTHER, event_id: str | None = None) -> None:
        """Another system says something."""
        self.number += 1
        envelope = {
            "specversion": "1.0",
            "id": event_id or f"e{self.number}",
            "source": source,
            "type": kind,
            "data": data,
        }
        self.writes(json.dumps(envelope).encode())

    def writes(self, body: bytes) -> None:
        """Somebody writes something into the stream."""
        self.bus.publish([Message(number=0, stream=STREAM, key="1", body=body)])

    def offers(self, match_id: object, patient: PatientId | int, therapist: TherapistId | int, **more: Any) -> None:
        """Another system offers a patient."""
        self.says("match.created", {"match_id": match_id, "patient_id": patient, "therapist_id": therapist, **more})

    def consumer(self, token: object = WORKER) -> ConsumeMatches:
        """A consumer."""

        def record(unit: RunningUnit, request_id: PlacementRequestId, outcome: RequestStatus) -> str | None:
            if self.store_is_away:
                raise StoreUnavailable(None)
            self.recorded.append((request_id, outcome))
            return self.refusal

        return ConsumeMatches(
            open_unit=self.store.open_unit,
            source=MemorySource(self.bus, STREAM),
            record=record,
            stationery=STATIONERY,
            zone=BERLIN,
            policy=ConsumerPolicy(),
            token=token,  # type: ignore[arg-type]
            own_source=OWN,
        )

    def requests(self) -> list[tuple[int, int, RequestStatus, int]]:
        """Patient, therapist, status and priority of every request, by id."""
        rows = sorted(self.store.tables.requests.rows.items())
        return [(row.patient_id, row.therapist_id, row.status, row.priority) for _, row in rows]

    def aside(self) -> list[SetAside]:
        """What waits for a person."""
        with self.store.open_unit() as unit:
            return list(unit.inbound.waiting(100))


@pytest.fixture
def office() -> Office:
    return Office()


def pair(office: Office) -> tuple[PatientId, TherapistId]:
    return office.seed.patient(), office.seed.therapist()


# A created match


def test_an_offer_becomes_an_open_request_and_is_told(office: Office) -> None:
    patient, therapist = pair(office)
    office.offers("A", patient, therapist, priority=4)

    done = office.consumer()()

    assert done == Consumed(done=1, received=1)
    assert office.requests() == [(patient, therapist, RequestStatus.OPEN, 4)]
    assert [(event.type, event.key, event.data["patient_id"]) for event in office.store.events()] == [
        (EventType.MATCH_CREATED, therapist, patient)
    ]


def test_an_event_that_comes_twice_has_its_effect_once(office: Office) -> None:
    patient, therapist = pair(office)
    data = {"match_id": 1, "patient_id": patient, "therapist_id": therapist}
    office.says("match.created", data, event_id="same")
    office.says("match.created", data, event_id="same")

    done = office.consumer()()

    assert done == Consumed(done=1, received=2)
    assert len(office.requests()) == 1


def test_a_pair_with_a_live_request_gets_no_second_one_and_it_stands_for_the_match(office: Office) -> None:
    patient, therapist = pair(office)
    request = office.seed.request(patient, therapist)
    office.offers("A", patient, therapist)
    office.says("match.status_changed", {"match_id": "A", "new_status": "accepted"})

    office.consumer()()

    assert len(office.requests()) == 1
    assert office.recorded == [(request, RequestStatus.ACCEPTED)]


def test_a_pair_whose_request_ended_gets_another_one(office: Office) -> None:
    patient, therapist = pair(office)
    office.seed.request(patient, therapist, status=RequestStatus.REJECTED)
    office.offers("A", patient, therapist)

    office.consumer()()

    assert [status for _, _, status, _ in office.requests()] == [RequestStatus.REJECTED, RequestStatus.OPEN]


@pytest.mark.parametrize("unknown", ["patient", "therapist"])
def test_an_offer_of_or_to_somebody_unknown_is_set_aside(office: Office, unknown: str) -> None:
    patient, therapist = pair(office)
    office.offers("A", 999 if unknown == "patient" else patient, 999 if unknown == "therapist" else therapist)

    done = office.consumer()()

    assert done == Consumed(set_aside=1, received=1)
    assert [each.reason for each in office.aside()] == [f"no {unknown} has this {unknown}_id"]
    assert office.requests() == []


@pytest.mark.parametrize("who", ["patient", "therapist"])
def test_whoever_was_erased_is_as_unknown(office: Office, who: str) -> None:
    erased = {"erased_at": datetime(2026, 1, 1, tzinfo=UTC)}
    patient = office.seed.patient(**(erased if who == "patient" else {}))
    therapist = office.seed.therapist(**(erased if who == "therapist" else {}))
    office.offers("A", patient, therapist)

    assert office.consumer()().set_aside == 1


def test_an_offer_to_an_entry_that_was_merged_into_another_is_set_aside(office: Office) -> None:
    patient, kept = pair(office)
    office.offers("A", patient, office.seed.therapist(merged_into=kept))

    assert office.consumer()().set_aside == 1
    assert [each.reason for each in office.aside()] == [f"the therapist was merged into therapist {kept}"]
    assert office.requests() == []


# A changed status


def offered(office: Office) -> PlacementRequestId:
    """A request that stands for the match A of the other system."""
    patient, therapist = pair(office)
    request = office.seed.request(patient, therapist)
    with office.store.open_unit() as unit:
        unit.inbound.remember_match(OTHER, "A", request)
        unit.commit()
    return request


@pytest.mark.parametrize("outcome", [RequestStatus.ACCEPTED, RequestStatus.REJECTED])
def test_an_acceptance_and_a_rejection_are_recorded_as_answers(office: Office, outcome: RequestStatus) -> None:
    request = offered(office)
    office.says("match.status_changed", {"match_id": "A", "new_status": outcome.value})

    assert office.consumer()().done == 1
    assert office.recorded == [(request, outcome)]


def test_a_canceled_match_leaves_its_unsent_email_and_an_empty_email_is_canceled(office: Office) -> None:
    request = offered(office)
    therapist = office.store.tables.requests.rows[request].therapist_id
    email = office.seed.queued_email(therapist, [request])
    office.says("match.status_changed", {"match_id": "A", "new_status": "canceled"})

    office.consumer()()

    assert office.requests()[0][2] is RequestStatus.CANCELED
    assert office.store.tables.emails.rows[email].email.state is EmailState.CANCELED
    assert {event.type for event in office.store.events()} >= {
        EventType.MATCH_STATUS_CHANGED,
        EventType.EMAIL_CANCELED,
    }


def test_a_draft_says_that_a_request_in_it_was_withdrawn(office: Office) -> None:
    request = offered(office)
    therapist = office.store.tables.requests.rows[request].therapist_id
    draft = office.seed.email(therapist, [request], state=EmailState.DRAFT)
    office.says("match.status_changed", {"match_id": "A", "new_status": "canceled"})

    office.consumer()()

    email = office.store.tables.emails.rows[draft].email
    assert (email.state, email.error_message) == (EmailState.CANCELED, "a request in it was withdrawn")


@pytest.mark.parametrize("status", ["open", "in_progress"])
def test_a_status_that_only_this_system_knows_changes_nothing(office: Office, status: str) -> None:
    offered(office)
    office.says("match.status_changed", {"match_id": "A", "new_status": status})

    assert office.consumer()() == Consumed(done=1, received=1)
    assert office.requests()[0][2] is RequestStatus.OPEN


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"match_id": "B", "new_status": "accepted"}, "no match has this match_id"),
        ({"match_id": "A", "new_status": "vermittelt"}, "new_status is none that is known"),
        ({"match_id": "A"}, "new_status is no text"),
        ("accepted", "data is no JSON object"),
    ],
)
def test_a_status_that_makes_no_sense_is_set_aside(office: Office, data: object, reason: str) -> None:
    offered(office)
    office.says("match.status_changed", data)

    office.consumer()()

    assert [each.reason for each in office.aside()] == [reason]
    assert office.recorded == []


def test_the_match_of_another_source_with_the_same_id_is_another_match(office: Office) -> None:
    offered(office)
    office.says("match.status_changed", {"match_id": "A", "new_status": "accepted"}, source="/third")

    assert office.consumer()().set_aside == 1


def ended(office: Office, status: RequestStatus) -> PlacementRequestId:
    """A request that has ended, which stands for the match A."""
    request = office.seed.request(*pair(office), status=status)
    with office.store.open_unit() as unit:
        unit.inbound.remember_match(OTHER, "A", request)
        unit.commit()
    return request


@pytest.mark.parametrize("status", ["accepted", "rejected", "canceled"])
def test_an_end_that_is_there_already_is_no_fault(office: Office, status: str) -> None:
    ended(office, RequestStatus(status))
    office.says("match.status_changed", {"match_id": "A", "new_status": status})

    assert office.consumer()() == Consumed(done=1, received=1)
    assert office.recorded == []


def test_what_was_answered_is_not_withdrawn_but_set_aside(office: Office) -> None:
    ended(office, RequestStatus.ACCEPTED)
    office.says("match.status_changed", {"match_id": "A", "new_status": "canceled"})

    office.consumer()()

    assert [each.reason for each in office.aside()] == ["the request is accepted already"]
    assert office.requests()[0][2] is RequestStatus.ACCEPTED


def test_an_answer_that_cannot_be_recorded_is_set_aside_with_the_reason(office: Office) -> None:
    ended(office, RequestStatus.CANCELED)
    office.refusal = "not possible"
    office.says("match.status_changed", {"match_id": "A", "new_status": "accepted"})

    office.consumer()()

    assert [each.reason for each in office.aside()] == ["not possible"]


# What is nobody's business, and what is poison


def test_what_this_installation_says_itself_is_passed_over(office: Office) -> None:
    patient, therapist = pair(office)
    data = {"match_id": 1, "patient_id": patient, "therapist_id": therapist}
    office.says("match.created", data, source=OWN)

    assert office.consumer()() == Consumed(received=1)
    assert office.requests() == []


def test_other_types_are_passed_over(office: Office) -> None:
    office.says("match.deleted", {"match_id": 1})

    assert office.consumer()() == Consumed(received=1)


def test_poison_is_set_aside_once_and_the_next_event_follows(office: Office) -> None:
    patient, therapist = pair(office)
    office.writes(b"\xff\x00 poison")
    office.offers("A", patient, therapist)

    first = office.consumer()()
    office.bus.acknowledged.clear()
    again = office.consumer()()

    assert (first.done, first.set_aside) == (1, 1)
    assert (again.done, again.set_aside, again.received) == (0, 0, 2)
    assert len(office.aside()) == 1


# Who consumes


def test_what_was_done_is_acknowledged(office: Office) -> None:
    office.offers("A", *pair(office))
    office.consumer()()

    assert office.consumer()().received == 0


def test_while_one_consumer_has_the_lease_another_does_nothing(office: Office) -> None:
    office.consumer()()
    office.offers("A", *pair(office))

    assert office.consumer(OTHER_WORKER)() == Consumed(elsewhere=True)
    office.clock.now += timedelta(seconds=60)
    assert office.consumer(OTHER_WORKER)().done == 1


def test_a_consumer_that_ends_lets_another_begin_at_once(office: Office) -> None:
    consumer = office.consumer()
    consumer()
    office.offers("A", *pair(office))

    consumer.release()

    assert office.consumer(OTHER_WORKER)().done == 1


def test_a_store_that_is_away_loses_nothing(office: Office) -> None:
    offered(office)
    office.says("match.status_changed", {"match_id": "A", "new_status": "accepted"})
    consumer = office.consumer()
    office.store_is_away = True

    with pytest.raises(StoreUnavailable):
        consumer()
    office.store_is_away = False

    assert consumer().done == 1
    assert len(office.recorded) == 1


def test_a_bus_that_is_away_is_said(office: Office) -> None:
    office.bus.away = True

    assert office.consumer()().down == BusDown("away")
