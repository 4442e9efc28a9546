"""The commands by which a person decides about one email or one request."""

import click

from boona_adapters.cli.opening import opened
from boona_adapters.cli.options import as_json, dry_run, id_of
from boona_adapters.cli.printing import print_json, say, warn
from boona_adapters.cli.shapes import Json, queuing_json
from boona_adapters.cli.words import day_in_words, hold_in_words
from boona_core.errors import BoonaError
from boona_core.ids import EmailId, PlacementRequestId
from boona_core.usecases.deciding import QueueEmail, Queuing, Settlement


@click.command
@click.argument("emails", metavar="EMAIL...", type=id_of("EMAIL"), nargs=-1, required=True)
@click.option("--override", metavar="REASON", help="Override what a person may, for this reason of yours; recorded.")
@dry_run
@as_json
@click.pass_context
def queue(
    context: click.Context, *, emails: tuple[int, ...], override: str | None, dry_run: bool, as_json: bool
) -> None:
    """Put drafts into the queue, as far as the rules allow.

    Exit status 1 when one of them was not queued.  Overridden may be: an email or a call that took place lately, a
    planned call, the day's number of emails; nothing else.
    """
    results: list[Json] = []
    with opened() as wired:
        for number in dict.fromkeys(emails):
            results.append(_queue_one(wired.application.queue_email, number, override, dry_run=dry_run))
    if as_json:
        print_json({"dry_run": dry_run, "emails": results})
    if not all(result["queued"] for result in results):
        context.exit(1)


def _queue_one(use: QueueEmail, number: int, override: str | None, *, dry_run: bool) -> Json:
    try:
        queuing = use(EmailId(number), override=override, dry_run=dry_run)
    except BoonaError as fault:
        warn(f"email {number}: not queued: {fault}")
        return {"email_id": number, "queued": False, "fault": str(fault)}
    _say_queuing(queuing, dry_run=dry_run)
    return queuing_json(queuing)


@click.command
@click.argument("email", type=id_of("EMAIL"))
@click.argument("settlement", type=click.Choice([each.value for each in Settlement]))
@dry_run
@as_json
@click.pass_context
def settle(context: click.Context, *, email: int, settlement: str, dry_run: bool, as_json: bool) -> None:
    """Say what became of an uncertain or failed email: it was sent, send it again, or drop it.

    `again` sends the same message under the same Message-ID, if the rules allow; `drop` opens its requests again.
    """
    with opened() as wired:
        queuing = wired.application.settle_email(EmailId(email), Settlement(settlement), dry_run=dry_run)
    if queuing is not None:
        _say_queuing(queuing, dry_run=dry_run)
    else:
        say(f"email {email}: {'would be ' if dry_run else ''}settled: {settlement}")
    if as_json:
        print_json(
            {
                "email_id": email,
                "settlement": settlement,
                "dry_run": dry_run,
                "queuing": None if queuing is None else queuing_json(queuing),
            }
        )
    if queuing is not None and not queuing.queued:
        context.exit(1)


@click.command
@click.argument("email", type=id_of("EMAIL"))
@dry_run
@as_json
def cancel(*, email: int, dry_run: bool, as_json: bool) -> None:
    """Cancel an email that was not handed over; its requests are open again."""
    with opened() as wired:
        wired.application.cancel_email(EmailId(email), dry_run=dry_run)
    say(f"email {email}: {'would be ' if dry_run else ''}canceled")
    if as_json:
        print_json({"email_id": email, "canceled": True, "dry_run": dry_run})


@click.command
@click.argument("request", type=id_of("REQUEST"))
@dry_run
@as_json
def release(*, request: int, dry_run: bool, as_json: bool) -> None:
    """Give a placement request that is in progress back: it is open again.

    An email not yet sent is written anew without it, or canceled when nothing is left in it.
    """
    with opened() as wired:
        wired.application.release_request(PlacementRequestId(request), dry_run=dry_run)
    say(f"placement request {request}: {'would be ' if dry_run else ''}open again")
    if as_json:
        print_json({"request_id": request, "released": True, "dry_run": dry_run})


def _say_queuing(queuing: Queuing, *, dry_run: bool) -> None:
    would = "would be " if dry_run else ""
    if queuing.queued:
        overridden = f", overriding {', '.join(sorted(queuing.overridden))}" if queuing.overridden else ""
        say(f"email {queuing.email_id}: {would}queued{overridden}")
        return
    warn(f"email {queuing.email_id}: not queued; allowed on {day_in_words(queuing.decision)}")
    for hold in queuing.decision.holds:
        warn(f"  - {hold_in_words(hold)}")
    if queuing.closed:
        warn(f"  not open: placement requests {', '.join(map(str, queuing.closed))}")
