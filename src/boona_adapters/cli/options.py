"""What may be said to many commands alike?"""

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def as_json(command: Command) -> Command:
    """``--json``: for programs."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON value, for programs.")(command)


def dry_run(command: Command) -> Command:
    """``--dry-run``: show what would be done."""
    return click.option("--dry-run", is_flag=True, help="Change nothing; show what would be done.")(command)


class Numbers(click.ParamType[tuple[int, ...]]):
    """Whole numbers from 1 on, with commas between them: ``1,3``."""

    name = "NUMBERS"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """The numbers, each once, rising."""
        if isinstance(value, tuple):
            return value
        parts = [part.strip() for part in str(value).split(",")]
        if not all(part.isascii() and part.isdigit() and int(part) for part in parts):
            self.fail(f"{value!r}: expected numbers of the letter such as 1,3", param, ctx)
        return tuple(sorted({int(part) for part in parts}))


class Day(click.ParamType[date]):
    """A day such as ``2026-03-02``."""

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r}: expected a day such as 2026-03-02", param, ctx)


DAY = Day()


def every_row(command: Command) -> Command:
    """``--all``: long tables to their ends."""
    return click.option("--all", "whole", is_flag=True, help="Show every row, however many.")(command)


def id_of(what: str) -> click.IntRange:
    """The id of a row, 1 or more, named *what* in the usage."""
    kind = click.IntRange(min=1)
    kind.name = what
    return kind
