"""The command that asks a geocoder and a router what is not known.

Of nobody an address is printed, nor who it is: only how many.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import click

from boona_adapters.cli.opening import opened
from boona_adapters.cli.options import as_json, dry_run, id_of
from boona_adapters.cli.printing import counted, print_json, print_line, progress_of, warn
from boona_adapters.cli.shapes import geocoded_json
from boona_core.application import Application
from boona_core.ids import PatientId
from boona_core.usecases.asked import Asked


class What(StrEnum):
    """What is asked about."""

    PLACES = "places"
    WAYS = "ways"


_WHO: Mapping[What, str] = {
    What.PLACES: "geocoder: set BOONA_GEOCODING__NOMINATIM_URL",
    What.WAYS: "router: set BOONA_GEOCODING__OSRM_URL",
}


@click.command
@click.option("--patient", type=id_of("PATIENT"), help="Ask about the ways of this patient alone.")
@click.option(
    "--only",
    type=click.Choice([each.value for each in What]),
    help="Ask about these alone; else first about places, then about ways.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Ask N questions at most.")
@dry_run
@as_json
@click.pass_context
def geocode(
    context: click.Context, *, patient: int | None, only: str | None, limit: int | None, dry_run: bool, as_json: bool
) -> None:
    """Ask where those are whose place is not known, and how long the ways of waiting patients are.

    One question a second to each service, whoever asks.  It may be stopped and begun again: nothing is asked twice.
    Exit status 1: something was not answered, or there is nobody to ask.
    """
    if patient is not None and only == What.PLACES:
        raise click.UsageError("--patient is about ways, --only places is not")
    parts = [What(only)] if only else [What.WAYS] if patient is not None else list(What)
    with opened() as wired:
        asked: dict[What, Asked | None] = {}
        for part in parts:
            spent = sum(each.questions for each in asked.values() if each is not None)
            left = None if limit is None else limit - spent
            asked[part] = _ask(wired.application, part, _ids(patient), left, dry_run=dry_run)
    if as_json:
        print_json({"dry_run": dry_run, **{part.value: geocoded_json(asked.get(part)) for part in What}})
    else:
        for part, each in asked.items():
            _tell(part, each)
    somebody = [each for each in asked.values() if each is not None]
    missing = not somebody or (only is not None and asked[What(only)] is None)
    if missing:
        warn(f"there is no {' and no '.join(_WHO[part] for part in parts)}")
    for each in somebody:
        if each.stopped is not None:
            warn(f"ended early: {each.stopped}")
    if missing or any(each.stopped is not None or each.failed for each in somebody):
        context.exit(1)


def _ids(patient: int | None) -> Sequence[PatientId] | None:
    return None if patient is None else [PatientId(patient)]


def _ask(
    application: Application, part: What, patients: Sequence[PatientId] | None, limit: int | None, *, dry_run: bool
) -> Asked | None:
    """Ask about one part; None: there is nobody to ask."""
    locate, find = application.locate_people, application.find_routes
    with progress_of(part.value, limit) as progress:
        if part is What.PLACES:
            if locate is None:
                return None
            return locate(limit=limit, dry_run=dry_run, on_asked=lambda done: progress(done, None))
        if find is None:
            return None
        return find(patients, limit=limit, dry_run=dry_run, on_asked=lambda done: progress(done, None))


def _tell(part: What, asked: Asked | None) -> None:
    if asked is None:
        return
    who = "with a place that is not known" if part is What.PLACES else "searching"
    print_line(f"{part}: {counted(asked.people, 'person', 'people')} {who}")
    if asked.without_question:
        print_line(f"  {asked.without_question:,} about whom too little is known to ask anything")
    if asked.dry_run:
        print_line(f"  {counted(asked.questions, 'question', 'questions')} would be asked")
    else:
        print_line(
            f"  {counted(asked.questions, 'question', 'questions')} asked: {asked.found:,} found, "
            f"{asked.unknown:,} not known, {asked.failed:,} failed"
        )
    if asked.elsewhere:
        print_line(f"  {asked.elsewhere:,} asked by another run at the moment")
    if asked.limited:
        print_line("  the limit was reached: run it again for the rest")
