"""Which steps patients and therapists have, and what each makes of them."""

from datetime import date
from itertools import product
from typing import Any

import pytest

from boona_core.errors import IllegalTransition, InvalidValue
from boona_core.lifecycles import Missing, PatientStep, Step, TherapistStep, step_of_patient, step_of_therapist
from boona_core.patients import PatientStatus
from boona_core.therapists import TherapistStatus

TODAY = date(2026, 3, 2)
TOMORROW = date(2026, 3, 3)
P, T = PatientStatus, TherapistStatus
READY = {"contracts_signed": True, "diagnosis": "F32.1"}

PATIENT_STEPS = {
    (P.OPEN, PatientStep.START): P.SEARCHING,
    (P.SEARCH_ABORTED, PatientStep.START): P.SEARCHING,
    (P.THERAPY_ABORTED, PatientStep.START): P.SEARCHING,
    (P.SEARCHING, PatientStep.PAUSE): P.SEARCHING,
    (P.SEARCHING, PatientStep.RESUME): P.SEARCHING,
    (P.OPEN, PatientStep.ABORT): P.SEARCH_ABORTED,
    (P.SEARCHING, PatientStep.ABORT): P.SEARCH_ABORTED,
    (P.OPEN, PatientStep.PLACE): P.IN_THERAPY,
    (P.SEARCHING, PatientStep.PLACE): P.IN_THERAPY,
    (P.IN_THERAPY, PatientStep.COMPLETE): P.THERAPY_COMPLETED,
    (P.IN_THERAPY, PatientStep.BREAK_OFF): P.THERAPY_ABORTED,
}
NO_PATIENT_STEPS = [pair for pair in product(P, PatientStep) if pair not in PATIENT_STEPS]
THERAPIST_STEPS = {
    (T.ACTIVE, TherapistStep.BLOCK): T.BLOCKED,
    (T.BLOCKED, TherapistStep.BLOCK): T.BLOCKED,
    (T.BLOCKED, TherapistStep.UNBLOCK): T.ACTIVE,
    (T.ACTIVE, TherapistStep.DEACTIVATE): T.INACTIVE,
    (T.BLOCKED, TherapistStep.DEACTIVATE): T.INACTIVE,
    (T.INACTIVE, TherapistStep.ACTIVATE): T.ACTIVE,
}
STANDING = (TherapistStep.BLOCK, TherapistStep.UNBLOCK, TherapistStep.DEACTIVATE, TherapistStep.ACTIVATE)
NO_THERAPIST_STEPS = [pair for pair in product(T, STANDING) if pair not in THERAPIST_STEPS]


def patient(status: PatientStatus, step: PatientStep, until: date | None = None, **fields: Any) -> Step:
    pause = TOMORROW if step is PatientStep.PAUSE else until
    return step_of_patient("patient 1", {"status": status.value, **READY, **fields}, step, today=TODAY, until=pause)


def therapist(status: TherapistStatus, step: TherapistStep, **given: Any) -> Step:
    reason = {"reason": "parental leave"} if step is TherapistStep.BLOCK else {}
    return step_of_therapist("therapist 1", {"status": status.value}, step, today=TODAY, **{**reason, **given})


@pytest.mark.parametrize(("pair", "leads_to"), PATIENT_STEPS.items())
def test_a_patient_goes_where_the_lifecycle_leads(
    pair: tuple[PatientStatus, PatientStep], leads_to: PatientStatus
) -> None:
    assert patient(*pair).fields["status"] == leads_to.value


@pytest.mark.parametrize("pair", NO_PATIENT_STEPS)
def test_a_patient_goes_no_other_way(pair: tuple[PatientStatus, PatientStep]) -> None:
    with pytest.raises(IllegalTransition, match="patient 1"):
        patient(*pair)


@pytest.mark.parametrize(("pair", "leads_to"), THERAPIST_STEPS.items())
def test_a_therapist_goes_where_the_lifecycle_leads(
    pair: tuple[TherapistStatus, TherapistStep], leads_to: TherapistStatus
) -> None:
    assert therapist(*pair).fields["status"] == leads_to.value


