"""Two or more ways to do the same work, timed in turn, so that a machine's mood reaches all of them.

A round times each of them once; the medians over the rounds are compared, and the ratio is what counts.
"""

import gc
import statistics
import time
from collections.abc import Callable, Mapping

from attrs import frozen


@frozen(kw_only=True)
class Figure:
    """One line of a table: a ratio, what it is held against, and the seconds behind it.

    Attributes:
        seconds: The median of each side, by its name.
        ratio: How many times better ours is than the peer (or which share of the limit it reaches).
        wanted: The least ratio; None: nothing is promised.
    """

    work: str
    beside: str
    ratio: float
    wanted: float | None
    seconds: Mapping[str, float]
    note: str = ""

    def __str__(self) -> str:
        verdict = "" if self.wanted is None else ("reached" if self.ratio >= self.wanted else "NOT reached")
        sides = ", ".join(f"{name} {seconds * 1000:,.1f} ms" for name, seconds in self.seconds.items())
        wanted = "" if self.wanted is None else f" (wanted {self.wanted:g})"
        note = f"; {self.note}" if self.note else ""
        return f"{self.work} | beside {self.beside} | {self.ratio:.2f}{wanted} {verdict} | {sides}{note}"


def in_turn(
    rounds: int,
    sides: Mapping[str, Callable[[], object]],
    *,
    before: Mapping[str, Callable[[], object]] | None = None,
) -> dict[str, float]:
    """The median seconds of each side over *rounds* rounds, after one that does not count.

    Args:
        before: What makes a side ready for its next turn, by its name; its time does not count.
    """
    times: dict[str, list[float]] = {name: [] for name in sides}
    for counted in range(-1, rounds):
        for name, work in sides.items():
            (before or {}).get(name, _nothing)()
            gc.collect()
            begun = time.perf_counter()
            work()
            if counted >= 0:
                times[name].append(time.perf_counter() - begun)
    return {name: statistics.median(seconds) for name, seconds in times.items()}


def _nothing() -> None:
    """The side is ready as it is."""
