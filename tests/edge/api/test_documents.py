"""The OpenAPI document and the page that shows it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from boona_adapters.http.openapi import document
from boona_adapters.http.operations import Operation
from boona_adapters.http.reference import page
from boona_adapters.http.subjects import OPERATIONS
from boona_adapters.vocabulary import GERMAN
from tests.edge.api.conftest import Api

ENGLISH_DOCUMENT = document(OPERATIONS)
GERMAN_DOCUMENT = document(OPERATIONS, german=True)


def described(told: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def exists(told: Any, reference: str) -> bool:
    for part in reference.removeprefix("#/").split("/"):
        if part not in told:
            return False
        told = told[part]
    return True


@pytest.mark.parametrize("told", [ENGLISH_DOCUMENT, GERMAN_DOCUMENT], ids=["en", "de"])
def test_every_reference_leads_somewhere(told: dict[str, Any]) -> None:
    lost = [each for each in references(told) if not exists(told, each)]

    assert lost == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.route)
def test_an_operation_says_what_it_is_for_and_every_body_has_an_example(operation: Operation) -> None:
    told = dict(described(ENGLISH_DOCUMENT))[operation.route]

    assert told["summary"]
    assert told["description"]
    assert operation.body is None or operation.example
    assert all(file.get("example") for file in operation.files.values())


def test_operations_have_names_of_their_own() -> None:
    names = [told["operationId"] for _, told in described(ENGLISH_DOCUMENT)]

    assert len(names) == len(set(names))


def test_every_shape_says_what_it_is() -> None:
    silent = [name for name, told in ENGLISH_DOCUMENT["components"]["schemas"].items() if not told.get("description")]

    assert silent == []


def test_a_german_document_has_german_names_and_the_same_operations() -> None:
    english = set(ENGLISH_DOCUMENT["components"]["schemas"]["TherapistShape"]["properties"])
    german = set(GERMAN_DOCUMENT["components"]["schemas"]["TherapistShape"]["properties"])

    assert german == {GERMAN.get(name, name) for name in english}
    assert dict(described(GERMAN_DOCUMENT)).keys() == dict(described(ENGLISH_DOCUMENT)).keys()


def test_a_problem_has_the_names_of_its_standard_in_every_language() -> None:
    assert "title" in GERMAN_DOCUMENT["components"]["schemas"]["ProblemShape"]["properties"]


class Loaded(HTMLParser):
    """What a page would load from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what this tag loads."""
        self.found += [f"{tag} {name}={value}" for name, value in attrs if name in {"src", "srcset", "data"}]
        self.found += [tag] if tag in {"script", "link", "iframe", "object", "img"} else []


def test_the_reference_loads_nothing() -> None:
    loaded = Loaded()
    loaded.feed(page(ENGLISH_DOCUMENT).decode())

    assert loaded.found == []
    assert "url(" not in page(ENGLISH_DOCUMENT).decode()


def test_the_reference_shows_every_operation_and_its_links_lead_somewhere(api: Api) -> None:
    answer = httpx.get(f"{api.url}/reference")

    names = {told["operationId"] for _, told in described(ENGLISH_DOCUMENT)}
    ids = set(re.findall(r"id='(\w+)'", answer.text))
    assert answer.headers["content-type"].startswith("text/html")
    assert names <= ids
    assert set(re.findall(r"href='#(\w+)'", answer.text)) <= ids


CLIENT_PROGRAM = """
import sys
from boona_client import AuthenticatedClient
from boona_client.api.therapists import create_therapist, get_therapist, change_therapist
from boona_client.models import NewTherapist, TherapistChange, TherapistShape

client = AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2])
made = create_therapist.sync(client=client, body=NewTherapist(last_name="Weber", phone="030 1234567"))
assert isinstance(made, TherapistShape), made
change_therapist.sync(made.id, client=client, body=TherapistChange(city="Berlin"))
seen = get_therapist.sync(made.id, client=client)
assert isinstance(seen, TherapistShape), seen
print(seen.last_name, seen.phone, seen.city)
"""


@pytest.mark.slow
def test_a_typed_client_is_generated_from_the_document_and_works(api: Api, tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps(ENGLISH_DOCUMENT), encoding="utf-8")
    (tmp_path / "settings.yaml").write_text(
        "project_name_override: boona-client\npackage_name_override: boona_client\npost_hooks: []\n"
        "content_type_overrides: {text/csv: application/octet-stream, "  # it knows no CSV, but files
        "text/tab-separated-values: application/octet-stream}\n",
        encoding="utf-8",
    )
    generate = [sys.executable, "-m", "openapi_python_client", "generate", "--path", "openapi.json", "--meta", "none"]
    made = subprocess.run(
        [*generate, "--config", "settings.yaml", "--fail-on-warning"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr

    used = subprocess.run(
        [sys.executable, "-c", CLIENT_PROGRAM, api.url, api.token()],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert used.stdout.split() == ["Weber", "030", "1234567", "Berlin"], used.stderr
