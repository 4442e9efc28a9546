"""How does a group of commands list them without loading them?

The list of commands comes with their short helps, and a command's module is imported when it is run: ``boona --help``
does without the libraries of every command.
"""

import importlib
from collections.abc import Mapping
from typing import Any

import click
from attrs import frozen


@frozen
class LazyCommand:
    """A command that is not loaded yet.

    Attributes:
        place: ``package.module:name``.
        help: What it does, in a line.
    """

    place: str
    help: str


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def __init__(self, *args: Any, lazy: Mapping[str, LazyCommand], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Every command, in the order in which they were given."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command; None: there is none of this name.

        Raises:
            click.ClickException: a library that it needs is not installed.
        """
        known = self._lazy.get(cmd_name)
        if known is None:
            return None
        module, _, name = known.place.partition(":")
        try:
            command: click.Command = getattr(importlib.import_module(module), name)
        except ModuleNotFoundError as missing:
            if missing.name is not None and missing.name.startswith("boona") and missing.name != module:
                raise
            raise click.ClickException(f"{missing.name} is not installed: pip install 'boona[all]'") from None
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.help) for name, command in self._lazy.items()])
