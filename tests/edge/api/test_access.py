"""Who is let in, and to what."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from attrs import evolve

from boona_adapters.http.gate import Gate, secret_in
from boona_adapters.http.matrix import MATRIX, WITHOUT_TOKEN
from boona_adapters.http.subjects import OPERATIONS
from boona_core.access import AccessToken, Role, Scope
from boona_core.ids import AccessTokenId
from boona_core.usecases.tokens import PREFIX
from tests.edge.api.conftest import Api, api_on
from tests.edge.office import Office, office_on
from tests.situations import NOW

SERVED = sorted({each.route for each in OPERATIONS} | {"GET /metrics"})


@pytest.fixture(scope="module")
def shared_api(postgres_server: Any, migrated_template: str) -> Iterator[Api]:
    """An API that the tests of this file share: they change nothing."""
    with postgres_server.database(template=migrated_template) as url, api_on(url) as running:
        yield running


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with office_on(database_url) as opened:
        yield opened


def ask(api: Api, route: str, secret: str | None, **more: Any) -> httpx.Response:
    method, _, path = route.partition(" ")
    headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
    return httpx.request(method, api.url + path.replace("{id}", "7"), headers=headers, timeout=30, **more)


# The matrix


def test_every_route_has_its_line_in_the_matrix_and_there_is_no_line_without_route() -> None:
    assert sorted(MATRIX) == SERVED


def test_every_route_of_the_application_is_in_the_matrix_or_open_to_everybody(shared_api: Api) -> None:
    with httpx.Client(base_url=shared_api.url) as client:
        paths = client.get("/openapi.json").json()["paths"]

    told = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert told <= set(MATRIX) | WITHOUT_TOKEN


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("route", SERVED)
def test_a_route_is_open_to_the_roles_of_the_matrix_and_to_no_other(shared_api: Api, route: str, role: Role) -> None:
    answer = ask(shared_api, route, shared_api.token(role, caller=1))

    assert (answer.status_code != 403) is (role in MATRIX[route].roles)


@pytest.mark.parametrize("route", SERVED)
def test_a_narrowed_token_does_what_its_scope_says(shared_api: Api, route: str) -> None:
    access = MATRIX[route]
    other = next(scope for scope in Scope if scope is not access.scope)

    inside = ask(shared_api, route, shared_api.token(Role.ADMIN, scopes=(access.scope or other,)))
    outside = ask(shared_api, route, shared_api.token(Role.ADMIN, scopes=(other,)))

    assert inside.status_code != 403
    assert outside.status_code == 403


@pytest.mark.parametrize("route", SERVED)
def test_nothing_is_shown_without_a_token(shared_api: Api, route: str) -> None:
    answer = ask(shared_api, route, None)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("route", sorted(each for each in WITHOUT_TOKEN if "{" not in each))
def test_what_shows_no_data_needs_no_token(shared_api: Api, route: str) -> None:
    assert ask(shared_api, route, None).status_code == 200


# Tokens


@pytest.mark.parametrize("secret", ["x", PREFIX, PREFIX + "x" * 43, PREFIX + "x" * 500, "ä"])
def test_a_secret_that_nobody_made_opens_nothing(shared_api: Api, secret: str) -> None:
    headers = httpx.Headers([(b"Authorization", b"Bearer " + secret.encode())])
    answer = httpx.get(f"{shared_api.url}/api/emails", headers=headers, timeout=30)

    assert answer.status_code == 401


def test_a_token_that_is_over_opens_nothing(shared_api: Api) -> None:
    secret = shared_api.token(lasts=timedelta(microseconds=1))

    assert ask(shared_api, "GET /api/emails", secret).status_code == 401


def test_a_revoked_token_opens_nothing_after_a_few_seconds(api: Api, office: Office) -> None:
    secret = api.token()
    before = ask(api, "GET /api/emails", secret).status_code
    office.boona("token", "revoke", 1)

    time.sleep(5.5)

    assert before == 200
    assert ask(api, "GET /api/emails", secret).status_code == 401


def test_the_last_use_is_noted(api: Api, office: Office) -> None:
    ask(api, "GET /api/emails", api.token())

    (told,) = json.loads(office.boona("token", "list", "--json").out)

    assert told["last_used_at"] is not None


def test_the_secret_is_kept_nowhere(api: Api, office: Office) -> None:
    secret = api.token()

    stored = office.one("SELECT string_agg(t::text, ' ') FROM communication_service.access_tokens t")

    assert secret not in stored
    assert secret.removeprefix(PREFIX) not in stored


def test_a_token_from_the_command_line_opens_the_api(api: Api, office: Office) -> None:
    said = office.boona("token", "create", "Vermittler", "--role", "reader", "--names", "de")

    answer = ask(api, "GET /api/therapists", said.out.strip())

    assert said.status == 0
    assert answer.status_code == 200
    assert answer.headers["content-language"] == "de"


def test_a_replaced_token_goes_on_for_its_grace_and_then_ends(office: Office) -> None:
    office.boona("token", "create", "alt", "--role", "reader")
    office.boona("token", "create", "neu", "--role", "reader", "--replaces", 1, "--grace", 2)

    old, new = json.loads(office.boona("token", "list", "--json").out)

    assert old["revoked_at"] > old["created_at"]
    assert new["revoked_at"] is None


def test_an_unknown_token_is_not_revoked(office: Office) -> None:
    said = office.boona("token", "revoke", 99)

    assert said.status == 1
    assert "99" in said.err


def test_a_dry_run_makes_and_ends_nothing(office: Office) -> None:
    office.boona("token", "create", "alt", "--role", "reader")
    office.boona("token", "create", "neu", "--role", "reader", "--dry-run")
    office.boona("token", "revoke", 1, "--dry-run")

    (told,) = json.loads(office.boona("token", "list", "--json").out)

    assert told["revoked_at"] is None


# The gate


def a_token(**more: Any) -> AccessToken:
    usual = AccessToken(
        id=AccessTokenId(1), name="n", role=Role.READER, created_at=NOW, expires_at=NOW + timedelta(days=1)
    )
    return evolve(usual, **more)


def test_a_token_that_was_found_is_remembered_for_five_seconds() -> None:
    now = [0.0]
    gate = Gate(lambda _: a_token(), lambda: now[0])
    gate.look_up(PREFIX + "x")

    within = gate.remembered(PREFIX + "x")
    now[0] = 5.0
    after = gate.remembered(PREFIX + "x")

    assert within == (True, a_token())
    assert after == (False, None)


def test_what_opens_nothing_is_not_remembered() -> None:
    gate = Gate(lambda _: None, lambda: 0.0)

    assert gate.look_up(PREFIX + "x") is None
    assert gate.remembered(PREFIX + "x") == (False, None)


def test_a_token_has_a_minutes_requests_at_once_and_gets_them_back_evenly() -> None:
    now = [0.0]
    gate = Gate(lambda _: None, lambda: now[0], per_minute=2)
    first = [gate.wait_for(a_token()) for _ in range(3)]
    other = gate.wait_for(a_token(id=AccessTokenId(2)))

    now[0] = 30.0
    later = [gate.wait_for(a_token()) for _ in range(2)]

    assert first == [0, 0, 30]
    assert other == 0
    assert later == [0, 30]


def test_whoever_comes_back_when_told_to_is_let_in() -> None:
    now = [0.0]
    gate = Gate(lambda _: None, lambda: now[0], per_minute=50)  # one more every 1.2 seconds
    _ = [gate.wait_for(a_token()) for _ in range(50)]

    told = gate.wait_for(a_token())
    now[0] = float(told)

    assert gate.wait_for(a_token()) == 0


def test_what_is_remembered_is_no_secret() -> None:
    gate = Gate(lambda _: a_token(), lambda: 0.0)

    gate.look_up(PREFIX + "geheim")

    assert "geheim" not in str(gate._known)
    assert gate.remembered(PREFIX + "geheim")[0]


@pytest.mark.parametrize("secret", ["ä", "\udc80", "x" * 5000])
def test_a_secret_that_none_can_be_is_asked_for_without_harm(secret: str) -> None:
    gate = Gate(lambda _: a_token(), lambda: 0.0)

    assert gate.remembered(secret) == (False, None)
    assert gate.look_up(secret) is None


def test_a_callers_token_names_its_caller(office: Office) -> None:
    said = office.boona("token", "create", "Mia", "--role", "caller")

    assert said.status == 1
    assert "caller: is missing" in said.err
    assert json.loads(office.boona("token", "list", "--json").out) == []


def test_without_a_limit_nobody_waits() -> None:
    gate = Gate(lambda _: None, lambda: 0.0)

    assert {gate.wait_for(a_token()) for _ in range(100)} == {0}


def test_one_request_too_many_is_told_when_to_come_back(database_url: str) -> None:
    with api_on(database_url, BOONA_API__REQUESTS_PER_MINUTE="1") as api:
        secret = api.token()
        ask(api, "GET /api/emails", secret)
        answer = ask(api, "GET /api/emails", secret)

    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.json()["type"] == "urn:boona:problem:too-many"


@pytest.mark.parametrize(
    ("header", "secret"),
    [(None, None), ("Bearer abc", "abc"), ("bearer  abc ", "abc"), ("Basic abc", None), ("Bearer", None), ("", None)],
)
def test_a_secret_is_read_from_its_header(header: str | None, secret: str | None) -> None:
    assert secret_in(header) == secret
