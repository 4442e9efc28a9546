"""The commands about the database's tables."""

import click

from boona_adapters import wiring
from boona_adapters.cli.opening import told
from boona_adapters.cli.options import as_json, dry_run
from boona_adapters.cli.printing import print_json, print_line
from boona_adapters.settings import Need, Settings


@click.group
def db() -> None:
    """Migrate the database: up, down, and where it stands."""


@db.command()
@dry_run
@as_json
def upgrade(*, dry_run: bool, as_json: bool) -> None:
    """Take the database to the newest revision."""
    settings = told({Need.DATABASE})
    before = _standing(settings)
    if not dry_run:
        wiring.migrate(settings)
    _tell(settings, before, dry_run=dry_run, as_json=as_json, goal=before["newest"])


@db.command()
@click.argument("revision")
@dry_run
@as_json
def downgrade(revision: str, *, dry_run: bool, as_json: bool) -> None:
    """Take the database down to REVISION (-1: one step; base: nothing is left).

    -1 needs two dashes before it: boona db downgrade -- -1.
    """
    settings = told({Need.DATABASE})
    before = _standing(settings)
    if not dry_run:
        wiring.downgrade(settings, revision)
    _tell(settings, before, dry_run=dry_run, as_json=as_json, goal=revision)


@db.command()
@as_json
@click.pass_context
def check(context: click.Context, *, as_json: bool) -> None:
    """Say where the database stands; exit status 1 unless at the newest revision."""
    standing = _standing(told({Need.DATABASE}))
    if as_json:
        print_json(standing)
    else:
        print_line(f"the database is at {standing['revision'] or 'no revision'}, the newest is {standing['newest']}")
    if standing["standing"] != "at_head":
        if not as_json:
            print_line("run `boona db upgrade`")
        context.exit(1)


def _standing(settings: Settings) -> dict[str, str | None]:
    standing = wiring.check(settings)
    revision, newest = wiring.revisions(settings)
    return {"revision": revision, "newest": newest, "standing": standing.value}


def _tell(settings: Settings, before: dict[str, str | None], *, dry_run: bool, as_json: bool, goal: str | None) -> None:
    after = before if dry_run else _standing(settings)
    if as_json:
        print_json({"before": before["revision"], "after": after["revision"], "goal": goal, "dry_run": dry_run})
    elif dry_run:
        print_line(f"would go from {before['revision'] or 'nothing'} to {goal}")
    else:
        print_line(f"was at {before['revision'] or 'nothing'}, is at {after['revision'] or 'nothing'}")
