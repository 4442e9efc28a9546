"""What the API tells Prometheus: how often each route was asked, by which token, and nothing of what was asked."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from boona_adapters.http.health import MOST_TOKENS, Metrics
from boona_adapters.http.matrix import MATRIX
from boona_core.access import AccessToken, Role, Scope
from boona_core.emails import EmailState
from boona_core.ids import AccessTokenId
from boona_core.usecases.tokens import PREFIX
from tests.edge.api.conftest import Api, api_on
from tests.situations import NOW

THERAPIST = "/api/therapists/{id}"


def requests_in(text: str) -> Mapping[tuple[str, str, str, str], float]:
    """The counted requests by method, route, status and token."""
    return {
        (labels["method"], labels["route"], labels["status"], labels["token"]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "boona_http_requests_total" and (labels := sample.labels)
    }


def counted(api: Api) -> Mapping[tuple[str, str, str, str], float]:
    """What the running API has counted."""
    with api.client(Role.READER) as watching:
        return requests_in(watching.get("/metrics").text)


def asked(api: Api, secret: str | None, *, times: int = 1) -> list[int]:
    """The statuses of so many looks at a therapist whom nobody knows."""
    headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
    with httpx.Client(base_url=api.url, headers=headers, timeout=60) as client:
        return [client.get("/api/therapists/99").status_code for _ in range(times)]


def count_tokens(metrics: Metrics, numbers: Iterable[int]) -> None:
    """One request of each token."""
    for number in numbers:
        metrics.count("GET", "/api/emails", 200, 0.01, token(number))


def token(number: int) -> AccessToken:
    return AccessToken(
        id=AccessTokenId(number),
        name="Kim Muster",
        role=Role.READER,
        created_at=NOW,
        expires_at=NOW + timedelta(days=1),
    )


def test_requests_are_counted_by_route_and_by_the_number_of_their_token(api: Api) -> None:
    first, second = api.token(), api.token(Role.READER)

    asked(api, first, times=2)
    asked(api, second)

    counts = counted(api)
    assert counts["GET", THERAPIST, "404", "1"] == 2
    assert counts["GET", THERAPIST, "404", "2"] == 1


def test_requests_without_a_valid_token_are_counted_together(api: Api) -> None:
    revoked = api.token()
    api.wired.application.keep_tokens.revoke(AccessTokenId(1))

    statuses = [*asked(api, None), *asked(api, PREFIX + "x" * 43), *asked(api, revoked)]

    assert statuses == [401] * 3
    assert counted(api)["GET", THERAPIST, "401", "none"] == 3


def test_a_request_that_its_token_may_not_make_is_counted_for_that_token(api: Api) -> None:
    statuses = asked(api, api.token(scopes=(Scope.EMAILS,)))

    assert statuses == [403]
    assert MATRIX[f"GET {THERAPIST}"].scope is Scope.THERAPISTS
    assert counted(api)["GET", THERAPIST, "403", "1"] == 1


def test_a_request_too_many_is_counted_for_its_token(database_url: str) -> None:
    with api_on(database_url, BOONA_API__REQUESTS_PER_MINUTE="2") as api:
        statuses = asked(api, api.token(), times=3)

        counts = counted(api)

    assert statuses == [404, 404, 429]
    assert counts["GET", THERAPIST, "429", "1"] == 1


def test_what_needs_no_token_and_paths_that_nobody_knows_are_nobodys(api: Api) -> None:
    with api.client() as client:
        client.get("/health/live")
        client.get("/api/geheim")

    counts = counted(api)
    assert counts["GET", "/health/live", "200", "none"] == 1
    assert counts["GET", "-", "404", "none"] == 1


def test_neither_secrets_nor_ids_nor_names_of_tokens_are_shown(api: Api) -> None:
    secret = api.token()
    asked(api, secret)

    with api.client() as client:
        told = client.get("/metrics").text

    assert secret.removeprefix(PREFIX) not in told
    assert 'token="test"' not in told
    assert "/api/therapists/99" not in told


def test_however_many_tokens_there_are_the_series_stay_few() -> None:
    metrics = Metrics(dict)

    count_tokens(metrics, [*range(1, 3 * MOST_TOKENS), 1])

    counts = requests_in(metrics.written().decode())
    assert len(counts) == MOST_TOKENS + 1
    assert counts["GET", "/api/emails", "200", "1"] == 2
    assert counts["GET", "/api/emails", "200", "other"] == 2 * MOST_TOKENS - 1


def test_a_state_in_which_no_email_stands_any_more_is_not_shown_with_its_last_number() -> None:
    standing = {EmailState.QUEUED.value: 3}
    metrics = Metrics(lambda: standing)
    before = metrics.written().decode()

    standing = {EmailState.SENT.value: 3}

    after = metrics.written().decode()
    assert 'boona_emails{status="queued"} 3.0' in before
    assert 'boona_emails{status="queued"}' not in after
    assert 'boona_emails{status="sent"} 3.0' in after


@pytest.mark.parametrize("role", [Role.READER, Role.ADMIN])
def test_metrics_themselves_are_counted_for_whoever_asks(api: Api, role: Role) -> None:
    with api.client(role) as watching:
        watching.get("/metrics")
        again = watching.get("/metrics").text

    assert requests_in(again)["GET", "/metrics", "200", "1"] == 1
