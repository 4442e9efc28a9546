"""What is left of windows when others are taken out, and what do two lists of them share?

Windows of one day, in minutes since midnight, half open.  Every list is in order, and so is the answer; what is taken
may overlap.
"""

from collections.abc import Iterator, Sequence

from boona_core.windows import Window


def without(windows: Sequence[Window], taken: Sequence[Window]) -> tuple[Window, ...]:
    """The minutes of *windows* that lie in none of *taken*."""
    return tuple(_left(windows, taken)) if taken else tuple(windows)


def shared(one: Sequence[Window], other: Sequence[Window]) -> tuple[Window, ...]:
    """The minutes that lie in both."""
    return tuple(_shared(one, other))


def _left(windows: Sequence[Window], taken: Sequence[Window]) -> Iterator[Window]:
    for window in windows:
        start = window.start
        for each in taken:
            if each.start >= window.end:
                break
            if each.end <= start:
                continue
            if each.start > start:
                yield Window(start, each.start)
            start = each.end
        if start < window.end:
            yield Window(start, window.end)


def _shared(one: Sequence[Window], other: Sequence[Window]) -> Iterator[Window]:
    for window in one:
        for each in other:
            start, end = max(window.start, each.start), min(window.end, each.end)
            if start < end:
                yield Window(start, end)
