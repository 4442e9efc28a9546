"""The commands by which a person records what a therapist said, confirms it, and takes a placement back."""

from datetime import date
from typing import BinaryIO

import click

from boona_adapters.cli.opening import opened
from boona_adapters.cli.options import Day, Numbers, as_json, dry_run, id_of
from boona_adapters.cli.printing import print_json, print_line, say, warn
from boona_adapters.cli.recorded import print_recorded
from boona_adapters.cli.shapes import answered_json, confirmation_json, undone_json
from boona_adapters.cli.words import day_in_words, hold_in_words
from boona_core.calls import Outcome
from boona_core.ids import EmailId, PlacementRequestId
from boona_core.usecases.answering import Answered


@click.command
@click.argument("email", type=id_of("EMAIL"))
@click.option("--accept", type=Numbers(), default=(), help="Numbers of the letter that the therapist takes.")
@click.option("--reject", type=Numbers(), default=(), help="Numbers that the therapist does not take.")
@click.option("--follow-up", type=Numbers(), default=(), help="Numbers that the therapist wants to be called about.")
@click.option("--on", type=Day(), help="The day of the answer; today unless given.")
@click.option("--text", type=click.File("rb"), help="A file with the answer's own words (UTF-8; - for standard input).")
@click.option("--note", help="What the staff should know about it.")
@click.option("--retry-after", type=Day(), help="Call not before this day; the next working day unless given.")
@click.option("--done", is_flag=True, help="Record nothing: a person has looked at the answer, it waits no longer.")
@dry_run
@as_json
def answer(
    *,
    email: int,
    accept: tuple[int, ...],
    reject: tuple[int, ...],
    follow_up: tuple[int, ...],
    on: date | None,
    text: BinaryIO | None,
    note: str | None,
    retry_after: date | None,
    done: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Record what a therapist answered to an email, with numbers as in the letter: `--accept 1,3 --reject 2`.

    Numbers that the answer says nothing about are open again.  Without any number the answer goes to a person, and all
    stays in progress.  Record it again with other numbers to correct it.
    """
    said = {Outcome.ACCEPTED: accept, Outcome.REJECTED: reject, Outcome.NEEDS_FOLLOW_UP: follow_up}
    if done and (any(said.values()) or on or text or note or retry_after):
        raise click.UsageError("--done goes alone")
    if retry_after and not follow_up:
        raise click.UsageError("--retry-after needs --follow-up")
    content = None if text is None else _words_of(text)
    with opened() as wired:
        record = wired.application.record_answer
        if done:
            record.settle(EmailId(email), dry_run=dry_run)
            say(f"email {email}: its answer {'would wait' if dry_run else 'waits'} for nobody any more")
            if as_json:
                print_json({"email_id": email, "done": True, "dry_run": dry_run})
            return
        answered = record(
            EmailId(email),
            numbers=said,
            on=on,
            content=content,
            notes=note,
            retry_after=retry_after,
            dry_run=dry_run,
        )
    if as_json:
        print_json(answered_json(answered, dry_run=dry_run))
    else:
        _show(answered, dry_run=dry_run)


@click.command
@click.argument("email", type=id_of("EMAIL"))
@dry_run
@as_json
@click.pass_context
def confirm(context: click.Context, *, email: int, dry_run: bool, as_json: bool) -> None:
    """Release the letter that thanks for what the answer to EMAIL accepted; once for each answer.

    No interval, rest or cap holds it.  Exit status 1 when the therapist is not to be written to.
    """
    with opened() as wired:
        released = wired.application.release_confirmation(EmailId(email), dry_run=dry_run)
    queuing = released.queuing
    if as_json:
        print_json(confirmation_json(released, dry_run=dry_run))
    elif queuing.queued:
        which = "would be queued" if dry_run else f"queued as email {queuing.email_id}"
        print_line(f"email {email}: confirmation of {_listed(released.numbers)} {which}")
    if not queuing.queued:
        warn(f"email {email}: not confirmed; allowed on {day_in_words(queuing.decision)}")
        for hold in queuing.decision.holds:
            warn(f"  - {hold_in_words(hold)}")
        context.exit(1)


@click.command
@click.argument("request", type=id_of("REQUEST"))
@dry_run
@as_json
def undo(*, request: int, dry_run: bool, as_json: bool) -> None:
    """Undo the placement by an accepted REQUEST: its patient searches again.

    The requests that the placement had canceled are as before: open, or in progress through their sent email where that
    still waits for its answer.
    """
    with opened() as wired:
        undone = wired.application.undo_placement(PlacementRequestId(request), dry_run=dry_run)
    if as_json:
        print_json(undone_json(PlacementRequestId(request), undone, dry_run=dry_run))
        return
    would = "would search" if dry_run else "searches"
    print_line(f"placement request {request}: patient {undone.patient_id} {would} again")
    for number, status in sorted(undone.restored.items()):
        print_line(f"  request {number}: {status.value}")


def _show(answered: Answered, *, dry_run: bool) -> None:
    print_line(f"email {answered.email_id}: answer of {answered.day} {'would be ' if dry_run else ''}recorded")
    print_recorded(answered.recorded)
    if answered.for_person:
        print_line("  nothing was said about a number: it waits for a person, see `boona emails`")
    if answered.confirmation_offered:
        print_line(f"  to thank for it: `boona confirm {answered.email_id}`")


def _words_of(text: BinaryIO) -> str:
    try:
        return text.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise click.BadParameter("is not text in UTF-8", param_hint="--text") from None


def _listed(numbers: tuple[int, ...]) -> str:
    return f"number{'s' * (len(numbers) > 1)} {', '.join(map(str, numbers))}"
