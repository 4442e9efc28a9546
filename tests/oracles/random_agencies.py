"""Agencies by chance, from a handful of therapists to ten thousand, with more or fewer callers than they would need."""

from random import Random

from attrs import frozen

from boona_core.call_planning import CallerTime, DueCall, Span

OPENS = 108
"""9 o'clock, on a grid of five minutes."""

BUSY = (108, 120, 120, 132, 144, 144, 144, 156, 168)
"""The hours at which practices like to be called, as blocks."""

UNIT = 5
"""25 minutes."""


@frozen(kw_only=True)
class Size:
    """How long an agency's callers work: so many *callers*, *days*, and blocks a *day*."""

    callers: int
    days: int
    blocks: int

    def __str__(self) -> str:
        return f"{self.callers}x{self.days}x{self.blocks}"


def agency(
    size: Size,
    *,
    load: float,
    clustered: bool,
    seed: int,
    lengths: tuple[int, ...] = (1,),
    classes: int = 4,
    shared: float = 0.0,
) -> tuple[list[DueCall], list[CallerTime]]:
    """Calls that would take *load* of the callers' time, and the callers, one of whom takes a break at noon.

    Args:
        clustered: Practices are reached around the same few hours; else at any.
        shared: This part of the therapists share their number with others.
    """
    chance = Random(seed)  # noqa: S311
    ends = OPENS + size.blocks
    capacity = size.callers * size.days * size.blocks
    calls: list[DueCall] = []
    blocks = 0
    while blocks < load * capacity:
        call = DueCall(
            key=len(calls),
            windows=_phone_hours(chance, size, ends=ends, clustered=clustered),
            blocks=chance.choice(lengths),
            priority_class=chance.randrange(classes),
            line=chance.randrange(1 + capacity // 20) if chance.random() < shared else None,
        )
        calls.append(call)
        blocks += call.blocks
    noon = OPENS + size.blocks // 2
    hours = {number: [Span(day, OPENS, ends) for day in range(size.days)] for number in range(size.callers)}
    hours[0] = [span for day in range(size.days) for span in (Span(day, OPENS, noon), Span(day, noon + 1, ends))]
    return calls, [CallerTime(caller_id=number, spans=tuple(spans)) for number, spans in hours.items()]


def _phone_hours(chance: Random, size: Size, *, ends: int, clustered: bool) -> tuple[Span, ...]:
    """As much as is asked of practices: 100 or 200 minutes a week, in units of 25, every week the same."""
    weekly: set[Span] = set()
    units = chance.choice((4, 8))
    while units > 0:
        together = min(units, chance.choice((1, 2, 4)))
        start = chance.choice([hour for hour in BUSY if hour < ends]) if clustered else chance.randrange(OPENS, ends)
        weekly.add(Span(chance.randrange(min(5, size.days)), start, min(ends, start + together * UNIT)))
        units -= together
    return tuple(
        Span(day, start, end) for day in range(size.days) for of, start, end in sorted(weekly) if of == day % 5
    )
