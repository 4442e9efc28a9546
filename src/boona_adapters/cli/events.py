"""The commands about events, and about the hold after a restore."""

import click

from boona_adapters.cli.opening import opened
from boona_adapters.cli.options import as_json, dry_run
from boona_adapters.cli.printing import counted, print_json, print_line, print_table
from boona_adapters.cli.shapes import hold_json, set_aside_json

SHOWN = 100


@click.command
@as_json
def events(*, as_json: bool) -> None:
    """Show how many events wait for the bus, and which messages of other systems a person has to look at."""
    with opened() as wired, wired.open_unit() as unit:
        backlog, aside, now = unit.relay.backlog(), unit.inbound.waiting(SHOWN), unit.now()
    age = None if backlog.oldest is None else (now - backlog.oldest).total_seconds()
    if as_json:
        print_json(
            {
                "unpublished": backlog.count,
                "oldest_unpublished_seconds": age,
                "set_aside": [set_aside_json(each) for each in aside],
            }
        )
        return
    print_line(f"{counted(backlog.count, 'event', 'events')} to be published")
    if age is not None:
        print_line(f"the oldest waits since {age:,.0f} seconds")
    if aside:
        print_line("messages of other systems that could not be taken in:")
        print_table(
            ("id", "when (UTC)", "stream", "place", "why"),
            [(each.id, f"{each.at:%Y-%m-%d %H:%M}", each.source, each.place, each.reason) for each in aside],
        )


@click.command("release-hold")
@dry_run
@as_json
def release_hold(*, dry_run: bool, as_json: bool) -> None:
    """Let emails leave again after the database was restored from a backup.

    A backup does not know what was sent after it was made.  Before this is released, every email that is queued now
    has to be compared with what the mail server or the archive mailbox shows: cancel those that were sent.
    """
    with opened() as wired:
        watch = wired.high_water
        hold = None if watch is None else watch.hold() if dry_run else watch.release()
        if hold is not None and not dry_run:
            wired.send_soon()
    if as_json:
        print_json({"released": hold is not None and not dry_run, "hold": hold_json(hold)})
        return
    if hold is None:
        print_line("nothing is on hold")
        return
    lost = f"the mark outside of the database is {hold.outside:,}, its own was {hold.inside:,}"
    print_line(f"{'on hold' if dry_run else 'released'}: {lost}")
