"""The commands `boona duplicates`, `merge` and `unmerge`."""

import json
from collections.abc import Iterator

import pytest

from boona_core.emails import EmailState
from boona_core.ids import TherapistId
from tests.edge.office import Office, office_on

Pair = tuple[TherapistId, TherapistId]


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with office_on(database_url) as office:
        yield office


@pytest.fixture
def both(office: Office) -> Pair:
    kept = office.seed.therapist(first_name="Null", last_name="Tietz", phone="030 1234567")
    merged = office.seed.therapist(first_name="Anna", last_name="Tietz -Roder", phone="+49 30 1234567")
    return kept, merged


def merged_into(office: Office, therapist: int) -> object:
    return office.one("SELECT merged_into FROM therapist_service.therapists WHERE id = :id", id=therapist)


def test_suggestions_are_listed_with_what_they_rest_on(office: Office, both: Pair) -> None:
    said = office.boona("duplicates")

    assert said.status == 0
    assert "one last name is part of the other, number" in said.out
    assert f"{both[1]} Anna Tietz -Roder" in said.out
    assert "1 suggestion" in said.out


def test_a_program_gets_the_signs(office: Office, both: Pair) -> None:
    told = json.loads(office.boona("duplicates", "--json").out)

    (suggestion,) = told["suggestions"]
    assert (suggestion["first"], suggestion["second"]) == both
    assert suggestion["signs"] == ["name_joined", "same_number"]
    assert suggestion["names"][1] == "Anna Tietz -Roder"


def test_a_dismissed_pair_is_not_listed_again(office: Office, both: Pair) -> None:
    dry = office.boona("duplicates", "--dismiss", *both, "--dry-run")
    said = office.boona("duplicates", "--dismiss", *both)

    assert (dry.status, said.status) == (0, 0)
    assert "0 suggestions" in office.boona("duplicates").out


def test_two_entries_are_merged_and_parted_again(office: Office, both: Pair) -> None:
    kept, merged = both

    said = office.boona("merge", kept, merged)
    joined = merged_into(office, merged)
    undone = office.boona("unmerge", merged)

    assert f"therapist {merged}: merged into {kept}" in said.out
    assert "filled: first_name" in said.out
    assert joined == kept
    assert undone.status == 0
    assert merged_into(office, merged) is None


def test_dry_runs_change_nothing(office: Office, both: Pair) -> None:
    kept, merged = both
    said = office.boona("merge", kept, merged, "--dry-run", "--json")
    office.boona("merge", kept, merged)

    undo = office.boona("unmerge", merged, "--dry-run")

    assert json.loads(said.out)["done"] is True
    assert "would be one of its own again" in undo.out
    assert merged_into(office, merged) == kept


def test_a_refusal_is_told_with_its_reason(office: Office, both: Pair) -> None:
    kept, merged = both
    email = office.seed.email(merged, state=EmailState.DRAFT)

    said = office.boona("merge", kept, merged)

    assert said.status == 1
    assert "emails or calls are not settled" in said.err
    assert f"emails {email}" in said.err


def test_undoing_what_was_not_done_fails(office: Office, both: Pair) -> None:
    said = office.boona("unmerge", both[1])

    assert said.status == 1
    assert "no merged therapist has the id" in said.err


def test_an_import_leaves_a_merged_entry_alone(office: Office, tmp_path: object) -> None:
    merged = office.seed.therapist(external_id="T2", last_name="Tietz")
    kept = office.seed.therapist(external_id="T1", last_name="Tietz")
    office.boona("merge", kept, merged)
    file = f"{tmp_path}/therapists.csv"
    with open(file, "w") as stream:
        stream.write("external_id,last_name,status\nT1,Roder,active\nT2,Roder,active\n")

    said = office.boona("import", "therapists", file)

    assert said.status == 0
    assert "1 changed, 1 unchanged" in said.out
    assert office.one("SELECT status FROM therapist_service.therapists WHERE id = :id", id=merged) == "inactive"
