"""How are days, times and hours told to a command?

Days are ``2026-03-04``, times ``09:10``, both together ``"2026-03-04 09:10"``: local dates and times of the agency.
Weekly hours are told as in the database (JSON) or in words (``Mo-Fr 8-12``); what is not understood is refused.  Each
function below is the ``type`` of an option or argument: it reads one text, or raises ``click.BadParameter``.
"""

import json
from datetime import date

import click
from attrs import frozen

from boona_adapters.cli.options import DAY
from boona_core.callers import Absence
from boona_core.errors import InvalidValue, InvalidValues
from boona_core.instants import days_after
from boona_core.phone_hours_text import read_phone_hours
from boona_core.windows import WeeklyWindows, minutes_of


@frozen
class Told:
    """A time as a person tells it.

    Attributes:
        day: None: they named none.
        minute: Minutes since midnight, 0 to 1439.
    """

    day: date | None
    minute: int


def time(text: str) -> Told:
    """A local time, with or without its date.

    Raises:
        click.BadParameter: it is none.
    """
    before, _, clock = text.strip().rpartition(" ")
    minute = minutes_of(clock.zfill(5))
    if minute is None or minute == 24 * 60:
        raise click.BadParameter(f'{text!r} is not a time such as 09:10 or "2026-03-04 09:10"')
    return Told(DAY.convert(before, None, None) if before else None, minute)


def moment(text: str) -> tuple[date, int]:
    """A local date and the minutes since its midnight.

    Raises:
        click.BadParameter: it is none.
    """
    told = time(text)
    if told.day is None:
        raise click.BadParameter(f'{text!r} has no date: tell it as "2026-03-04 09:10"')
    return told.day, told.minute


def hours(text: str) -> WeeklyWindows:
    """Weekly hours; an empty text means never.

    Raises:
        click.BadParameter: a part of them is not understood.
    """
    if text.lstrip().startswith("{"):
        try:
            return WeeklyWindows.from_json(json.loads(text))
        except json.JSONDecodeError as fault:
            raise click.BadParameter(f"no JSON: {fault}") from None
        except InvalidValues as faults:
            raise click.BadParameter("; ".join(map(str, faults.faults))) from None
    read = read_phone_hours(text)
    if read.not_understood:
        raise click.BadParameter(f"not understood: {'; '.join(read.not_understood)}")
    return read.hours


def days(text: str) -> Absence:
    """A run of days, ``FIRST..LAST`` with both of them in it, or one day.

    Raises:
        click.BadParameter: it is none, or ends before it begins.
    """
    first, dots, last = text.partition("..")
    try:
        return Absence(DAY.convert(first, None, None), days_after(DAY.convert(last if dots else first, None, None), 1))
    except InvalidValue:
        raise click.BadParameter(f"{text!r} ends before it begins") from None
