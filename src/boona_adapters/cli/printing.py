"""How do results get to a person or a program?

A person reads tables: short lists whole, of long ones the beginning, unless all was asked for.  A program reads one
JSON value a command.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

SHORT = 20
"""Of a longer list only so many rows are shown, unless all was asked for."""

_WIDTH_OF_A_FILE = 160


def print_json(value: Any) -> None:
    """One JSON value on standard output."""
    narrow = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    click.echo(json.dumps(value, ensure_ascii=narrow, indent=2))


def print_line(text: str = "") -> None:
    """One line on standard output."""
    click.echo(_shown(text))


def say(text: str) -> None:
    """One line on standard output, where the command that runs was not asked for JSON."""
    if not click.get_current_context().params["as_json"]:
        print_line(text)


def warn(text: str) -> None:
    """One line on standard error."""
    click.echo(f"boona: {_shown(text)}", err=True)


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], *, whole: bool = True, spaced: bool = False
) -> None:
    """A table on standard output; the beginning of a long one unless *whole*.

    Args:
        spaced: With an empty line between two rows, where a row takes several lines.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, show_lines=spaced)
    for column in columns:
        numbers = bool(rows) and all(isinstance(row[columns.index(column)], int) for row in rows)
        table.add_column(column, justify="right" if numbers else "left", overflow="fold")
    for row in islice(rows, None if whole or len(rows) <= SHORT else SHORT):
        table.add_row(*(Text("" if cell is None else _shown(str(cell))) for cell in row))
    width = None if sys.stdout.isatty() else _WIDTH_OF_A_FILE
    Console(file=sys.stdout, width=width, highlight=False).print(table)
    if not whole and len(rows) > SHORT:
        print_line(f"… and {len(rows) - SHORT} more (--all shows every one)")


@contextmanager
def progress_of(what: str, total: int | None = None) -> Iterator[Callable[[int, int | None], None]]:
    """A bar on standard error while the block lasts, where a person watches.

    Yields:
        What is told how many are done, and of how many (None: as before).
    """
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done, of: bar.update(task, completed=done, total=of)  # a total of None stays as it was


def counted(number: int, one: str, many: str) -> str:
    """``1 email``, ``2 emails``."""
    return f"{number:,} {one if number == 1 else many}"


def _shown(text: str) -> str:
    """Text fit for a terminal: what would move its cursor is a space."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)
