"""The commands that move a patient or a therapist along their lifecycle."""

from datetime import date, datetime

import click

from boona_adapters.cli.opening import opened
from boona_adapters.cli.options import as_json, dry_run, id_of
from boona_adapters.cli.printing import print_json, print_line, warn
from boona_core.ids import PatientId, TherapistId
from boona_core.lifecycles import PatientStep, TherapistStep
from boona_core.usecases.moving_people import Moved

_until = click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="The first day after it, as 2026-12-31."
)


@click.command
@click.argument("patient", type=id_of("PATIENT"))
@click.argument("step", type=click.Choice([step.value for step in PatientStep]))
@_until
@dry_run
@as_json
@click.pass_context
def patient(
    context: click.Context, *, patient: int, step: str, until: datetime | None, dry_run: bool, as_json: bool
) -> None:
    """Move a patient along: start, pause, resume or abort a search, complete or break off a therapy.

    A search begins with contracts signed and a diagnosis; a pause needs --until.  Who found a place without the agency
    is placed by `place`; a yes of a therapist does it by itself.  Whoever does not search any more leaves unsent emails
    and calls that were not made.
    """
    with opened() as wired:
        moved = wired.application.move_people.patient(
            PatientId(patient), PatientStep(step), until=_day(until), dry_run=dry_run
        )
    _tell(context, "patient", patient, moved, dry_run=dry_run, as_json=as_json)


@click.command
@click.argument("therapist", type=id_of("THERAPIST"))
@click.argument("step", type=click.Choice([step.value for step in TherapistStep]))
@click.option("--reason", metavar="TEXT", help="Why, for a block or whoever becomes inactive; a person sees it.")
@_until
@dry_run
@as_json
@click.pass_context
def therapist(
    context: click.Context,
    *,
    therapist: int,
    step: str,
    reason: str | None,
    until: datetime | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Block a therapist (for a --reason, for good or --until a day), deactivate, or leave alone; and the way back.

    A block leaves the requests open, the others cancel them; unsent emails and planned calls are canceled.
    """
    with opened() as wired:
        moved = wired.application.move_people.therapist(
            TherapistId(therapist), TherapistStep(step), reason=reason, until=_day(until), dry_run=dry_run
        )
    _tell(context, "therapist", therapist, moved, dry_run=dry_run, as_json=as_json)


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _tell(context: click.Context, who: str, number: int, moved: Moved, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                f"{who}_id": number,
                "status": moved.status,
                "changed": sorted(moved.changed),
                "missing": [each.value for each in moved.missing],
                "dry_run": dry_run,
            }
        )
    elif not moved.missing:
        would = "would be " if dry_run else ""
        changed = f" ({', '.join(sorted(moved.changed))})" if moved.changed else ", as before"
        print_line(f"{who} {number}: {would}{moved.status}{changed}")
    for each in moved.missing:
        warn(f"{who} {number}: cannot search yet: {each.value} is missing")
    if moved.missing:
        context.exit(1)
