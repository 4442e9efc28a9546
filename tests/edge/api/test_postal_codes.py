"""A table of postal codes over HTTP, without which nobody knows who is near."""

import httpx
import pytest

from tests.edge.api.conftest import Api
from tests.edge.api.test_conversation import problem

CSV = {"Content-Type": "text/csv"}
TABLE = "postal_code,place,state,latitude,longitude\n10115,Berlin,BE,52.5323,13.3846\n12163,Berlin,BE,52.4602,13.3195\n"
GEONAMES = "DE\t10115\tBerlin\tBerlin\tBE\t\t00\tBerlin\t11000\t52.5323\t13.3846\t4\n"


def test_a_table_makes_distances_known(client: httpx.Client, api: Api) -> None:
    patient, therapist = api.seed.patient(postal_code="10115"), api.seed.therapist(postal_code="12163")
    before = client.get(f"/api/patients/{patient}/matches").json()

    told = client.post("/api/postal-codes", content=TABLE, headers=CSV).json()

    after = client.get(f"/api/patients/{patient}/matches").json()
    assert (before["place_known"], before["total"]) == (False, 0)
    assert (told["created"], told["examples"], told["dry_run"]) == (2, {"created": "10115"}, False)
    assert [(row["therapist_id"], 9 < row["distance_km"] < 10) for row in after["data"]] == [(therapist, True)]


def test_a_dry_run_stores_nothing_and_the_same_table_twice_changes_nothing(client: httpx.Client) -> None:
    dry = client.post("/api/postal-codes?dry_run=true", content=TABLE, headers=CSV).json()
    first = client.post("/api/postal-codes", content=TABLE, headers=CSV).json()
    again = client.post("/api/postal-codes", content=TABLE, headers=CSV).json()

    assert (dry["created"], first["created"], again["created"], again["unchanged"]) == (2, 2, 0, 2)


def test_what_geonames_has_is_read_and_bad_rows_are_named(client: httpx.Client) -> None:
    body = GEONAMES + GEONAMES.replace("10115", "1011") + GEONAMES.replace("52.5323", "north").replace("10115", "10117")

    told = client.post("/api/postal-codes", content=body, headers={"Content-Type": "text/tab-separated-values"}).json()

    assert (told["created"], told["refused"]) == (1, 2)
    assert [(fault["row"], fault["field"]) for fault in told["faults"]] == [(2, "postal_code"), (3, "latitude")]


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "is empty"), ("a,b\n1,2\n", "is neither a table of GeoNames nor CSV with a header: no column postal_code, ")],
)
def test_what_is_no_table_is_refused(client: httpx.Client, content: str, words: str) -> None:
    told = problem(client.post("/api/postal-codes", content=content, headers=CSV), 422)

    assert told["faults"][0]["fault"].startswith(words)


def test_a_table_is_not_json(client: httpx.Client) -> None:
    problem(client.post("/api/postal-codes", json=[]), 415)
