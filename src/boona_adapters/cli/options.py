"""What may be said to many commands alike?"""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def as_json(command: Command) -> Command:
    """``--json``: for programs."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON value, for programs.")(command)


def dry_run(command: Command) -> Command:
    """``--dry-run``: show what would be done."""
    return click.option("--dry-run", is_flag=True, help="Change nothing; show what would be done.")(command)


def id_of(what: str) -> click.IntRange:
    """The id of a row, 1 or more, named *what* in the usage."""
    kind = click.IntRange(min=1)
    kind.name = what
    return kind
