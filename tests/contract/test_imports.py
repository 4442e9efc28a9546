"""What an import asks of a store: turns, history, people and requests, many at a time."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from boona_core.emails import EmailState
from boona_core.errors import StoreError, UnknownId
from boona_core.ids import EmailId, PatientId, PlacementRequestId, TherapistId
from boona_core.import_ports import NewRequest, Pair
from boona_core.importing import Counts, FieldChange, ImportKind, ImportRunId, RowChange, Values, merge
from boona_core.patients import Gender, PatientStatus, PreferredGender, TravelLimit, TravelMode
from boona_core.requests import RequestStatus
from boona_core.therapists import TherapistStatus
from boona_core.windows import WeeklyWindows
from tests.contract.acts import holder_of, request_of, status_of
from tests.contract.conftest import Second
from tests.situations import NOW, TODAY, KeptImport, Store

THERAPISTS, PATIENTS = ImportKind.THERAPISTS, ImportKind.PATIENTS
OPEN, IN_PROGRESS, CANCELED = RequestStatus.OPEN, RequestStatus.IN_PROGRESS, RequestStatus.CANCELED
ENDED = [RequestStatus.ACCEPTED, RequestStatus.REJECTED, RequestStatus.CANCELED]
HASH = "0" * 64
UNKNOWN = 999_999
WINDOWS = {"monday": [{"start": "09:00", "end": "12:00"}]}
ADDRESS = "praxis@example.org"

EVERYTHING_OF_A_THERAPIST: dict[str, Any] = {
    "external_id": "T1",
    "salutation": "Frau",
    "title": "Dr.",
    "first_name": "Ada",
    "last_name": "O'Brien \\ <b>",
    "gender": "female",
    "street": "Weg 1",
    "postal_code": "10115",
    "city": "Berlin",
    "phone": "030 1",
    "fax": "030 2",
    "email": "Praxis@Example.org",
    "mailbox": ADDRESS,
    "website": "https://example.org",
    "insurance_seat": True,
    "phone_hours": WINDOWS,
    "languages": ["Englisch", "Türkisch"],
    "therapy_methods": ["VT"],
    "qualifications": "Viele",
    "special_services": "Gruppen",
    "potentially_available": True,
    "potentially_available_notes": "ab Mai",
    "status": "blocked",
    "blocked_reason": "Elternzeit",
    "blocked_on": "2026-01-01",
    "blocked_until": "2026-12-31",
    "do_not_contact": True,
    "absent_until": "2026-04-01",
    "individual_places_from": "2026-05-01",
    "group_places_from": "2026-06-01",
    "availability": WINDOWS,
    "patient_age_from": 18,
    "patient_age_to": 65,
    "patient_gender": "any",
    "accepted_diagnoses": ["F30-F39", "F41"],
    "refused_diagnoses": ["F32.3"],
    "group_therapy": "both",
    "other_addresses": ["Weg 1, 12163 Berlin"],
}
EVERYTHING_OF_A_PATIENT: dict[str, Any] = {
    "external_id": "P1",
    "salutation": "Herr",
    "title": "Dr.",
    "first_name": "Kim",
    "last_name": "Muster",
    "gender": "diverse",
    "birth_date": "1990-02-28",
    "street": "Weg 2",
    "postal_code": "10117",
    "city": "Berlin",
    "email": "kim@example.org",
    "phone": "030 3",
    "general_practitioner": "Praxis Nord",
    "insurer": "Kasse",
    "insurance_number": "A123",
    "diagnosis": "F32.1",
    "contracts_signed": True,
    "consultation_attended": True,
    "registered_on": "2026-01-01",
    "first_place_on": "2026-01-02",
    "lasting_place_on": "2026-01-03",
    "status": "searching",
    "search_paused_until": "2026-04-01",
    "referred_by": "Klinik",
    "availability": WINDOWS,
    "travel_limit": {"max_km": 10},
    "travel_mode": "bike",
    "open_to_group_therapy": False,
    "open_to_digital_therapy": True,
    "last_contact_on": "2026-01-04",
    "therapy_experience": True,
    "inpatient_treatment": False,
    "occupation": "Tischlerei",
    "family_status": "ledig",
    "symptoms": "Schlaf\nAngst",
    "symptoms_since": "2025-01-01",
    "earlier_treatments": "keine",
    "physical_illnesses": "keine",
    "medication": "keine",
    "stressors": "Arbeit",
    "support": "Familie",
    "reason_for_search": "Umzug",
    "expectations": "Ruhe",
    "goals": "Schlafen",
    "earlier_therapies": "eine",
    "preferred_therapist_gender": "any",
    "languages": ["Englisch"],
    "therapy_methods": ["VT", "TP"],
    "excluded_therapists": [],
}


def therapist(external_id: str, **given: Any) -> Values:
    """A therapist as an import creates them."""
    return merge(THERAPISTS, None, {"external_id": external_id, "last_name": "A", **given}, today=TODAY).values


def patient(external_id: str, **given: Any) -> Values:
    """A patient as an import creates them."""
    names = {"external_id": external_id, "first_name": "Kim", "last_name": "Muster"}
    return merge(PATIENTS, None, {**names, **given}, today=TODAY).values


def create(store: Store, kind: ImportKind, *rows: Values) -> Mapping[str, int]:
    with store.open_unit() as unit:
        created = unit.imports.create(kind, rows)
        unit.commit()
    return created


def create_one(store: Store, kind: ImportKind, row: Values) -> int:
    return create(store, kind, row)[row["external_id"]]


def update(store: Store, kind: ImportKind, rows: Mapping[int, Values]) -> None:
    with store.open_unit() as unit:
        unit.imports.update(kind, rows)
        unit.commit()


def values_of(store: Store, kind: ImportKind, number: int) -> Values:
    with store.open_unit() as unit:
        return unit.imports.stored(kind, [number])[number].values


def ids(store: Store, kind: ImportKind, *external_ids: str) -> Mapping[str, int]:
    with store.open_unit() as unit:
        return unit.imports.ids(kind, external_ids)


def mailbox_of(store: Store, number: int) -> int | None:
    with store.open_unit() as unit:
        return unit.therapists.get(TherapistId(number)).mailbox_id


def take_turns(store: Store) -> bool:
    with store.open_unit() as unit:
        unit.imports.take_turns()
    return True


def lock_patients(store: Store, *patients: PatientId) -> bool:
    with store.open_unit() as unit:
        unit.patients.lock(patients)
    return True


def pairs(store: Store, *external_ids: tuple[str, str]) -> Sequence[Pair]:
    with store.open_unit() as unit:
        return unit.imports.pairs(external_ids)


def create_requests(store: Store, *requests: NewRequest) -> Mapping[tuple[PatientId, TherapistId], PlacementRequestId]:
    with store.open_unit() as unit:
        created = unit.imports.create_requests(requests)
        unit.commit()
    return created


def cancel_requests(store: Store, *requests: PlacementRequestId) -> list[tuple[PlacementRequestId, RequestStatus]]:
    with store.open_unit() as unit:
        canceled = unit.requests.cancel(requests)
        unit.commit()
    return [(request.id, request.status) for request in canceled]


def set_priorities(store: Store, priorities: Mapping[PlacementRequestId, int]) -> None:
    with store.open_unit() as unit:
        unit.imports.set_priorities(priorities)
        unit.commit()


def movable(store: Store, **named: Any) -> list[PlacementRequestId]:
    with store.open_unit() as unit:
        return [request.id for request in unit.requests.movable(**named)]


def unsent(store: Store, **named: Collection[int]) -> list[EmailId]:
    with store.open_unit() as unit:
        return list(unit.emails.unsent(**named))  # type: ignore[arg-type] # each test names its own ids


# -- turns -------------------------------------------------------------------------------------------------------------


def test_another_import_waits_until_the_unit_ends(store: Store, second: Second) -> None:
    with store.open_unit() as unit:
        unit.imports.take_turns()
        work = second.does(take_turns, store)
        waited = second.waits(work)

    assert waited
    assert work.result()


def test_a_commit_ends_the_turn(store: Store, second: Second) -> None:
    with store.open_unit() as unit:
        unit.imports.take_turns()
        unit.commit()

        assert second.does(take_turns, store).result()


def test_who_does_not_import_waits_for_no_turn(store: Store, second: Second) -> None:
    therapist_id = store.seed.therapist()

    def decides() -> bool:
        with store.open_unit() as unit:
            unit.therapists.lock([therapist_id])
        return True

    with store.open_unit() as unit:
        unit.imports.take_turns()

        assert second.does(decides).result()


# -- the history -------------------------------------------------------------------------------------------------------


def test_an_entry_of_the_history_begins_with_nothing_done(store: Store) -> None:
    with store.open_unit() as unit:
        run = unit.imports.begin(PATIENTS, HASH)
        unit.commit()

    assert store.seed.imports() == [KeptImport(id=run, kind=PATIENTS, sha256=HASH)]


def test_each_import_has_an_entry_of_its_own(store: Store) -> None:
    with store.open_unit() as unit:
        first, another = unit.imports.begin(THERAPISTS, HASH), unit.imports.begin(THERAPISTS, HASH)
        unit.commit()

    assert [entry.id for entry in store.seed.imports()] == [first, another]
    assert first < another


def test_an_entry_has_a_line_for_each_new_row_and_for_each_field_that_changed(store: Store) -> None:
    fields = (FieldChange("phone", "030 1", None), FieldChange("languages", None, ["Englisch"]))
    hours = (FieldChange("phone_hours", {}, WINDOWS), FieldChange("do_not_contact", False, True))

    with store.open_unit() as unit:
        run = unit.imports.begin(THERAPISTS, HASH)
        unit.imports.record(
            run,
            Counts(created=1, changed=1, unchanged=3, refused=2),
            [RowChange(2, 11, created=True), RowChange(3, 12, created=False, fields=fields)],
        )
        unit.imports.record(run, Counts(changed=1), [RowChange(8, 13, created=False, fields=hours)])
        unit.commit()

    (entry,) = store.seed.imports()
    assert entry.counts == Counts(created=1, changed=2, unchanged=3, refused=2)
    assert entry.lines == (
        (11, None, None, None),
        (12, "phone", "030 1", None),
        (12, "languages", None, ["Englisch"]),
        (13, "phone_hours", {}, WINDOWS),
        (13, "do_not_contact", False, True),
    )


def test_the_history_is_not_changed_by_who_changes_a_value_afterwards(store: Store) -> None:
    names = ["Englisch"]

    with store.open_unit() as unit:
        run = unit.imports.begin(THERAPISTS, HASH)
        change = RowChange(2, 11, created=False, fields=(FieldChange("languages", None, names),))
        unit.imports.record(run, Counts(changed=1), [change])
        unit.commit()
    names.append("Türkisch")

    assert store.seed.imports()[0].lines == ((11, "languages", None, ["Englisch"]),)


def test_an_entry_that_does_not_exist_is_an_error(store: Store) -> None:
    with store.open_unit() as unit, pytest.raises(UnknownId) as caught:
        unit.imports.record(ImportRunId(UNKNOWN), Counts(), [])

    assert caught.value.id == UNKNOWN


def test_without_commit_nothing_of_an_import_stays(store: Store) -> None:
    with store.open_unit() as unit:
        run = unit.imports.begin(THERAPISTS, HASH)
        created = unit.imports.create(THERAPISTS, [therapist("T1", mailbox=ADDRESS)])
        unit.imports.record(run, Counts(created=1), [RowChange(2, created["T1"], created=True)])

    assert store.seed.imports() == []
    assert ids(store, THERAPISTS, "T1") == {}


# -- ids, locks, what is stored ----------------------------------------------------------------------------------------


def test_ids_are_found_by_external_id_and_kind(store: Store) -> None:
    one, two = store.seed.therapist(external_id="A1"), store.seed.therapist(external_id="A2")
    store.seed.therapist()
    somebody = store.seed.patient(external_id="A1")

    assert ids(store, THERAPISTS, "A2", "A1", "A3") == {"A1": one, "A2": two}
    assert ids(store, PATIENTS, "A1", "A2") == {"A1": somebody}
    assert ids(store, PATIENTS) == {}


def test_who_was_erased_keeps_the_external_id(store: Store) -> None:
    erased = store.seed.therapist(external_id="T1", erased_at=NOW)

    assert ids(store, THERAPISTS, "T1") == {"T1": erased}


def test_a_second_unit_waits_for_a_locked_patient(store: Store, second: Second) -> None:
    locked = store.seed.patient()

    with store.open_unit() as unit:
        unit.patients.lock([locked])
        work = second.does(lock_patients, store, locked)
        waited = second.waits(work)

    assert waited
    assert work.result()


def test_another_patient_is_not_waited_for(store: Store, second: Second) -> None:
    locked, another = store.seed.patient(), store.seed.patient()

    with store.open_unit() as unit:
        unit.patients.lock([locked])

        assert second.does(lock_patients, store, another).result()


def test_patients_are_locked_by_id_whatever_the_order_of_the_asking(store: Store, second: Second) -> None:
    first, last = store.seed.patient(), store.seed.patient()

    with store.open_unit() as unit:
        unit.patients.lock([first])
        work = second.does(lock_patients, store, last, first)
        waited = second.waits(work)
        unit.patients.lock([last])

    assert waited
    assert work.result()


def test_unknown_patients_are_passed_over(store: Store) -> None:
    assert lock_patients(store, PatientId(UNKNOWN), PatientId(2**40), PatientId(0))


def test_who_does_not_exist_is_not_among_the_stored(store: Store) -> None:
    known = store.seed.therapist(external_id="T1")

    with store.open_unit() as unit:
        found = unit.imports.stored(THERAPISTS, [UNKNOWN, known])
        nobody = unit.imports.stored(PATIENTS, [])

    assert list(found) == [known]
    assert (found[known].id, found[known].erased) == (known, False)
    assert nobody == {}


@pytest.mark.parametrize("kind", [THERAPISTS, PATIENTS])
def test_of_somebody_erased_it_is_told(store: Store, kind: ImportKind) -> None:
    erased = {THERAPISTS: store.seed.therapist(erased_at=NOW), PATIENTS: store.seed.patient(erased_at=NOW)}[kind]

    with store.open_unit() as unit:
        assert unit.imports.stored(kind, [erased])[erased].erased


def test_a_stored_row_shows_no_value_in_its_representation(store: Store) -> None:
    number = create_one(store, PATIENTS, patient("P1", symptoms="Kanarienvogel"))

    with store.open_unit() as unit:
        assert "Kanarienvogel" not in repr(unit.imports.stored(PATIENTS, [number]))


# -- people ------------------------------------------------------------------------------------------------------------


def test_everything_that_a_file_gives_about_a_therapist_comes_back(store: Store) -> None:
    number = create_one(store, THERAPISTS, EVERYTHING_OF_A_THERAPIST)

    assert values_of(store, THERAPISTS, number) == EVERYTHING_OF_A_THERAPIST


def test_everything_that_a_file_gives_about_a_patient_comes_back(store: Store) -> None:
    number = create_one(store, PATIENTS, EVERYTHING_OF_A_PATIENT)

    assert values_of(store, PATIENTS, number) == EVERYTHING_OF_A_PATIENT


def test_a_therapist_that_was_created_is_one_for_everybody_else(store: Store) -> None:
    number = create_one(store, THERAPISTS, EVERYTHING_OF_A_THERAPIST)

    with store.open_unit() as unit:
        known = unit.therapists.get(TherapistId(number))
    assert (known.external_id, known.gender, known.status) == ("T1", Gender.FEMALE, TherapistStatus.BLOCKED)
    assert known.phone_hours == WeeklyWindows.from_json(WINDOWS)
    assert (known.languages, known.therapy_methods) == (("Englisch", "Türkisch"), ("VT",))
    assert (known.blocked_until, known.do_not_contact) == (date(2026, 12, 31), True)
    assert (known.last_email_on, known.erased_at) == (None, None)


def test_a_patient_that_was_created_is_one_for_everybody_else(store: Store) -> None:
    excluded = store.seed.therapist()
    number = PatientId(create_one(store, PATIENTS, {**EVERYTHING_OF_A_PATIENT, "excluded_therapists": [excluded]}))

    with store.open_unit() as unit:
        known = unit.patients.get_many([number])[number]
    assert (known.external_id, known.gender, known.status) == ("P1", Gender.DIVERSE, PatientStatus.SEARCHING)
    assert known.availability == WeeklyWindows.from_json(WINDOWS)
    assert (known.travel_limit, known.travel_mode) == (TravelLimit(max_km=10), TravelMode.BIKE)
    assert known.preferred_therapist_gender is PreferredGender.ANY
    assert (known.birth_date, known.search_paused_until) == (date(1990, 2, 28), date(2026, 4, 1))
    assert known.excluded_therapists == {excluded}


@pytest.mark.parametrize(("kind", "row"), [(THERAPISTS, therapist("A1")), (PATIENTS, patient("A1"))])
def test_what_a_file_does_not_give_is_unknown(store: Store, kind: ImportKind, row: Values) -> None:
    number = create_one(store, kind, row)

    stored = values_of(store, kind, number)
    assert {stored[name] for name in stored.keys() - row.keys()} == {None}


def test_those_created_are_returned_by_external_id(store: Store) -> None:
    created = create(store, THERAPISTS, therapist("T2"), therapist("T1", last_name="B"))

    assert created == ids(store, THERAPISTS, "T1", "T2")
    assert values_of(store, THERAPISTS, created["T1"])["last_name"] == "B"
    assert create(store, THERAPISTS) == {}


@pytest.mark.parametrize(("kind", "row"), [(THERAPISTS, therapist("A1")), (PATIENTS, patient("A1"))])
def test_an_external_id_that_is_taken_is_not_created_and_not_returned(
    store: Store, kind: ImportKind, row: Values
) -> None:
    number = create_one(store, kind, row)

    created = create(store, kind, {**row, "last_name": "Z"}, {**row, "external_id": "A2"})

    assert list(created) == ["A2"]
    assert ids(store, kind, "A1") == {"A1": number}
    assert values_of(store, kind, number)["last_name"] == row["last_name"]


@pytest.mark.parametrize(("kind", "row"), [(THERAPISTS, therapist("A1")), (PATIENTS, patient("A1"))])
def test_who_creates_the_same_at_the_same_moment_waits_and_creates_nobody(
    store: Store, second: Second, kind: ImportKind, row: Values
) -> None:
    with store.open_unit() as unit:
        created = unit.imports.create(kind, [row])
        work = second.does(create, store, kind, row)
        waited = second.waits(work)
        unit.commit()

    assert waited
    assert work.result() == {}
    assert ids(store, kind, "A1") == created


def test_who_creates_the_same_as_somebody_who_was_undone_creates_it(store: Store, second: Second) -> None:
    with store.open_unit() as unit:
        unit.imports.create(THERAPISTS, [therapist("T1")])
        work = second.does(create, store, THERAPISTS, therapist("T1"))
        waited = second.waits(work)

    assert waited
    assert work.result() == ids(store, THERAPISTS, "T1") != {}


def test_a_mailbox_that_is_not_known_is_created_and_shared_by_colleagues(store: Store) -> None:
    created = create(
        store, THERAPISTS, therapist("T1", mailbox=ADDRESS), therapist("T2", mailbox=ADDRESS), therapist("T3")
    )

    one, two, none = (mailbox_of(store, created[each]) for each in ("T1", "T2", "T3"))
    assert one == two is not None
    assert none is None


def test_a_mailbox_that_is_known_is_used(store: Store) -> None:
    colleague = store.seed.therapist()
    address = values_of(store, THERAPISTS, colleague)["mailbox"]

    number = create_one(store, THERAPISTS, therapist("T1", mailbox=address))

    assert mailbox_of(store, number) == mailbox_of(store, colleague) is not None


def test_who_needs_a_mailbox_that_is_about_to_be_created_waits_and_shares_it(store: Store, second: Second) -> None:
    with store.open_unit() as unit:
        first = unit.imports.create(THERAPISTS, [therapist("T1", mailbox=ADDRESS)])["T1"]
        work = second.does(create_one, store, THERAPISTS, therapist("T2", mailbox=ADDRESS))
        waited = second.waits(work)
        unit.commit()

    assert waited
    assert mailbox_of(store, work.result()) == mailbox_of(store, first) is not None


def test_every_field_that_a_file_may_give_gets_its_new_value(store: Store) -> None:
    number = create_one(store, THERAPISTS, therapist("T1", mailbox="old@example.org", fax="030 9"))
    another = create_one(store, THERAPISTS, therapist("T2"))

    update(store, THERAPISTS, {number: EVERYTHING_OF_A_THERAPIST})

    assert values_of(store, THERAPISTS, number) == EVERYTHING_OF_A_THERAPIST
    assert values_of(store, THERAPISTS, another)["last_name"] == "A"


def test_a_value_that_is_empty_now_is_emptied(store: Store) -> None:
    excluded = store.seed.therapist()
    number = create_one(store, PATIENTS, {**EVERYTHING_OF_A_PATIENT, "excluded_therapists": [excluded]})
    bare = patient("P1", excluded_therapists=[], symptoms=None)

    update(store, PATIENTS, {number: bare})

    stored = values_of(store, PATIENTS, number)
    assert {name: stored[name] for name in bare} == bare
    assert (stored["availability"], stored["travel_limit"], stored["birth_date"]) == (None, None, None)


def test_the_excluded_therapists_are_those_of_the_last_word(store: Store) -> None:
    one, two, three = sorted(store.seed.therapist() for _ in range(3))
    number = create_one(store, PATIENTS, patient("P1", excluded_therapists=[one, two]))

    update(store, PATIENTS, {number: patient("P1", excluded_therapists=[three, two])})

    assert values_of(store, PATIENTS, number)["excluded_therapists"] == [two, three]


def test_what_the_system_keeps_is_left_alone(store: Store) -> None:
    number = store.seed.therapist(external_id="T1", last_email_on=TODAY, last_call_on=TODAY)

    update(store, THERAPISTS, {number: therapist("T1", last_name="Neu")})

    with store.open_unit() as unit:
        known = unit.therapists.get(number)
    assert (known.last_name, known.last_email_on, known.last_call_on) == ("Neu", TODAY, TODAY)


def test_another_address_is_another_mailbox(store: Store) -> None:
    number = create_one(store, THERAPISTS, therapist("T1", mailbox=ADDRESS))
    before = mailbox_of(store, number)

    update(store, THERAPISTS, {number: therapist("T1", mailbox="new@example.org")})

    assert mailbox_of(store, number) not in (None, before)
    assert values_of(store, THERAPISTS, number)["mailbox"] == "new@example.org"


def test_a_change_waits_for_who_has_locked_the_row(store: Store, second: Second) -> None:
    number = store.seed.patient(external_id="P1")

    with store.open_unit() as unit:
        unit.patients.lock([number])
        work = second.does(update, store, PATIENTS, {number: patient("P1", city="Berlin")})
        waited = second.waits(work)

    work.result()
    assert waited
    assert values_of(store, PATIENTS, number)["city"] == "Berlin"


@pytest.mark.parametrize("kind", [THERAPISTS, PATIENTS])
def test_an_unknown_row_is_not_changed_and_not_created(store: Store, kind: ImportKind) -> None:
    update(store, kind, {UNKNOWN: {THERAPISTS: therapist("A1"), PATIENTS: patient("A1")}[kind]})

    assert ids(store, kind, "A1") == {}


def test_nobody_takes_over_the_external_id_of_another(store: Store) -> None:
    create(store, THERAPISTS, therapist("T1"))
    another = create_one(store, THERAPISTS, therapist("T2"))

    with pytest.raises(StoreError) as caught:
        update(store, THERAPISTS, {another: therapist("T1")})

    assert (caught.value.sqlstate, caught.value.constraint) == ("23505", "uq_therapists_external_id")


def test_who_is_meant_by_an_external_id_is_the_entry_that_is_kept(store: Store) -> None:
    kept = store.seed.therapist(external_id="T1")
    store.seed.therapist(external_id="T2", merged_into=store.seed.therapist(external_id="T3", merged_into=kept))
    store.seed.therapist(external_id="T4", merged_into=store.seed.therapist(erased_at=NOW))

    with store.open_unit() as unit:
        found = unit.imports.kept(["T1", "T2", "T3", "T4", "T5"])
        nobody = unit.imports.kept([])

    assert found == {"T1": kept, "T2": kept, "T3": kept}
    assert nobody == {}


# -- requests ----------------------------------------------------------------------------------------------------------


def test_pairs_are_told_in_the_order_of_the_asking(store: Store) -> None:
    t1, t2 = (store.seed.therapist(external_id=each) for each in ("T1", "T2"))
    p1, p2 = (store.seed.patient(external_id=each) for each in ("P1", "P2"))

    assert pairs(store, ("P2", "T1"), ("P1", "T2"), ("P9", "T1"), ("P1", "T9"), ("P9", "T9")) == [
        Pair(p2, t1),
        Pair(p1, t2),
        Pair(None, t1),
        Pair(p1, None),
        Pair(None, None),
    ]
    assert pairs(store) == []


def test_somebody_erased_is_nobody_in_a_pair(store: Store) -> None:
    store.seed.therapist(external_id="T1", erased_at=NOW)
    store.seed.patient(external_id="P1", erased_at=NOW)

    assert pairs(store, ("P1", "T1")) == [Pair(None, None)]


@pytest.mark.parametrize("status", [OPEN, IN_PROGRESS])
def test_of_a_pair_the_request_that_can_move_is_told(store: Store, status: RequestStatus) -> None:
    t1, p1 = store.seed.therapist(external_id="T1"), store.seed.patient(external_id="P1")
    alive = store.seed.request(p1, t1, status=status, priority=3)
    store.seed.request(p1, t1, status=RequestStatus.REJECTED, priority=2)

    assert pairs(store, ("P1", "T1")) == [Pair(p1, t1, alive, movable=True, priority=3)]


def test_of_a_pair_without_one_the_request_that_ended_last_is_told(store: Store) -> None:
    t1, p1 = store.seed.therapist(external_id="T1"), store.seed.patient(external_id="P1")
    store.seed.request(p1, t1, status=RequestStatus.CANCELED)
    last = store.seed.request(p1, t1, status=RequestStatus.REJECTED, priority=5)

    assert pairs(store, ("P1", "T1")) == [Pair(p1, t1, last, movable=False, priority=5)]


def test_requests_are_created_open_and_with_their_priority(store: Store) -> None:
    t1, t2, p1 = store.seed.therapist(), store.seed.therapist(), store.seed.patient()

    created = create_requests(store, NewRequest(p1, t2, 0), NewRequest(p1, t1, 7))

    one, two = request_of(store, created[p1, t1]), request_of(store, created[p1, t2])
    assert set(created) == {(p1, t1), (p1, t2)}
    assert (one.patient_id, one.therapist_id, one.status, one.priority) == (p1, t1, OPEN, 7)
    assert (two.patient_id, two.therapist_id, two.status, two.priority) == (p1, t2, OPEN, 0)
    assert not one.offered
    assert create_requests(store) == {}


@pytest.mark.parametrize("status", [OPEN, IN_PROGRESS])
def test_a_pair_that_has_a_request_gets_no_other(store: Store, status: RequestStatus) -> None:
    t1, p1, p2 = store.seed.therapist(), store.seed.patient(), store.seed.patient()
    alive = store.seed.request(p1, t1, status=status)

    created = create_requests(store, NewRequest(p1, t1, 7), NewRequest(p2, t1, 1))

    assert list(created) == [(p2, t1)]
    assert request_of(store, alive).priority == 1


@pytest.mark.parametrize("status", ENDED)
def test_a_pair_whose_request_has_ended_may_get_another(store: Store, status: RequestStatus) -> None:
    t1, p1 = store.seed.therapist(), store.seed.patient()
    ended = store.seed.request(p1, t1, status=status)

    created = create_requests(store, NewRequest(p1, t1, 1))

    assert created[p1, t1] != ended
    assert status_of(store, ended) is status


def test_the_same_pair_twice_gets_one_request(store: Store) -> None:
    t1, p1 = store.seed.therapist(), store.seed.patient()

    created = create_requests(store, NewRequest(p1, t1, 1), NewRequest(p1, t1, 1))

    assert movable(store, therapist_ids=[t1]) == [created[p1, t1]]


def test_who_creates_a_request_for_the_same_pair_waits_and_gets_none(store: Store, second: Second) -> None:
    t1, p1 = store.seed.therapist(), store.seed.patient()

    with store.open_unit() as unit:
        created = unit.imports.create_requests([NewRequest(p1, t1, 1)])
        work = second.does(create_requests, store, NewRequest(p1, t1, 2))
        waited = second.waits(work)
        unit.commit()

    assert waited
    assert work.result() == {}
    assert movable(store, patient_ids=[p1]) == [created[p1, t1]]


def test_a_request_for_somebody_who_does_not_exist_is_refused(store: Store) -> None:
    t1, p1 = store.seed.therapist(), store.seed.patient()

    with pytest.raises(StoreError) as patient_error:
        create_requests(store, NewRequest(PatientId(UNKNOWN), t1, 1))
    with pytest.raises(StoreError) as therapist_error:
        create_requests(store, NewRequest(p1, TherapistId(UNKNOWN), 1))

    assert patient_error.value.constraint == "fk_placement_requests_patient_id"
    assert therapist_error.value.constraint == "fk_placement_requests_therapist_id"


def test_requests_that_can_move_get_another_priority_and_ended_ones_do_not(store: Store) -> None:
    t1 = store.seed.therapist()
    states = [OPEN, IN_PROGRESS, *ENDED]
    requests = [store.seed.request(None, t1, status=status) for status in states]

    set_priorities(store, {**dict.fromkeys(requests, 9), PlacementRequestId(UNKNOWN): 9})
    set_priorities(store, {})

    assert [request_of(store, each).priority for each in requests] == [9, 9, 1, 1, 1]
    assert [status_of(store, each) for each in requests] == states


def test_the_requests_that_can_move_are_those_of_these_patients_and_of_these_therapists(store: Store) -> None:
    t1, t2, t3 = (store.seed.therapist() for _ in range(3))
    p1, p2 = store.seed.patient(), store.seed.patient()
    both = store.seed.request(p1, t1)
    of_patient = store.seed.request(p1, t2, status=IN_PROGRESS)
    of_therapist = store.seed.request(p2, t1)
    store.seed.request(p2, t3)

    assert movable(store, patient_ids=[p1]) == [both, of_patient]
    assert movable(store, therapist_ids=[t1]) == [both, of_therapist]
    assert movable(store, patient_ids=[p1], therapist_ids=[t1]) == [both, of_patient, of_therapist]
    assert movable(store) == []


@pytest.mark.parametrize("status", ENDED)
def test_a_request_that_has_ended_cannot_move(store: Store, status: RequestStatus) -> None:
    t1, p1 = store.seed.therapist(), store.seed.patient()
    store.seed.request(p1, t1, status=status)

    assert movable(store, patient_ids=[p1], therapist_ids=[t1]) == []


def test_requests_that_can_move_are_canceled_and_no_email_holds_them_any_more(store: Store) -> None:
    t1 = store.seed.therapist()
    waiting, held = store.seed.request(None, t1), store.seed.request(None, t1)
    store.seed.queued_email(t1, [held])

    canceled = cancel_requests(store, held, waiting, PlacementRequestId(UNKNOWN))

    assert canceled == [(waiting, CANCELED), (held, CANCELED)]
    assert (status_of(store, waiting), status_of(store, held)) == (CANCELED, CANCELED)
    assert holder_of(store, held) is None
    assert cancel_requests(store) == []


@pytest.mark.parametrize("status", ENDED)
def test_a_request_that_has_ended_is_not_canceled(store: Store, status: RequestStatus) -> None:
    ended = store.seed.request(None, store.seed.therapist(), status=status)

    assert cancel_requests(store, ended) == []
    assert status_of(store, ended) is status


def test_canceling_waits_for_who_takes_the_request_into_an_email(store: Store, second: Second) -> None:
    t1 = store.seed.therapist()
    request, email = store.seed.request(None, t1), store.seed.email(t1)

    with store.open_unit() as unit:
        unit.requests.take({request: email})
        work = second.does(cancel_requests, store, request)
        waited = second.waits(work)
        unit.commit()

    assert waited
    assert work.result() == [(request, CANCELED)]
    assert holder_of(store, request) is None


# -- emails ------------------------------------------------------------------------------------------------------------

CAN_BE_STOPPED = [EmailState.DRAFT, EmailState.QUEUED, EmailState.CLAIMED]


@pytest.mark.parametrize("state", CAN_BE_STOPPED)
def test_what_can_still_be_stopped_is_unsent(store: Store, state: EmailState) -> None:
    t1 = store.seed.therapist()
    request = store.seed.request(None, t1)
    email = store.seed.email(t1, [request], state=state)

    assert unsent(store, therapist_ids=[t1]) == [email]
    assert unsent(store, request_ids=[request]) == [email]


@pytest.mark.parametrize("state", sorted(set(EmailState) - set(CAN_BE_STOPPED)))
def test_what_is_out_of_the_house_or_over_is_not_unsent(store: Store, state: EmailState) -> None:
    t1 = store.seed.therapist()
    request = store.seed.request(None, t1)
    store.seed.email(t1, [request], state=state)

    assert unsent(store, therapist_ids=[t1], request_ids=[request]) == []


def test_an_email_is_unsent_for_its_therapist_and_for_each_request_that_is_still_in_it(store: Store) -> None:
    t1, t2 = store.seed.therapist(), store.seed.therapist()
    in_it, taken_out, other = (store.seed.request(None, t1) for _ in range(3))
    first = store.seed.email(t1, [in_it, taken_out], left_out=[taken_out])
    last = store.seed.email(t2, [other])

    assert unsent(store, request_ids=[in_it]) == [first]
    assert unsent(store, request_ids=[taken_out]) == []
    assert unsent(store, therapist_ids=[t2], request_ids=[in_it, other]) == [first, last]
    assert unsent(store) == []
