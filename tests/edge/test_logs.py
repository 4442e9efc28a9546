"""The log takes events and places, and never the text of an error or the values of a library."""

import json
import logging
from collections.abc import Callable

import pytest

from boona_adapters import logs

CANARY = "Kanarienvogel"


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[str]]:
    """Gives the lines that went to standard error."""
    logs.configure()

    def lines() -> list[str]:
        return capsys.readouterr().err.splitlines()

    return lines


def test_an_event_is_one_json_line_where_nobody_watches(written: Callable[[], list[str]]) -> None:
    logs.logger().info("email sent", email_id=17)

    (line,) = written()
    event = json.loads(line)
    assert (event["event"], event["email_id"], event["level"]) == ("email sent", 17, "info")
    assert event["timestamp"].endswith("Z")


def test_of_an_exception_its_kind_and_its_places_are_logged_not_its_text(written: Callable[[], list[str]]) -> None:
    try:
        int(CANARY)
    except ValueError as error:
        logs.logger().exception("failed", email_id=17)
        logs.logger().error("failed", cause=error)

    lines = written()
    first, second = map(json.loads, lines)
    assert first["error"] == second["cause"] == "ValueError"
    assert "test_of_an_exception" in first["places"][-1]
    assert CANARY not in str(lines)


def test_what_a_library_logs_is_not_filled_in(written: Callable[[], list[str]]) -> None:
    library = logging.getLogger("some.library")

    library.warning("row %s is bad", CANARY)
    library.error(f"row {CANARY} is bad")

    lines = written()
    first, second = map(json.loads, lines)
    assert (first["library"], first["level"], first["sentence"]) == ("some.library", "warning", "row %s is bad")
    assert second["level"] == "error"
    assert CANARY not in str(lines)


def test_configuring_twice_logs_once(written: Callable[[], list[str]]) -> None:
    logs.configure()

    logging.getLogger("some.library").warning("once")

    assert len(written()) == 1
