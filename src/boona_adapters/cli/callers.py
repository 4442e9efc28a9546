"""The commands about the people who make calls."""

from collections.abc import Sequence
from datetime import date

import click
from attrs import evolve

from boona_adapters.cli import times
from boona_adapters.cli.call_shapes import caller_json, replanning_json
from boona_adapters.cli.call_words import replanning_in_words
from boona_adapters.cli.opening import opened
from boona_adapters.cli.options import as_json, dry_run, id_of
from boona_adapters.cli.printing import print_json, print_line, print_table
from boona_core.callers import Absence, Caller, CallerHours
from boona_core.calls import Moment
from boona_core.ids import CallerId
from boona_core.usecases.replanning import Replanning
from boona_core.windows import WeeklyWindows

_hours = click.option(
    "--hours", type=times.hours, help='When they make calls: "Mo-Do 9-15", or JSON as for phone hours.'
)
_breaks = click.option("--breaks", type=times.hours, help='When they do not, within these hours: "Mo-Do 12-12:30".')
_absent = click.option(
    "--absent",
    "absences",
    type=times.days,
    multiple=True,
    help="Days on which they are not there: 2026-03-04, or 2026-03-04..2026-03-06; may be told several times.",
)


@click.group(invoke_without_command=True)
@as_json
@click.pass_context
def callers(context: click.Context, *, as_json: bool) -> None:
    """Who makes calls, and when; alone it lists them.

    A change gives planned calls that do not fit any more another caller or time, in the same step.
    """
    if context.invoked_subcommand is None:
        _list(everybody=False, as_json=as_json)
    elif as_json:
        raise click.UsageError("--json belongs behind the command")


@callers.command("list")
@click.option("--all", "everybody", is_flag=True, help="Those too who make no calls any more.")
@as_json
def list_callers(*, everybody: bool, as_json: bool) -> None:
    """List the callers with their hours."""
    _list(everybody=everybody, as_json=as_json)


@callers.command
@click.argument("name")
@_hours
@_breaks
@_absent
@dry_run
@as_json
def add(
    *,
    name: str,
    hours: WeeklyWindows | None,
    breaks: WeeklyWindows | None,
    absences: Sequence[Absence],
    dry_run: bool,
    as_json: bool,
) -> None:
    """Add a caller; without --hours they get no calls yet."""
    wanted = CallerHours(working_hours=hours or WeeklyWindows(), breaks=breaks or WeeklyWindows(), absences=absences)
    with opened() as wired:
        caller = wired.application.keep_callers.add(name, wanted, dry_run=dry_run)
    if as_json:
        print_json({"dry_run": dry_run, "caller": {**caller_json(caller), "id": None if dry_run else caller.id}})
    elif dry_run:
        print_line(f"{caller.name} would be added")
    else:
        print_line(f"caller {caller.id}: {caller.name}")


@callers.command
@click.argument("caller", type=id_of("CALLER"))
@click.option("--name", help="Another name.")
@_hours
@_breaks
@_absent
@click.option("--present", is_flag=True, help="Forget the absences that are known; those of --absent come instead.")
@click.option("--back", is_flag=True, help="Somebody who was removed makes calls again.")
@dry_run
@as_json
def change(
    *,
    caller: int,
    name: str | None,
    hours: WeeklyWindows | None,
    breaks: WeeklyWindows | None,
    absences: Sequence[Absence],
    present: bool,
    back: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Change a caller: what is not told stays, absences are added."""

    def becomes(known: Caller) -> Caller:
        return evolve(
            known,
            name=known.name if name is None else name,
            active=known.active or back,
            hours=CallerHours(
                working_hours=known.hours.working_hours if hours is None else hours,
                breaks=known.hours.breaks if breaks is None else breaks,
                absences=[*dict.fromkeys((*(() if present else known.hours.absences), *absences))],
            ),
        )

    with opened() as wired:
        use = wired.application.keep_callers
        known = use.one(CallerId(caller))
        done = use.change(known.id, becomes, dry_run=dry_run)
    _tell(becomes(known), done, "changed", dry_run=dry_run, as_json=as_json)


@callers.command
@click.argument("caller", type=id_of("CALLER"))
@dry_run
@as_json
def remove(*, caller: int, dry_run: bool, as_json: bool) -> None:
    """Let a caller make no calls any more; past calls keep their name."""
    with opened() as wired:
        use = wired.application.keep_callers
        done = use.remove(CallerId(caller), dry_run=dry_run)
        known = use.one(CallerId(caller))
    _tell(evolve(known, active=False), done, "removed", dry_run=dry_run, as_json=as_json)


@callers.command
@click.argument("caller", type=id_of("CALLER"))
@click.option("--until", type=times.moment, required=True, help='They are free again from "2026-03-04 10:30" on.')
@dry_run
@as_json
def late(*, caller: int, until: tuple[date, int], dry_run: bool, as_json: bool) -> None:
    """A call ran over, or a caller comes late: their calls before that time are planned anew."""
    with opened() as wired:
        known = wired.application.keep_callers.one(CallerId(caller))
        done = wired.application.replan_day(known.id, until=Moment(*until), dry_run=dry_run)
    _tell(known, done, "late", dry_run=dry_run, as_json=as_json)


def _list(*, everybody: bool, as_json: bool) -> None:
    with opened() as wired:
        found = wired.application.keep_callers.all(active=None if everybody else True)
    if as_json:
        print_json({"callers": [caller_json(each) for each in found]})
        return
    if not found:
        print_line("no callers: calls are planned for nobody in particular; `boona callers add NAME` adds one")
        return
    rows = [
        (
            each.id,
            each.name + ("" if each.active else " (makes no calls any more)"),
            _in_words(each.hours.working_hours) or "never",
            _in_words(each.hours.breaks),
            "\n".join(f"{absence.begins}, back on {absence.ends}" for absence in each.hours.absences),
        )
        for each in found
    ]
    print_table(("caller", "name", "hours", "breaks", "absent"), rows, spaced=True)


def _in_words(hours: WeeklyWindows) -> str:
    return "\n".join(f"{day.value[:3]} {', '.join(map(str, windows))}" for day, windows in hours.days())


def _tell(caller: Caller, done: Replanning, deed: str, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        print_json({"dry_run": dry_run, "caller": caller_json(caller), **replanning_json(done)})
        return
    print_line(f"caller {caller.id}: {'would be ' if dry_run else ''}{deed}")
    for line in replanning_in_words(done, dry_run=dry_run):
        print_line(line)
