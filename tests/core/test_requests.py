"""A placement request moves only along its lifecycle, and goes into an email when nothing of its own holds it."""

from datetime import date
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from boona_core.contact import Reason
from boona_core.errors import BoonaError, IllegalTransition
from boona_core.ids import PatientId, PlacementRequestId, TherapistId
from boona_core.patients import PatientStatus
from boona_core.requests import PlacementRequest, RequestStatus, RequestStep, after, decide_request
from tests.core.strategies import TODAY, day, days_around, requests

ID = PlacementRequestId(17)
PLAIN = PlacementRequest(id=ID, patient_id=PatientId(3), therapist_id=TherapistId(5))

OPEN, IN_PROGRESS = RequestStatus.OPEN, RequestStatus.IN_PROGRESS
ACCEPTED, REJECTED, CANCELED = RequestStatus.ACCEPTED, RequestStatus.REJECTED, RequestStatus.CANCELED

# Written out by hand from the rules: from, step, to.
LIFECYCLE = [
    (OPEN, RequestStep.TAKEN, IN_PROGRESS),
    (OPEN, RequestStep.WITHDRAWN, CANCELED),
    (IN_PROGRESS, RequestStep.GIVEN_BACK, OPEN),
    (IN_PROGRESS, RequestStep.ACCEPTED, ACCEPTED),
    (IN_PROGRESS, RequestStep.REJECTED, REJECTED),
    (IN_PROGRESS, RequestStep.WITHDRAWN, CANCELED),
]
POSSIBLE = {(status, step) for status, step, _ in LIFECYCLE}
FORWARD = [step for step in RequestStep if step is not RequestStep.CORRECTED]
IMPOSSIBLE = [(status, step) for status in RequestStatus for step in FORWARD if (status, step) not in POSSIBLE]


def reasons_by_looking(request: PlacementRequest, on: date) -> set[Reason]:
    """The oracle: what the rules say of one day, one sentence after the other."""
    resting = request.resting_until is not None and request.resting_until > on
    paused = request.paused_until is not None and request.paused_until > on
    says = {
        Reason.REQUEST_CLOSED: request.status != "open",
        Reason.PATIENT_NOT_SEARCHING: paused or request.patient_status != "searching",
        Reason.PATIENT_EXCLUDED_THERAPIST: request.excluded,
        Reason.PAIR_RESTING: resting,
    }
    return {reason for reason, holds in says.items() if holds}


@pytest.mark.parametrize(("status", "step", "following"), LIFECYCLE)
def test_a_request_moves_along_its_lifecycle(
    status: RequestStatus, step: RequestStep, following: RequestStatus
) -> None:
    assert after(ID, status, step) is following


@pytest.mark.parametrize(("status", "step"), IMPOSSIBLE)
def test_a_request_moves_in_no_other_way(status: RequestStatus, step: RequestStep) -> None:
    with pytest.raises(IllegalTransition) as caught:
        after(ID, status, step)

    assert isinstance(caught.value, BoonaError)
    assert (caught.value.subject, caught.value.state, caught.value.step) == ("placement request 17", status, step)
    assert str(caught.value) == f"placement request 17 is {status}: it cannot be {step}"


@pytest.mark.parametrize("before", [OPEN, IN_PROGRESS])
@pytest.mark.parametrize("ended", [ACCEPTED, REJECTED, CANCELED])
def test_a_correction_restores_the_state_before(ended: RequestStatus, before: RequestStatus) -> None:
    assert after(ID, ended, RequestStep.CORRECTED, before=before) is before


@pytest.mark.parametrize("before", [ACCEPTED, REJECTED, CANCELED, None])
@pytest.mark.parametrize("ended", [ACCEPTED, REJECTED, CANCELED])
def test_a_correction_needs_a_state_that_can_have_been_before(
    ended: RequestStatus, before: RequestStatus | None
) -> None:
    with pytest.raises(IllegalTransition):
        after(ID, ended, RequestStep.CORRECTED, before=before)


@pytest.mark.parametrize("before", [OPEN, IN_PROGRESS, None])
@pytest.mark.parametrize("living", [OPEN, IN_PROGRESS])
def test_what_has_not_ended_is_not_corrected(living: RequestStatus, before: RequestStatus | None) -> None:
    with pytest.raises(IllegalTransition):
        after(ID, living, RequestStep.CORRECTED, before=before)


