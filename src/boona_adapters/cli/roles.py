"""The commands with one role each, for production: they go on until Ctrl-C or SIGTERM."""

from collections.abc import Callable, Sequence

import click

from boona_adapters.cli.opening import told
from boona_adapters.roles import Loop, Roles, roles_of, running
from boona_adapters.running import stop_by_signal
from boona_adapters.settings import WHOLE_APPLICATION, Need
from boona_adapters.wiring import build

MOST_THREADS = 64


@click.command
@click.option(
    "--threads",
    type=click.IntRange(1, MOST_THREADS),
    default=4,
    show_default=True,
    help="Works at the same time, each with a connection of its own to database and mail server.",
)
def worker(*, threads: int) -> None:
    """Do what is due whenever a message says so, until Ctrl-C or SIGTERM.

    Messages come through Redis and carry nothing.  What is in hand at the end is finished.  Any number of workers may
    run, on any number of machines.
    """
    _go_on({Need.REDIS}, threads + 2, lambda roles: [roles.worker(threads)])


@click.command
def sweep() -> None:
    """Find what is due and call the workers, or do it when nobody answers, until Ctrl-C or SIGTERM.

    Works without Redis, too.  Several may run.
    """
    _go_on(set(), 12, lambda roles: [roles.sweep()])


@click.command
def relay() -> None:
    """Tell other systems what happened, and take in what they say, until Ctrl-C or SIGTERM.

    One relay works at a time; others wait for its end.
    """
    _go_on(set(), 4, lambda roles: [*roles.relay()])


def _go_on(needs: set[Need], connections: int, choose: Callable[[Roles], Sequence[Loop]]) -> None:
    settings = told(WHOLE_APPLICATION | needs)
    with stop_by_signal() as stop, build(settings, connections=connections) as wired, roles_of(wired) as roles:
        roles.show()
        loops = choose(roles)
        if not loops:
            raise click.ClickException("there is no bus: see BOONA_EVENTS__BUS and BOONA_REDIS_URL")
        with running(loops, roles.ended) as all_go_on:
            click.echo("running; Ctrl-C ends it", err=True)
            stop.wait(all_go_on)
            ended_by_itself = not stop.asked()
    if ended_by_itself:
        raise click.ClickException("it ended by itself: the log says why")
