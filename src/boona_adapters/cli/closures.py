"""The commands about the days on which the agency makes no calls, besides public holidays."""

from datetime import date

import click

from boona_adapters.cli.call_shapes import replanning_json
from boona_adapters.cli.call_words import replanning_in_words
from boona_adapters.cli.opening import opened
from boona_adapters.cli.options import DAY, as_json, dry_run
from boona_adapters.cli.printing import print_json, print_line, print_table, warn


@click.group(invoke_without_command=True)
@as_json
@click.pass_context
def closures(context: click.Context, *, as_json: bool) -> None:
    """The days without calls besides public holidays; alone it lists them."""
    if context.invoked_subcommand is None:
        _list(None, None, as_json=as_json)
    elif as_json:
        raise click.UsageError("--json belongs behind the command")


@closures.command("list")
@click.option("--from", "first", type=DAY, help="From this day on; from the first there is if not told.")
@click.option("--to", "last", type=DAY, help="Up to this day.")
@as_json
def list_closures(*, first: date | None, last: date | None, as_json: bool) -> None:
    """List the closed days."""
    _list(first, last, as_json=as_json)


@closures.command
@click.argument("day", type=DAY)
@click.option("--reason", help="Why; for the staff.")
@dry_run
@as_json
def add(*, day: date, reason: str | None, dry_run: bool, as_json: bool) -> None:
    """Close DAY: its planned calls are made on another, or their therapists are due again."""
    with opened() as wired:
        done = wired.application.close_days.close(day, reason, dry_run=dry_run)
    if as_json:
        print_json({"dry_run": dry_run, "day": day.isoformat(), "reason": reason, **replanning_json(done)})
        return
    print_line(f"{day}: {'would be ' if dry_run else ''}closed")
    for line in replanning_in_words(done, dry_run=dry_run):
        print_line(line)


@closures.command
@click.argument("day", type=DAY)
@dry_run
@as_json
@click.pass_context
def remove(context: click.Context, *, day: date, dry_run: bool, as_json: bool) -> None:
    """Open DAY again; exit status 1 when it was not closed."""
    with opened() as wired:
        opened_again = wired.application.close_days.open(day, dry_run=dry_run)
    if as_json:
        print_json({"dry_run": dry_run, "day": day.isoformat(), "opened": opened_again})
    if not opened_again:
        warn(f"{day} is not closed by the agency")
        context.exit(1)
    if not as_json:
        print_line(f"{day}: {'would be ' if dry_run else ''}open for calls again")


def _list(first: date | None, last: date | None, *, as_json: bool) -> None:
    with opened() as wired:
        days = wired.application.close_days.days(first=first or date.min, last=last or date.max)
    if as_json:
        print_json({"closures": [{"day": day.isoformat(), "reason": words} for day, words in sorted(days.items())]})
    elif days:
        print_table(("day", "why"), sorted(days.items()))
    else:
        print_line("no closed days besides public holidays")
