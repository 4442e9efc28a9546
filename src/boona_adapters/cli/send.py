"""The command that drains the email queue."""

import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import count
from threading import Event
from types import FrameType

import click

from boona_adapters.cli.opening import opened
from boona_adapters.cli.options import as_json, dry_run
from boona_adapters.cli.printing import counted, print_json, print_line, progress_of, warn
from boona_adapters.cli.shapes import drained_json
from boona_core.application import Application
from boona_core.emails import EmailState
from boona_core.usecases.sending import Drained

MOST_CONNECTIONS = 64


@click.command
@click.option(
    "--connections",
    type=click.IntRange(1, MOST_CONNECTIONS),
    default=1,
    show_default=True,
    help="Connections to the mail server at the same time.",
)
@dry_run
@as_json
@click.pass_context
def send(context: click.Context, *, connections: int, dry_run: bool, as_json: bool) -> None:
    """Send what is queued and due, until nothing is left or the server fails.

    A pause after an earlier failure is ignored: somebody asks.  Ctrl-C ends it after the email in hand.
    """
    with opened(connections=connections + 1) as wired:
        queued = wired.application.find_emails.counts().get(EmailState.QUEUED, 0)
        if dry_run:
            _tell_queue(queued, as_json=as_json)
            return
        with progress_of("sending", queued) as progress, _stop_signal() as stop:
            done = count(1)
            drained = _drain(wired.application, connections, stop, lambda: progress(next(done), None))
    if as_json:
        print_json(drained_json(drained))
    else:
        _print(drained)
    if drained.hold is not None:
        warn("nothing was sent: the database was restored from before something was sent")
        warn("compare what is queued with what was sent, then run `boona release-hold`")
        context.exit(1)
    if drained.pause is not None:
        warn(f"the mail server failed: {drained.pause.words}")
        warn("what was not sent stays queued; see `boona doctor`, then run `boona send` again")
        context.exit(1)
    if stop.is_set():
        warn("stopped; what was not sent stays queued")
        context.exit(1)


def _drain(application: Application, connections: int, stop: Event, on_result: Callable[[], None]) -> Drained:
    """Drain over several connections at once; an error of one ends all, after what they have in hand."""

    def work() -> Drained:
        try:
            return application.drain_queue(despite_pause=True, stop=stop.is_set, on_result=on_result)
        except BaseException:
            stop.set()
            raise

    if connections == 1:
        return work()
    with ThreadPoolExecutor(connections, thread_name_prefix="send") as pool:
        futures = [pool.submit(work) for _ in range(connections)]
        while wait(futures, timeout=1.0).not_done:  # in turns, so that a signal is heard
            continue
    return _together(futures)


def _together(futures: Sequence[Future[Drained]]) -> Drained:
    parts = [future.result() for future in futures]
    return Drained(
        sent=sum(part.sent for part in parts),
        failed=sum(part.failed for part in parts),
        deferred=sum(part.deferred for part in parts),
        uncertain=sum(part.uncertain for part in parts),
        canceled=sum(part.canceled for part in parts),
        pause=next((part.pause for part in parts if part.pause), None),
        hold=next((part.hold for part in parts if part.hold), None),
    )


@contextmanager
def _stop_signal() -> Iterator[Event]:
    """An event that Ctrl-C and SIGTERM set; a second Ctrl-C ends at once."""
    stop = Event()

    def hear(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            signal.default_int_handler(number, frame)
        stop.set()

    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell_queue(queued: int, *, as_json: bool) -> None:
    if as_json:
        print_json({"queued": queued, "dry_run": True})
    else:
        print_line(f"{counted(queued, 'email', 'emails')} in the queue; nothing was sent")


def _print(drained: Drained) -> None:
    print_line(f"{counted(drained.sent, 'email', 'emails')} sent")
    for number, what in (
        (drained.deferred, "put back, to be tried again later"),
        (drained.failed, "refused for good: see `boona emails --status failed`"),
        (drained.uncertain, "uncertain: see `boona emails --status uncertain`, then `boona settle`"),
        (drained.canceled, "canceled: the rules did not allow them any more"),
    ):
        if number:
            print_line(f"{number:,} {what}")
