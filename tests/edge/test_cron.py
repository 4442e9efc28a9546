"""Cron expressions are read in the agency's zone, and clock changes neither skip nor double a time of day."""

from datetime import UTC, datetime

import pytest

from boona_adapters.cron import Cron, check_expression
from boona_core.errors import InvalidValue
from boona_core.instants import BERLIN

CRON = Cron(BERLIN)


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BERLIN)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("30 7 * * 1-5", berlin(2026, 3, 2, 7, 29), berlin(2026, 3, 2, 7, 30)),
        ("30 7 * * 1-5", berlin(2026, 3, 2, 7, 30), berlin(2026, 3, 3, 7, 30)),
        ("30 7 * * 1-5", berlin(2026, 3, 6, 8), berlin(2026, 3, 9, 7, 30)),
        ("0 9 * * 0", berlin(2026, 3, 2), berlin(2026, 3, 8, 9)),
    ],
)
def test_the_next_time_is_a_time_of_the_agencys_day(expression: str, after: datetime, expected: datetime) -> None:
    found = CRON(expression, after)

    assert found == expected
    assert found.tzinfo is UTC


def test_the_same_time_of_day_is_kept_over_both_clock_changes() -> None:
    spring = CRON("30 7 * * *", berlin(2026, 3, 28, 8))
    autumn = CRON("30 7 * * *", berlin(2026, 10, 24, 8))

    assert (spring.hour, autumn.hour) == (5, 6)


def test_a_time_that_a_day_in_spring_does_not_have_comes_right_after_the_gap_and_once() -> None:
    first = CRON("30 2 * * *", berlin(2026, 3, 28, 12))
    then = CRON("30 2 * * *", first)

    assert first == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert then == berlin(2026, 3, 30, 2, 30)


def test_a_time_that_a_day_in_autumn_has_twice_comes_once() -> None:
    first = CRON("30 2 * * *", berlin(2026, 10, 24, 12))
    then = CRON("30 2 * * *", first)

    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert then == berlin(2026, 10, 26, 2, 30)


@pytest.mark.parametrize(
    ("at", "within"),
    [
        (berlin(2026, 3, 2, 7, 59, 59), False),
        (berlin(2026, 3, 2, 8), True),
        (berlin(2026, 3, 2, 12, 30, 17), True),
        (berlin(2026, 3, 2, 17, 59, 59), True),
        (berlin(2026, 3, 2, 18), False),
        (berlin(2026, 3, 7, 12), False),
    ],
)
def test_an_expression_tells_a_time_of_day(at: datetime, within: bool) -> None:
    assert CRON.names("* 8-17 * * 1-5", at) is within


@pytest.mark.parametrize("text", ["", "daily", "* * * *", "* * * * * *", "61 * * * *", "0 0 30 2 *"])
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        check_expression(text)


def test_an_expression_is_accepted() -> None:
    check_expression("*/15 8-17 * * 1-5")
