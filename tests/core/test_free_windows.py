"""What is left of windows, and what two lists share, beside sets of minutes."""

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boona_core.free_windows import shared, without
from boona_core.windows import Weekday, WeeklyWindows, Window
from tests.core.strategies import windows

lists = st.lists(windows(grid=5), max_size=6)
days = lists.map(lambda each: WeeklyWindows({Weekday.MONDAY: tuple(each)}).on(Weekday.MONDAY))


def minutes(spans: Iterable[Window]) -> set[int]:
    return {minute for span in spans for minute in range(span.start, span.end)}


def spans(*each: tuple[int, int]) -> tuple[Window, ...]:
    return tuple(Window(start, end) for start, end in each)


@pytest.mark.parametrize(
    ("taken", "left"),
    [
        ([], [(10, 20)]),
        ([(0, 10)], [(10, 20)]),
        ([(20, 30)], [(10, 20)]),
        ([(10, 20)], []),
        ([(0, 30)], []),
        ([(0, 12)], [(12, 20)]),
        ([(18, 30)], [(10, 18)]),
        ([(12, 14)], [(10, 12), (14, 20)]),
        ([(12, 14), (14, 16)], [(10, 12), (16, 20)]),
        ([(12, 18), (13, 15)], [(10, 12), (18, 20)]),
    ],
)
def test_what_is_taken_is_not_left(taken: list[tuple[int, int]], left: list[tuple[int, int]]) -> None:
    assert without(spans((10, 20)), spans(*taken)) == spans(*left)


@given(days, lists.map(sorted))
def test_what_is_left_are_the_minutes_that_are_not_taken(one: tuple[Window, ...], taken: list[Window]) -> None:
    left = without(one, taken)

    assert minutes(left) == minutes(one) - minutes(taken)
    assert all(before.end < after.start for before, after in pairwise(left))


@given(days, days)
def test_what_is_shared_are_the_minutes_of_both(one: tuple[Window, ...], other: tuple[Window, ...]) -> None:
    both = shared(one, other)

    assert minutes(both) == minutes(one) & minutes(other)
    assert all(before.end < after.start for before, after in pairwise(both))