@pytest.mark.parametrize("pair", NO_THERAPIST_STEPS)
def test_a_therapist_goes_no_other_way(pair: tuple[TherapistStatus, TherapistStep]) -> None:
    with pytest.raises(IllegalTransition, match="therapist 1"):
        therapist(*pair)


def test_a_search_without_contracts_or_diagnosis_says_everything_that_is_missing() -> None:
    step = patient(P.OPEN, PatientStep.START, contracts_signed=False, diagnosis=None)

    assert step == Step(missing=(Missing.CONTRACTS_SIGNED, Missing.DIAGNOSIS))


def test_a_search_is_registered_once() -> None:
    first = patient(P.OPEN, PatientStep.START)
    again = patient(P.SEARCH_ABORTED, PatientStep.START, registered_on="2025-01-01")

    assert first.fields["registered_on"] == "2026-03-02"
    assert again.fields["registered_on"] == "2025-01-01"


def test_a_place_found_elsewhere_is_the_first_one_of_today_unless_it_is_known() -> None:
    assert patient(P.SEARCHING, PatientStep.PLACE).fields["first_place_on"] == TODAY.isoformat()
    known = patient(P.SEARCHING, PatientStep.PLACE, first_place_on="2026-01-05")
    assert known.fields["first_place_on"] == "2026-01-05"


def test_a_pause_has_an_end_and_a_new_search_is_not_paused() -> None:
    assert patient(P.SEARCHING, PatientStep.PAUSE).fields["search_paused_until"] == "2026-03-03"
    assert patient(P.SEARCHING, PatientStep.RESUME).fields["search_paused_until"] is None
    assert patient(P.SEARCH_ABORTED, PatientStep.START).fields["search_paused_until"] is None


@pytest.mark.parametrize(
    ("step", "until"),
    [(PatientStep.PAUSE, None), (PatientStep.PAUSE, TODAY), (PatientStep.RESUME, TOMORROW)],
)
def test_only_a_pause_has_a_day_and_it_lies_ahead(step: PatientStep, until: date | None) -> None:
    with pytest.raises(InvalidValue, match="until"):
        step_of_patient("patient 1", {"status": "searching", **READY}, step, today=TODAY, until=until)


def test_a_block_has_a_reason_a_day_and_perhaps_an_end() -> None:
    assert therapist(T.ACTIVE, TherapistStep.BLOCK, until=TOMORROW).fields == {
        "status": "blocked",
        "blocked_reason": "parental leave",
        "blocked_on": "2026-03-02",
        "blocked_until": "2026-03-03",
    }


@pytest.mark.parametrize("step", [TherapistStep.UNBLOCK, TherapistStep.ACTIVATE])
def test_nothing_of_a_block_is_left_after_it(step: TherapistStep) -> None:
    status = T.BLOCKED if step is TherapistStep.UNBLOCK else T.INACTIVE

    assert therapist(status, step).fields == {
        "status": "active",
        "blocked_reason": None,
        "blocked_on": None,
        "blocked_until": None,
    }


@pytest.mark.parametrize("status", list(T))
def test_a_wish_for_no_contact_is_apart_from_the_standing(status: TherapistStatus) -> None:
    assert therapist(status, TherapistStep.SILENCE).fields == {"do_not_contact": True}
    assert therapist(status, TherapistStep.UNSILENCE).fields == {"do_not_contact": False}


@pytest.mark.parametrize(
    ("step", "given", "place"),
    [
        (TherapistStep.BLOCK, {"reason": None}, "reason"),
        (TherapistStep.BLOCK, {"reason": ""}, "reason"),
        (TherapistStep.BLOCK, {"until": TODAY}, "until"),
        (TherapistStep.DEACTIVATE, {"until": TOMORROW}, "until"),
        (TherapistStep.SILENCE, {"reason": "x"}, "reason"),
    ],
)
def test_a_reason_and_a_day_belong_to_their_steps(step: TherapistStep, given: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        therapist(T.ACTIVE, step, **given)

    assert refused.value.place == place
