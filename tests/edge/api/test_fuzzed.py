"""Requests that nobody thought of, made from the schema and sent to the running service on Postgres."""

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from boona_core.access import Role
from boona_core.emails import EmailState
from tests.edge.api.conftest import Api, api_on

ROOT = Path(__file__).resolve().parents[3]
CONFIGURATION = Path(__file__).parent / "schemathesis.toml"


def seed(api: Api) -> None:
    """What the examples in the schema name: number one of everything, and some more to meet by chance."""
    therapists = [api.seed.therapist() for _ in range(3)]
    requests = [api.seed.request(None, therapist) for therapist in therapists for _ in range(2)]
    api.seed.email(therapists[0], requests[:1], state=EmailState.DRAFT)
    api.seed.queued_email(therapists[1], requests[2:4])
    api.seed.sent_email(therapists[2], requests[4:], on=date(2026, 1, 5))


@pytest.mark.slow
def test_the_service_keeps_its_own_schema_whatever_it_is_sent(
    database_url: str, api_requests: int, tmp_path: Path
) -> None:
    with api_on(database_url, BOONA_API__REQUESTS_PER_MINUTE="0") as api:
        seed(api)
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION)),
            *("run", f"{api.url}/openapi.json", "--header", f"Authorization: Bearer {api.token(Role.ADMIN)}"),
            *("--max-examples", str(max(5, api_requests // 60)), "--generation-database", "none"),
            *("--request-timeout", "20", "--no-color", "--seed", "1"),
        ]
        environ = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.edge.api.fuzz_hooks", "PYTHONPATH": str(ROOT)}
        told = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environ, timeout=10_000
        )

    assert told.returncode == 0, _failures(told.stdout) + told.stderr[-2_000:]
    made = re.search(r"(\d+) generated", told.stdout)
    assert made is not None
    print(f"\n{made[1]} requests")  # noqa: T201 - said when it is asked for
    assert int(made[1]) >= api_requests


def _failures(told: str) -> str:
    """What failed, without the endless values."""
    return "\n".join(line[:300] for line in told.splitlines())[-30_000:]
