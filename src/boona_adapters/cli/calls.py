"""The command that shows the call list: to people, to programs, and to calendars."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from boona_adapters.cli.call_shapes import call_list_json, listed_call_json
from boona_adapters.cli.call_words import (
    circumstances,
    contact_in_words,
    patient_in_short,
    promise_in_words,
    whom_in_words,
)
from boona_adapters.cli.opening import opened
from boona_adapters.cli.options import DAY, as_json, id_of
from boona_adapters.cli.printing import counted, print_json, print_line, print_table
from boona_core.calls import CallStatus
from boona_core.ids import CallerId, PhoneCallId
from boona_core.usecases.listing_calls import CallList, ListCalls, ListedCall
from boona_core.windows import clock

if TYPE_CHECKING:
    from boona_adapters.wiring import Wired

_SHOWN_CONTACTS = 2


@click.command
@click.argument("call", type=id_of("CALL"), required=False)
@click.option("--on", type=DAY, help="The day, such as 2026-03-04; today if it is not told.")
@click.option("--days", type=click.IntRange(1, 366), default=1, show_default=True, help="So many days from it.")
@click.option("--caller", type=id_of("CALLER"), help="Only the calls of this caller.")
@click.option("--waiting", is_flag=True, help="Those that nobody answered in all attempts: a person decides.")
@click.option(
    "--ics",
    type=click.Path(path_type=Path),
    help="Write calendars: a FOLDER gets one for each caller, a FILE that ends in .ics one caller's.",
)
@as_json
def calls(
    *, call: int | None, on: date | None, days: int, caller: int | None, waiting: bool, ics: Path | None, as_json: bool
) -> None:
    """Show the call list of a day, by caller and time; with CALL, show this one with what to say.

    Patients stand under the numbers by which their answers are recorded: `boona call CALL completed --accept 1,3`.
    """
    if call is not None or waiting:
        given = [name for name, told in (("--on", on), ("--caller", caller), ("--ics", ics)) if told]
        if given or (call is not None and waiting):
            raise click.UsageError(f"{', '.join(given) or '--waiting'} is about a list of days, not about this")
    with opened() as wired:
        use = wired.application.list_calls
        if call is not None:
            _show(use, use.one(PhoneCallId(call)), as_json=as_json)
        elif waiting:
            _show_waiting(use, use.waiting(), as_json=as_json)
        else:
            listed = use(on=on, days=days, caller_id=None if caller is None else CallerId(caller))
            if ics is not None:
                _write(wired, listed, ics, None if caller is None else CallerId(caller), as_json=as_json)
            elif as_json:
                print_json(call_list_json(listed, {each.call.id: use.words(each) for each in listed.calls}))
            else:
                _print(listed)


# -- for people --------------------------------------------------------------------------------------------------------


def _print(listed: CallList) -> None:
    days = f"{listed.first}" if listed.first == listed.last else f"{listed.first} to {listed.last}"
    shown = [each for each in listed.calls if each.call.status is not CallStatus.CANCELED]
    canceled = len(listed.calls) - len(shown)
    if not shown:
        print_line(f"{days}: no calls")
    for (caller, day), those in groupby(shown, key=lambda each: (_caller(each), each.call.time.day)):
        part = list(those)
        print_line(f"{day}, {caller}: {counted(len(part), 'call', 'calls')}\n")
        print_table(("time", "call", "whom", "about"), [_row(each) for each in part], spaced=True)
        print_line()
    if canceled:
        print_line(f"{counted(canceled, 'call', 'calls')} canceled")


def _caller(listed: ListedCall) -> str:
    return "nobody in particular" if listed.caller is None else f"{listed.caller.name} (caller {listed.caller.id})"


def _row(listed: ListedCall) -> tuple[object, ...]:
    call = listed.call
    time = clock(call.time.start)
    return (
        time if call.status is CallStatus.SCHEDULED else f"{time}\n{call.status}",
        call.id,
        "\n".join(whom_in_words(listed)),
        "\n".join(_about(listed, contacts=_SHOWN_CONTACTS)),
    )


def _about(listed: ListedCall, *, contacts: int) -> list[str]:
    lines = [circumstances(listed), *map(patient_in_short, listed.patients)]
    if listed.promise is not None:
        lines.append(promise_in_words(listed.promise))
    lines += map(contact_in_words, listed.history[:contacts])
    if listed.call.notes:
        lines.append(f"notes: {listed.call.notes}")
    return lines


def _show(use: ListCalls, listed: ListedCall, *, as_json: bool) -> None:
    words = use.words(listed)
    if as_json:
        print_json(listed_call_json(listed, words))
        return
    call = listed.call
    print_line(f"call {call.id}, {call.status}: {call.time}, {call.time.minutes} minutes, {_caller(listed)}")
    print_line(f"therapist {listed.therapist.id}: {', '.join(whom_in_words(listed))}")
    for line in _about(listed, contacts=len(listed.history)):
        print_line(line)
    print_line(f"\n{words}")


def _show_waiting(use: ListCalls, waiting: Sequence[ListedCall], *, as_json: bool) -> None:
    if as_json:
        print_json({"calls": [listed_call_json(each, use.words(each)) for each in waiting]})
        return
    if not waiting:
        print_line("no call waits for a person")
        return
    print_line(f"{counted(len(waiting), 'therapist', 'therapists')} did not answer in all attempts:\n")
    rows = [
        (
            each.call.id,
            str(each.call.time),
            "\n".join(whom_in_words(each)),
            f"{each.call.attempt} of {each.attempts}",
            "\n".join(map(contact_in_words, each.history)),
        )
        for each in waiting
    ]
    print_table(("call", "last tried", "whom", "attempt", "before"), rows, spaced=True)
    print_line("\n`boona call CALL again` lets calls to them be planned again")


# -- for calendars -----------------------------------------------------------------------------------------------------


def _write(wired: "Wired", listed: CallList, place: Path, caller: CallerId | None, *, as_json: bool) -> None:
    """Write calendars; every active caller gets one, so that what is theirs no more leaves theirs."""
    from boona_adapters.calendars import calendar  # noqa: PLC0415 - only this needs its library

    host = wired.settings.sender.email.rpartition("@")[2] if wired.settings.sender.email else ""
    entries = wired.application.list_calls.entries(listed)
    owners = {entry.caller_id for entry in entries}
    if place.suffix == ".ics":
        if len(owners) > 1:
            raise click.UsageError(f"the calls have {len(owners)} callers: name one with --caller, or a folder")
        files = {place: entries}
    else:
        everybody = (
            [each.id for each in wired.application.keep_callers.all(active=True)] if caller is None else [caller]
        )
        files = {
            place / ("calls.ics" if owner is None else f"caller-{owner}.ics"): tuple(
                entry for entry in entries if entry.caller_id == owner
            )
            for owner in sorted({*owners, *everybody}, key=lambda each: each or 0)
        }
    for path, those in files.items():
        _write_file(path, calendar(those, host=host))
    if as_json:
        print_json({"files": [{"file": str(path), "calls": len(those)} for path, those in files.items()]})
        return
    for path, those in files.items():
        print_line(f"{path}: {counted(len(those), 'call', 'calls')}")


def _write_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: a calendar program may read it at any moment.

    Raises:
        click.ClickException: it cannot be written.
    """
    unfinished = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as fault:
        raise click.ClickException(f"{path} cannot be written: {fault.strerror}") from None
