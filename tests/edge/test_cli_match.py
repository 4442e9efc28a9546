"""The command `boona match`."""

import json
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from boona_core.patients import Gender, PreferredGender, TravelMode
from tests.edge.office import Office, office_on


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with office_on(database_url) as office:
        with office.engine.begin() as connection:
            connection.execute(
                sa.text(
                    "INSERT INTO geocoding_service.postal_codes (postal_code, place, land, latitude, longitude)"
                    " VALUES ('10115', 'Berlin', 'BE', 52.532, 13.3849), ('12163', 'Berlin', 'BE', 52.4602, 13.3195)"
                )
            )
        yield office


@pytest.fixture
def patient(office: Office) -> int:
    return office.seed.patient(
        postal_code="10115",
        first_name="Kanarienvogel",
        preferred_therapist_gender=PreferredGender.FEMALE,
        travel_mode=TravelMode.BIKE,
    )


@pytest.fixture
def woman(office: Office) -> int:
    return office.seed.therapist(postal_code="12163", gender=Gender.FEMALE)


@pytest.fixture
def man(office: Office) -> int:
    return office.seed.therapist(postal_code="10115", gender=Gender.MALE)


def requests(office: Office) -> int:
    return int(office.one("SELECT count(*) FROM matching_service.placement_requests"))


def test_a_person_sees_who_fits_and_why_others_do_not(office: Office, patient: int, woman: int, man: int) -> None:
    said = office.boona("match", patient, "--others")

    assert said.status == 0
    assert "1 therapist that fit" in said.out
    assert "9.1" in said.out
    assert "the patient wishes another gender" in said.out
    assert "the agency's assumption was taken" in said.out
    assert "Kanarienvogel" not in said.out + said.err


def test_a_program_gets_every_reason(office: Office, patient: int, woman: int, man: int) -> None:
    said = office.boona("match", patient, "--json")

    told = json.loads(said.out)
    assert [each["therapist_id"] for each in told["fitting"]] == [woman]
    assert told["fitting"][0]["distance_km"] == pytest.approx(9.13, abs=0.02)
    assert told["fitting"][0]["way_minutes"] == 48
    assert told["others"][0]["reasons"] == [{"reason": "therapist_gender", "unknown": False, "until": None}]
    assert told["offered"] is None


def test_requests_are_created_for_the_first_that_fit(office: Office, patient: int, woman: int, man: int) -> None:
    said = office.boona("match", patient, "--create", 5, "--priority", 2, "--json")

    assert said.status == 0
    assert json.loads(said.out)["offered"]["created"] == [
        {"patient_id": patient, "therapist_id": woman, "request_id": 1}
    ]
    assert office.one("SELECT priority FROM matching_service.placement_requests WHERE status = 'open'") == 2


def test_a_dry_run_creates_nothing(office: Office, patient: int, woman: int) -> None:
    said = office.boona("match", patient, "--create", 1, "--dry-run")

    assert "1 placement request would be created" in said.out
    assert requests(office) == 0


def test_a_therapist_sees_the_waiting_patients(office: Office, patient: int, woman: int) -> None:
    said = office.boona("match", "--therapist", woman, "--create", 1)

    assert "1 patient that fit" in said.out
    assert "1 placement request created" in said.out
    assert requests(office) == 1


def test_one_pair_is_explained(office: Office, patient: int, woman: int, man: int) -> None:
    fits = office.boona("match", patient, "--therapist", woman)
    not_so = office.boona("match", patient, "--therapist", man)

    assert (fits.status, not_so.status) == (0, 1)
    assert "they fit" in fits.out
    assert "about 48 minutes" in fits.out
    assert "they do not fit" in not_so.out
    assert "  - the patient wishes another gender" in not_so.out


def test_all_are_held_against_all(office: Office, patient: int, woman: int, man: int) -> None:
    nowhere = office.seed.patient(postal_code=None)

    said = office.boona("match", "--all", "--create", 1, "--json")

    told = json.loads(said.out)["patients"]
    assert [(each["patient_id"], each["fitting"]) for each in told] == [(patient, 1), (nowhere, 0)]
    assert requests(office) == 1


def test_a_person_sees_how_many_fit_nobody(office: Office, patient: int) -> None:
    said = office.boona("match", "--all")

    assert "1 waiting patient, 1 without any that fits" in said.out


def test_an_unknown_place_is_told(office: Office) -> None:
    said = office.boona("match", office.seed.patient(postal_code=None))

    assert said.status == 0
    assert "where they are is not known" in said.err


def test_nobody_asked_about_is_wrong_usage(office: Office) -> None:
    assert office.boona("match").status == 2
    assert office.boona("match", 1, "--all").status == 2


def test_an_unknown_patient_is_told(office: Office) -> None:
    said = office.boona("match", 99)

    assert said.status == 1
    assert "no patient has the id 99" in said.err


def test_what_the_agency_assumes_is_a_setting(office: Office, patient: int, woman: int) -> None:
    said = office.boona("match", patient, "--json", BOONA_MATCHING__ASSUMED_MAX_KM="5")

    assert json.loads(said.out)["fitting"] == []