class LifeOfARequest(RuleBasedStateMachine):
    """Any steps in any order: what is refused changes nothing, and what ended moves only by a correction."""

    def __init__(self) -> None:
        super().__init__()
        self.status = OPEN
        self.before = OPEN
        self.holders = 0

    @rule(step=st.sampled_from(FORWARD))
    def try_anything(self, step: RequestStep) -> None:
        """Any step forward at any time."""
        try:
            following = after(ID, self.status, step)
        except IllegalTransition:
            assert (self.status, step) in IMPOSSIBLE
            return
        self.holders += (following is IN_PROGRESS) - (self.status is IN_PROGRESS)
        self.before, self.status = self.status, following

    @precondition(lambda self: self.status in (ACCEPTED, REJECTED, CANCELED))
    @rule()
    def correct(self) -> None:
        """Take back what ended it."""
        self.status = after(ID, self.status, RequestStep.CORRECTED, before=self.before)
        self.holders += self.status is IN_PROGRESS

    @invariant()
    def a_request_is_in_at_most_one_outstanding_email_or_call(self) -> None:
        """Taken once, given back once."""
        assert self.holders == (self.status is IN_PROGRESS)


TestTheLifeOfARequest = LifeOfARequest.TestCase


# Whether it may go into an email


def test_an_open_request_of_a_searching_patient_may_go_out() -> None:
    decision = decide_request(PLAIN, today=TODAY)

    assert decision.allowed
    assert decision.next_allowed_on == TODAY


@pytest.mark.parametrize(
    ("changes", "reason", "until"),
    [
        *(({"status": status}, Reason.REQUEST_CLOSED, None) for status in RequestStatus if status is not OPEN),
        *(
            ({"patient_status": status}, Reason.PATIENT_NOT_SEARCHING, None)
            for status in PatientStatus
            if status is not PatientStatus.SEARCHING
        ),
        ({"paused_until": day(3)}, Reason.PATIENT_NOT_SEARCHING, day(3)),
        ({"excluded": True}, Reason.PATIENT_EXCLUDED_THERAPIST, None),
        ({"resting_until": day(1)}, Reason.PAIR_RESTING, day(1)),
    ],
)
def test_each_fact_alone_holds_a_request_for_its_own_reason(
    changes: dict[str, Any], reason: Reason, until: date | None
) -> None:
    decision = decide_request(evolve(PLAIN, **changes), today=TODAY)

    assert decision.reasons == (reason,)
    assert decision.next_allowed_on == until


@pytest.mark.parametrize("changes", [{"paused_until": TODAY}, {"resting_until": TODAY}, {"offered": True}])
def test_what_is_over_holds_no_request(changes: dict[str, Any]) -> None:
    assert decide_request(evolve(PLAIN, **changes), today=TODAY).allowed


def test_all_reasons_against_a_request_are_told_at_once() -> None:
    request = evolve(
        PLAIN, status=CANCELED, patient_status=PatientStatus.IN_THERAPY, excluded=True, resting_until=day(9)
    )

    assert set(decide_request(request, today=TODAY).reasons) == {
        Reason.REQUEST_CLOSED,
        Reason.PATIENT_NOT_SEARCHING,
        Reason.PATIENT_EXCLUDED_THERAPIST,
        Reason.PAIR_RESTING,
    }


@given(requests(id=1))
def test_a_request_is_held_for_what_holds_today(request: PlacementRequest) -> None:
    decision = decide_request(request, today=TODAY)

    assert set(decision.reasons) == reasons_by_looking(request, TODAY)


@given(requests(id=1))
def test_a_request_is_allowed_from_the_first_day_without_a_reason(request: PlacementRequest) -> None:
    free = [offset for offset in range(60) if not reasons_by_looking(request, day(offset))]

    assert decide_request(request, today=TODAY).next_allowed_on == (day(free[0]) if free else None)


@given(days_around, days_around)
def test_a_request_waits_for_the_later_of_pause_and_rest(paused_until: date, resting_until: date) -> None:
    request = evolve(PLAIN, paused_until=paused_until, resting_until=resting_until)

    assert decide_request(request, today=TODAY).next_allowed_on == max(TODAY, paused_until, resting_until)
