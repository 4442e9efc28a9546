"""Field names on the wire: every field of every resource in both languages, and back."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from boona_adapters.http.codec import in_german, named, read_body
from boona_adapters.http.operations import Operation
from boona_adapters.http.queries import read_query
from boona_adapters.http.schemas import fields_of
from boona_adapters.http.subjects import OPERATIONS
from boona_adapters.vocabulary import ENGLISH, GERMAN, german
from boona_core.errors import InvalidValues
from tests.edge.api.conftest import Api

BODIES = sorted({(each.name, each.body) for each in OPERATIONS if each.body is not None}, key=lambda each: each[0])
QUERIES = sorted({(each.name, each.query) for each in OPERATIONS if each.query is not None}, key=lambda each: each[0])
EXAMPLES = [each for each in OPERATIONS if each.example]

WHOLE_PATIENT: dict[str, Any] = {
    "external_id": "P-1",
    "status": "searching",
    "salutation": "Frau",
    "title": "Dr.",
    "first_name": "Kim",
    "last_name": "Muster",
    "gender": "diverse",
    "birth_date": "1990-05-17",
    "street": "Weg 1",
    "postal_code": "10115",
    "city": "Berlin",
    "email": "kim@muster.example",
    "phone": "030 1",
    "general_practitioner": "Dr. Haus",
    "insurer": "TK",
    "insurance_number": "A1",
    "diagnosis": "F32.1",
    "contracts_signed": True,
    "consultation_attended": True,
    "registered_on": "2026-01-02",
    "first_place_on": "2026-02-03",
    "lasting_place_on": "2026-03-04",
    "referred_by": "Freundin",
    "last_contact_on": "2026-01-05",
    "availability": {"monday": [{"start": "15:00", "end": "24:00"}]},
    "travel_limit": {"max_km": 20, "max_minutes": 45},
    "travel_mode": "bike",
    "open_to_group_therapy": False,
    "open_to_digital_therapy": True,
    "therapy_experience": True,
    "inpatient_treatment": False,
    "occupation": "Lehrerin",
    "family_status": "ledig",
    "symptoms": "Schlaf",
    "symptoms_since": "2025-12-01",
    "earlier_treatments": "keine",
    "physical_illnesses": "keine",
    "medication": "keine",
    "stressors": "Arbeit",
    "support": "Familie",
    "reason_for_search": "Krise",
    "expectations": "Hilfe",
    "goals": "Ruhe",
    "earlier_therapies": "eine",
    "excluded_therapists": [],
    "preferred_therapist_gender": "any",
    "search_paused_until": None,
    "languages": ["Türkisch"],
    "therapy_methods": ["Verhaltenstherapie"],
}
WHOLE_THERAPIST: dict[str, Any] = {
    "external_id": "T-1",
    "salutation": "Herr",
    "title": "Dr.",
    "first_name": "Uwe",
    "last_name": "Beispiel",
    "gender": "male",
    "street": "Weg 2",
    "postal_code": "10117",
    "city": "Berlin",
    "other_addresses": ["Weg 9, 14467 Potsdam"],
    "phone": "030 2",
    "fax": "030 3",
    "email": "praxis@beispiel.example",
    "website": "https://beispiel.example",
    "insurance_seat": True,
    "phone_hours": {"friday": [{"start": "09:00", "end": "10:00"}]},
    "languages": ["Türkisch"],
    "therapy_methods": ["Verhaltenstherapie"],
    "qualifications": "Trauma",
    "special_services": "Video",
    "potentially_available": True,
    "potentially_available_notes": "ab Mai",
    "status": "blocked",
    "blocked_reason": "Umzug",
    "blocked_on": "2026-01-01",
    "blocked_until": "2030-01-01",
    "do_not_contact": False,
    "absent_until": "2026-01-20",
    "individual_places_from": "2026-06-01",
    "group_places_from": "2026-07-01",
    "availability": {"friday": [{"start": "10:00", "end": "13:00"}]},
    "patient_age_from": 18,
    "patient_age_to": 65,
    "patient_gender": "any",
    "accepted_diagnoses": ["F32.1", "F40-F48"],
    "refused_diagnoses": ["F20"],
    "group_therapy": "both",
}


def fields(kind: Any) -> Iterator[str]:
    return (name for name, _, _ in fields_of(kind))


@pytest.mark.parametrize(("path", "whole"), [("patients", WHOLE_PATIENT), ("therapists", WHOLE_THERAPIST)])
def test_every_field_goes_in_and_comes_out_in_both_languages(
    client: httpx.Client, german: httpx.Client, path: str, whole: dict[str, Any]
) -> None:
    in_english = client.post(f"/api/{path}", json=whole).json()
    sent = in_german({**whole, "external_id": "X-2", "email": "zweite@muster.example"})
    from_german = german.post(f"/api/{path}", json=sent).json()

    seen = german.get(f"/api/{path}/{in_english['id']}").json()
    back = client.get(f"/api/{path}/{from_german['id']}").json()
    assert {name: in_english[name] for name in whole} == whole
    assert {ENGLISH.get(name, name): value for name, value in seen.items()} == in_english
    assert {name: from_german[name] for name in sent} == sent
    assert {**back, "id": 0} == {**in_english, "id": 0, "external_id": "X-2", "email": "zweite@muster.example"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_no_two_fields_of_a_shape_have_one_name(operation: Operation) -> None:
    shapes = [each for each in (operation.answer, operation.body, operation.query) if each is not None]

    for_each = [[german(name) for name in fields(shape)] for shape in shapes]
    assert [sorted(set(names)) for names in for_each] == [sorted(names) for names in for_each]


@pytest.mark.parametrize("operation", EXAMPLES, ids=lambda each: each.name)
def test_a_body_means_the_same_in_either_language(operation: Operation) -> None:
    assert operation.body is not None
    example = dict(operation.example or {})

    assert named(read_body(operation.body, example)) == named(read_body(operation.body, in_german(example)))


@pytest.mark.parametrize(("name", "kind"), BODIES, ids=[name for name, _ in BODIES])
def test_both_names_of_one_field_at_once_are_refused(name: str, kind: type[Any]) -> None:
    twice = {spelling: "x" for field in fields(kind) if field in GERMAN for spelling in (field, GERMAN[field])}
    expected = sorted(GERMAN[field] for field in fields(kind) if field in GERMAN)

    with pytest.raises(InvalidValues) as refused:
        read_body(kind, {**twice, "unknown_field": 1})

    told = sorted(f.place for f in refused.value.faults if "as well" in f.fault)
    assert told == expected


@pytest.mark.parametrize(("name", "kind"), QUERIES, ids=[name for name, _ in QUERIES])
def test_a_filter_may_have_either_name(name: str, kind: type[Any]) -> None:
    translated = [field for field in fields(kind) if field in GERMAN]
    values = {"response_received": "true", "postal_code": "10115", "potentially_available": "false"}
    values |= {"scheduled_date": "2026-03-02"}

    either = [
        (read_query(kind, [(field, values[field])]), read_query(kind, [(GERMAN[field], values[field])]))
        for field in translated
    ]
    assert [english == in_german_ for english, in_german_ in either] == [True] * len(translated)


def test_a_filter_with_both_names_is_refused(client: httpx.Client) -> None:
    answer = client.get("/api/emails?response_received=true&antwort_erhalten=true")

    assert answer.status_code == 422
    assert [fault["path"] for fault in answer.json()["faults"]] == ["antwort_erhalten"]


def test_a_fault_is_told_by_the_name_that_was_sent(german: httpx.Client) -> None:
    answer = german.post("/api/patients", json={"vorname": 1, "last_name": 2, "zeitliche_verfuegbarkeit": {"mo": []}})

    told = sorted(fault["path"] for fault in answer.json()["faults"])
    assert told == ["last_name", "vorname", "zeitliche_verfuegbarkeit.a key"]


@pytest.mark.parametrize(
    ("wished", "language"),
    [("de", "de"), ("en", "en"), ("DE", "de"), ("de-DE", "en"), ("de, en", "en"), ("fr", "en"), ("", "en")],
)
def test_exactly_one_language_in_the_header_chooses_the_names(client: httpx.Client, wished: str, language: str) -> None:
    client.post("/api/therapists", json={"last_name": "Weber"})

    answer = client.get("/api/therapists/1", headers={"Accept-Language": wished})

    assert answer.headers["content-language"] == language
    assert ("nachname" in answer.json()) is (language == "de")
    assert {"Authorization", "Accept-Language"} <= set(answer.headers["vary"].split(", "))


def test_english_in_the_header_overrules_a_german_token(german: httpx.Client) -> None:
    german.post("/api/therapists", json={"nachname": "Weber"})

    assert "last_name" in german.get("/api/therapists/1", headers={"Accept-Language": "en"}).json()


def test_names_are_german_at_every_depth_and_values_english(german: httpx.Client, api: Api) -> None:
    therapist = api.seed.therapist()
    api.seed.email(therapist, [api.seed.request(None, therapist)])

    (email,) = german.get("/api/emails").json()["data"]

    assert email["status"] == "queued"
    assert email["betreff"] == "Anfrage"
    assert email["batches"][0]["enthalten"] is True
    assert set(email["batches"][0]) & set(GERMAN) == set()


def test_upper_case_values_are_read(client: httpx.Client) -> None:
    answer = client.post("/api/therapists", json={"last_name": "Weber", "gender": "FEMALE"})

    assert answer.json()["gender"] == "female"


def test_a_record_that_was_seen_in_german_can_be_changed_in_english(client: httpx.Client, german: httpx.Client) -> None:
    german.post("/api/therapists", json={"nachname": "Weber"})
    seen = german.get("/api/therapists/1").headers["etag"]

    answer = client.put("/api/therapists/1", json={"title": "Dr."}, headers={"If-Match": seen})

    assert answer.status_code == 200
