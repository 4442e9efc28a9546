"""Every point at which a process may be ended by name is one at which some test ends it."""

import re
from pathlib import Path

from boona_adapters.http.asking import COMMITTED
from boona_core.delivery import Step

TESTS = Path(__file__).resolve().parent
SOURCES = TESTS.parent / "src"
POINT = re.compile(r'checkpoint\("([a-z_]+)"\)')
LITERALLY = re.compile(r'"([a-z_]+)["@:]')


def points() -> set[str]:
    """The points that the code names; those of a conversation and of the API have names of their own."""
    named = {point for file in SOURCES.rglob("*.py") for point in POINT.findall(file.read_text("utf-8"))}
    return named | {step.value for step in Step}


def killed_at() -> set[str]:
    """What stands in quotes in a test that ends processes."""
    return {word for file in (TESTS / "chaos").glob("*.py") for word in LITERALLY.findall(file.read_text("utf-8"))}


def test_every_fault_point_is_one_at_which_a_test_ends_a_process() -> None:
    assert len(points()) > 30
    assert points() - killed_at() == set()


def test_the_point_of_the_api_is_one_of_its_tests() -> None:
    racing = (TESTS / "edge" / "api" / "test_racing.py").read_text("utf-8")

    assert COMMITTED == "http_committed"
    assert "COMMITTED}:kill@1" in racing
