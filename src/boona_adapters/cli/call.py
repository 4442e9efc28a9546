"""The commands by which a person says what became of a call, or changes it."""

from datetime import date

import click

from boona_adapters.cli import times
from boona_adapters.cli.call_shapes import failing_json, scheduling_json
from boona_adapters.cli.opening import opened
from boona_adapters.cli.options import as_json, dry_run, id_of
from boona_adapters.cli.printing import print_json, print_line, warn
from boona_adapters.cli.words import day_in_words, hold_in_words
from boona_core.calls import CallTime, Moment
from boona_core.ids import CallerId, PhoneCallId
from boona_core.usecases.changing_calls import Failing, Scheduling


@click.group
@click.argument("call", type=id_of("CALL"))
@click.pass_context
def call(context: click.Context, *, call: int) -> None:
    """Say what became of CALL, or change it: `boona call 17 failed`.

    The numbers of calls and patients stand in `boona calls`.
    """
    context.obj = PhoneCallId(call)


@call.command
@click.option("--at", type=times.time, help='When it was tried, such as 09:10 or "2026-03-04 09:10"; now if not told.')
@click.option("--retry-after", type=times.day, help="Not before this day again; in the next window if not told.")
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
        tried = None
        if at is not None:
            tried = Moment(at.day or wired.application.list_calls.one(call).call.time.day, at.minute)
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
    _say_moved(call, scheduling, dry_run=dry_run, as_json=as_json)
    if scheduling.call is None:
        context.exit(1)


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


def _say_failing(call: PhoneCallId, failing: Failing, *, dry_run: bool) -> None:
    would = "would be " if dry_run else ""
    print_line(f"call {call}: {would}recorded as failed")
    if failing.retry is not None:
        number = "" if dry_run else f" (call {failing.retry.id})"
        by = "" if failing.retry.caller_id is None else f", by caller {failing.retry.caller_id}"
        print_line(f"attempt {failing.retry.attempt} {would}planned on {failing.retry.time}{by}{number}")
    elif failing.exhausted:
        print_line("that was the last attempt: see `boona calls --waiting`; its requests are open again")
    else:
        print_line("no time is free for the next attempt yet: `boona plan calls` looks again")


def _say_moved(call: PhoneCallId, scheduling: Scheduling, *, dry_run: bool, as_json: bool) -> None:
    if scheduling.call is None:
        warn(f"call {call}: not moved; allowed on {day_in_words(scheduling.decision)}")
        for hold in scheduling.decision.holds:
            warn(f"  - {hold_in_words(hold)}")
    elif not as_json:
        moved = scheduling.call
        by = "" if moved.caller_id is None else f", by caller {moved.caller_id}"
        outside = ", outside of the phone hours" if moved.outside_hours else ""
        print_line(f"call {call}: {'would be ' if dry_run else ''}planned on {moved.time}{by}{outside}")
