"""The commands by which a person says what became of a call, or changes it."""

from datetime import date

import click

from boona_adapters.cli import times
from boona_adapters.cli.call_shapes import completion_json, failing_json, scheduling_json
from boona_adapters.cli.call_words import planned_in_words, tell_refusal
from boona_adapters.cli.opening import opened
from boona_adapters.cli.options import DAY, Numbers, as_json, dry_run, id_of
from boona_adapters.cli.printing import print_json, print_line
from boona_adapters.cli.recorded import print_recorded
from boona_core.answers import outcomes_of_call
from boona_core.calls import CallTime, Moment, Outcome, PhoneCall
from boona_core.ids import CallerId, PhoneCallId, PlacementRequestId
from boona_core.usecases.changing_calls import Failing


@click.group
@click.argument("call", type=id_of("CALL"))
@click.pass_context
def call(context: click.Context, *, call: int) -> None:
    """Say what became of CALL, or change it: `boona call 17 failed`.

    The numbers of calls and patients stand in `boona calls`.
    """
    context.obj = PhoneCallId(call)


@call.command
@click.option("--accept", type=Numbers(), default=(), help="Numbers of the call list that the therapist takes.")
@click.option("--reject", type=Numbers(), default=(), help="Numbers that the therapist does not take.")
@click.option("--follow-up", type=Numbers(), default=(), help="Numbers about which the therapist wants another call.")
@click.option(
    "--promised",
    "promises",
    multiple=True,
    metavar="[NUMBER:]TEXT",
    help="What was promised, shown before the next call; without a number: about all of --follow-up.",
)
@click.option("--retry-after", type=DAY, help="The other call not before this day; the next working day if not told.")
@click.option("--at", type=times.time, help='When it was held, such as 09:10 or "2026-03-04 09:10"; now if not told.')
@click.option("--outcome", help="The call in a few words.")
@click.option("--notes", help="What the staff should know.")
@dry_run
@as_json
@click.pass_obj
def completed(
    call: PhoneCallId,
    *,
    accept: tuple[int, ...],
    reject: tuple[int, ...],
    follow_up: tuple[int, ...],
    promises: tuple[str, ...],
    retry_after: date | None,
    at: times.Told | None,
    outcome: str | None,
    notes: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """The call was held: record what was said, with numbers as in the call list: `--accept 1,3 --reject 2`.

    Numbers that nobody names were not discussed, and are open again.  Record it again with other numbers to correct it.
    """
    if retry_after and not follow_up:
        raise click.UsageError("--retry-after needs --follow-up")
    said = {Outcome.ACCEPTED: accept, Outcome.REJECTED: reject, Outcome.NEEDS_FOLLOW_UP: follow_up}
    with opened() as wired:
        known = wired.application.list_calls.one(call).call
        completion = wired.application.complete_call(
            call,
            outcomes_of_call(known, said),
            at=_moment(at, known),
            outcome=outcome,
            notes=notes,
            follow_up_notes=_promised(known, promises, follow_up),
            retry_after=retry_after,
            dry_run=dry_run,
        )
    if as_json:
        print_json({"dry_run": dry_run, **completion_json(completion)})
        return
    print_line(f"call {call}: {'would be ' if dry_run else ''}recorded as held")
    print_recorded(completion.recorded)


@call.command
@click.option("--at", type=times.time, help='When it was tried, such as 09:10 or "2026-03-04 09:10"; now if not told.')
@click.option("--retry-after", type=DAY, help="Not before this day again; in the next window if not told.")
@click.option("--notes", help="For whoever calls next.")
@dry_run
@as_json
@click.pass_obj
def failed(
    call: PhoneCallId,
    *,
    at: times.Told | None,
    retry_after: date | None,
    notes: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Nobody answered: the next attempt is planned, or after the last one a person decides."""
    with opened() as wired:
        tried = None if at is None else _moment(at, wired.application.list_calls.one(call).call)
        failing = wired.application.fail_call(call, at=tried, notes=notes, retry_after=retry_after, dry_run=dry_run)
    if as_json:
        print_json({"dry_run": dry_run, **failing_json(failing)})
    else:
        _say_failing(call, failing, dry_run=dry_run)


@call.command
@click.option("--reason", help="Why; kept with the call.")
@dry_run
@as_json
@click.pass_obj
def canceled(call: PhoneCallId, *, reason: str | None, dry_run: bool, as_json: bool) -> None:
    """The call is off: its requests are open again."""
    with opened() as wired:
        wired.application.cancel_call(call, words=reason, dry_run=dry_run)
    if as_json:
        print_json({"call_id": call, "canceled": True, "dry_run": dry_run})
    else:
        print_line(f"call {call}: {'would be ' if dry_run else ''}canceled")


@call.command
@click.option("--to", "to", type=times.moment, help='Its new time, such as "2026-03-04 09:10".')
@click.option("--caller", type=id_of("CALLER"), help="Who makes it from now on.")
@click.option("--notes", help="For whoever calls.")
@dry_run
@as_json
@click.pass_context
def moved(
    context: click.Context,
    *,
    to: tuple[date, int] | None,
    caller: int | None,
    notes: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Give the call another time or another caller; exit status 1 when the rules or other calls are in the way.

    The time may lie outside of the phone hours, which is noted, but not on a day without calls.
    """
    if to is None and caller is None:
        raise click.UsageError("tell a new time with --to, or a caller with --caller")
    call: PhoneCallId = context.obj
    with opened() as wired:
        time = None
        if to is not None:
            time = CallTime(*to, wired.application.list_calls.one(call).call.time.minutes)
        scheduling = wired.application.move_call(
            call, time=time, caller_id=None if caller is None else CallerId(caller), notes=notes, dry_run=dry_run
        )
    if as_json:
        print_json({"dry_run": dry_run, **scheduling_json(scheduling)})
    if scheduling.call is None:
        tell_refusal(f"call {call}: not moved", scheduling)
        context.exit(1)
    elif not as_json:
        print_line(f"call {call}: {planned_in_words(scheduling.call, dry_run=dry_run)}")


@call.command
@dry_run
@as_json
@click.pass_obj
def again(call: PhoneCallId, *, dry_run: bool, as_json: bool) -> None:
    """Nobody answered in all attempts, and you have looked at it: calls may be planned again."""
    with opened() as wired:
        wired.application.settle_exhausted(call, dry_run=dry_run)
    if as_json:
        print_json({"call_id": call, "settled": True, "dry_run": dry_run})
    else:
        print_line(f"call {call}: calls to this therapist {'would be' if dry_run else 'are'} possible again")


def _moment(at: times.Told | None, call: PhoneCall) -> Moment | None:
    """A time as a person told it; without a date it is one of the day for which the call was planned."""
    return None if at is None else Moment(at.day or call.time.day, at.minute)


def _promised(call: PhoneCall, promises: tuple[str, ...], follow_up: tuple[int, ...]) -> dict[PlacementRequestId, str]:
    """What was promised about which request.

    Raises:
        click.UsageError: a number is not in the call, or there is nothing that a promise could be about.
    """
    notes: dict[PlacementRequestId, str] = {}
    for promise in promises:
        before, colon, after = promise.partition(":")
        numbered = bool(colon) and before.strip().isdecimal()
        numbers = (int(before),) if numbered else follow_up
        if not numbers:
            raise click.UsageError("--promised needs a number, 2:TEXT, or --follow-up")
        for number in numbers:
            if number not in call.numbered:
                raise click.UsageError(f"--promised: {number} is not in call {call.id}")
            notes[call.numbered[number].placement_request_id] = (after if numbered else promise).strip()
    return notes


def _say_failing(call: PhoneCallId, failing: Failing, *, dry_run: bool) -> None:
    would = "would be " if dry_run else ""
    print_line(f"call {call}: {would}recorded as failed")
    if failing.retry is not None:
        number = "" if dry_run else f" (call {failing.retry.id})"
        print_line(f"attempt {failing.retry.attempt}: {planned_in_words(failing.retry, dry_run=dry_run)}{number}")
    elif failing.exhausted:
        print_line("that was the last attempt: see `boona calls --waiting`; its requests are open again")
    else:
        print_line("no time is free for the next attempt yet: `boona plan calls` looks again")
