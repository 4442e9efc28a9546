"""The page about events tells the types, schemas and examples of what the code really emits."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from boona_core.delivery import NoAnswer, Refused
from boona_core.events import Event, EventType
from boona_core.instants import BERLIN
from boona_core.requests import RequestStatus
from boona_core.usecases.resting import EndRests
from tests.usecases.house import House, house
from tests.usecases.mail_server import Turn
from tests.usecases.test_importing import ADA, EVA, Agency

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "events.md").read_text("utf-8")
DOCUMENTED: dict[str, dict[str, Any]] = json.loads(re.findall(r"```json schemas\n(.*?)```", PAGE, re.DOTALL)[0])
ROWS = dict(re.findall(r"^\| `([a-z_.]+)` \| `([a-z-]+)` \|", PAGE, re.MULTILINE))

EMITTED = frozenset(
    {
        *(f"communication.email_{what}" for what in ("created", "queued", "sent", "failed", "uncertain", "canceled")),
        "communication.email_bounced",
        *(f"{who}.{what}" for who in ("therapist", "patient") for what in ("created", "updated", "status_changed")),
        "therapist.blocked",
        "therapist.unblocked",
        "match.created",
        "match.status_changed",
    }
)
"""What the days below emit."""


def a_day_of_sending() -> House:
    """Emails that are drafted, queued, sent, refused, doubtful and canceled."""
    office = house(approval=True)
    for _ in range(5):
        office.seed.request(None, office.seed.therapist())
    office.plan()
    first, *others = office.emails()
    office.cancel(first.id)
    _ = [office.queue(email.id) for email in others]
    office.server.then(
        Turn(),
        Turn(before_dot=Refused(reply="550 5.1.1 nobody", permanent=True, of_recipient=True)),
        Turn(before_dot=Refused(reply="554 5.0.0 no", permanent=True, of_recipient=False)),
        Turn(at_dot=NoAnswer("lost")),
    )
    office.drain()
    office.clock.passes(hours=1)
    office.drain()
    return office


def a_day_of_people() -> House:
    """People who come, change and leave, and a pause that ends."""
    agency = Agency(house())
    agency.therapists(ADA)
    agency.patients({**EVA, "search_paused_until": "2026-03-10"})
    agency.requests(("P1", "T1"))
    agency.therapists({**ADA, "last_name": "B"}, {**ADA, "external_id": "T2", "status": "active"})
    agency.house.clock.now += timedelta(days=10)
    EndRests(open_unit=agency.house.memory.open_unit, zone=BERLIN)()
    agency.therapists({**ADA, "external_id": "T2", "status": "blocked", "blocked_until": "2026-06-01"})
    agency.therapists({**ADA, "external_id": "T2", "status": "active", "blocked_until": None})
    agency.therapists({**ADA, "status": "inactive"})
    agency.patients({**EVA, "status": "search_aborted"})
    return agency.house


EVENTS: list[Event] = [*a_day_of_sending().events(), *a_day_of_people().events()]


def test_every_type_of_the_code_is_documented_with_its_stream() -> None:
    assert {kind.value for kind in EventType} <= DOCUMENTED.keys()
    assert ROWS.keys() == DOCUMENTED.keys()
    assert {kind.value: ROWS[kind.value] for kind in EventType} == {kind.value: kind.stream for kind in EventType}


def test_the_days_emit_what_they_are_here_for() -> None:
    assert {event.type.value for event in EVENTS} == EMITTED


@pytest.mark.parametrize("kind", sorted(EMITTED))
def test_what_is_emitted_is_as_documented(kind: str) -> None:
    emitted = [dict(event.data) for event in EVENTS if event.type.value == kind]

    faults = [str(fault) for data in emitted for fault in validator(kind).iter_errors(data)]

    assert emitted
    assert faults == []


@pytest.mark.parametrize("kind", DOCUMENTED)
def test_every_example_is_as_its_schema_and_the_schema_refuses_something_else(kind: str) -> None:
    example = DOCUMENTED[kind]["example"]

    assert list(validator(kind).iter_errors(example)) == []
    assert list(validator(kind).iter_errors({**example, "first_name": "Kim"}))
    assert list(validator(kind).iter_errors({}))


def test_the_key_is_the_therapists_or_the_patients_id() -> None:
    wrong = [event for event in EVENTS if event.key != event.data[key_name(event)]]

    assert wrong == []


def test_the_documented_states_are_those_of_the_code() -> None:
    states = DOCUMENTED["match.status_changed"]["schema"]["properties"]["new_status"]["enum"]

    assert states == [status.value for status in RequestStatus]


def key_name(event: Event) -> str:
    return "patient_id" if event.type.value.startswith("patient.") else "therapist_id"


def validator(kind: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(
        DOCUMENTED[kind]["schema"], format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
