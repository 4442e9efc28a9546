"""`boona up` serves the API too, and shows a first token once."""

import re
from pathlib import Path

import httpx

from tests.edge.office import AGENCY
from tests.edge.test_up import started


def test_up_says_where_the_api_is_and_shows_a_first_token_once(tmp_path: Path, database_url: str) -> None:
    settings = {**AGENCY, "BOONA_DATABASE_URL": database_url, "BOONA_API__THREADS": "2", "BOONA_EVENTS__BUS": "none"}
    with started("up", cwd=tmp_path, **settings) as first:
        first.wait_for("a first token for it, shown this once: boona_")
        told = first.messages()
        (where,) = re.findall(r"the API is at (http://127\.0\.0\.1:\d+)/api", told)
        (secret,) = re.findall(r"shown this once: (boona_\S+)", told)
        answer = httpx.get(f"{where}/api/emails", headers={"Authorization": f"Bearer {secret}"}, timeout=60)

    with started("up", cwd=tmp_path, **settings) as second:
        second.wait_for("the API is at")
        second.wait_for("Ctrl-C stops everything")
        again = second.messages()

    assert (answer.status_code, answer.json()["total"]) == (200, 0)
    assert "first token" not in again
