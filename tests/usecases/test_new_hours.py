"""Planned calls of a therapist who answers the phone at other hours."""

from datetime import date
from typing import Any

import pytest

from boona_core.calls import CallStatus, CallTime, Cause
from boona_core.events import EventType
from boona_core.ids import PhoneCallId, PlacementRequestId, TherapistId
from boona_core.importing import ImportKind
from boona_core.ports import Holding
from boona_core.requests import RequestStatus
from boona_core.usecases.people import KeepPerson
from boona_core.windows import WeeklyWindows
from tests.usecases.house import STATIONERY, house
from tests.usecases.test_importing import Agency
from tests.usecases.test_undoing_imports import undo

MONDAY, WEDNESDAY = date(2026, 3, 9), date(2026, 3, 11)
AFTERNOON = {"wednesday": [{"start": "14:00", "end": "15:00"}]}
MORNING = WeeklyWindows.from_json({"monday": [{"start": "10:00", "end": "12:00"}]})


@pytest.fixture
def agency() -> Agency:
    return Agency(house())


def called(
    agency: Agency, hours: WeeklyWindows | None = MORNING, **fields: Any
) -> tuple[TherapistId, PlacementRequestId, PhoneCallId]:
    """A therapist with a call that is planned for Monday at ten, about one request."""
    therapist = agency.house.seed.therapist(external_id="T1", phone="030 1234567", phone_hours=hours)
    request = agency.house.seed.request(None, therapist)
    call = agency.house.planned_call(therapist, {request: Holding()}, MONDAY, cause=Cause.ASKED_FOR, **fields)
    return therapist, request, call


def test_a_call_outside_of_the_new_hours_is_moved_into_them(agency: Agency) -> None:
    _, request, call = called(agency)
    before = len(agency.house.events())

    agency.therapists({"external_id": "T1", "phone_hours": AFTERNOON})

    assert agency.house.call(call).status is CallStatus.SCHEDULED
    assert agency.house.call(call).time == CallTime(date(2026, 3, 4), 14 * 60, 5)
    assert agency.house.statuses([request]) == [RequestStatus.IN_PROGRESS]
    assert agency.house.told(since=before) == [EventType.THERAPIST_UPDATED, EventType.CALL_SCHEDULED]


def test_a_call_that_finds_no_time_in_the_new_hours_is_due_again(agency: Agency) -> None:
    _, request, call = called(agency)

    agency.therapists({"external_id": "T1", "phone_hours": {}})

    assert agency.house.call(call).status is CallStatus.CANCELED
    assert agency.house.statuses([request]) == [RequestStatus.IN_PROGRESS]


@pytest.mark.parametrize("hours", [None, {"monday": [{"start": "09:00", "end": "10:05"}]}])
def test_a_call_stays_where_the_new_hours_hold_it_or_are_unknown(agency: Agency, hours: Any) -> None:
    _, _, call = called(agency)

    agency.therapists({"external_id": "T1", "phone_hours": hours})

    assert agency.house.call(call).time == CallTime(MONDAY, 600, 5)


def test_a_call_that_a_person_put_outside_of_the_old_hours_stays(agency: Agency) -> None:
    _, _, call = called(agency, time=CallTime(MONDAY, 8 * 60, 5), outside_hours=True)

    agency.therapists({"external_id": "T1", "phone_hours": AFTERNOON})

    assert agency.house.call(call).time == CallTime(MONDAY, 8 * 60, 5)


def test_a_dry_run_moves_no_call(agency: Agency) -> None:
    _, _, call = called(agency)

    agency.therapists({"external_id": "T1", "phone_hours": AFTERNOON}, dry_run=True)

    assert agency.house.call(call).time == CallTime(MONDAY, 600, 5)


def test_the_hours_that_a_person_changes_move_a_call_as_well(agency: Agency) -> None:
    therapist, _, call = called(agency)
    keep = KeepPerson(
        open_unit=agency.house.memory.open_unit,
        kind=ImportKind.THERAPISTS,
        stationery=STATIONERY,
        switchboard=agency.house.switchboard,
    )

    keep.change(therapist, {"phone_hours": AFTERNOON})

    assert agency.house.call(call).time.day == date(2026, 3, 4)


def test_undoing_an_import_moves_a_call_into_the_hours_that_are_in_force_again(agency: Agency) -> None:
    _, _, call = called(agency)
    run = agency.therapists({"external_id": "T1", "phone_hours": AFTERNOON}).run_id

    undo(agency, run)

    assert agency.house.call(call).time == CallTime(date(2026, 3, 2), 10 * 60, 5)
