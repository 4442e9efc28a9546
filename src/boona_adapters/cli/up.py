"""The command that runs everything on this machine."""

import os
import shlex
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
from attrs import evolve

from boona_adapters import wiring
from boona_adapters.cli.call_words import CAUSES
from boona_adapters.cli.options import as_json
from boona_adapters.cli.printing import counted, print_json, print_line, progress_of
from boona_adapters.cli.shapes import drained_json
from boona_adapters.cli.words import REASONS
from boona_adapters.roles import roles_of, running
from boona_adapters.running import (
    SETTINGS_FILE,
    Origin,
    RunningStore,
    Stop,
    Stopped,
    running_stores,
    settings_file,
    stop_by_signal,
)
from boona_adapters.settings import (
    FILE_VARIABLE,
    WHOLE_APPLICATION,
    ScheduleSettings,
    Settings,
    missing_in,
    read_settings,
)
from boona_core.calls import Cause
from boona_core.contact import Reason
from boona_core.errors import BoonaError
from boona_core.ports import Pause
from boona_core.usecases.sending import Drained

if TYPE_CHECKING:
    from boona_adapters.demo.run import Shown

DATA_FOLDER = Path("boona-data")
HIGH_WATER_FILE = "high-water"
MAILBOX_PORT = 8765
_API_PORTS = 50
WORKER_THREADS = 4
CONNECTIONS = 20
"""To the database, for all parts together; each is made when it is first used."""


class OnHold(BoonaError):
    """Nothing is sent: the database was restored, and nobody has released the hold yet."""

    def __init__(self) -> None:
        super().__init__(
            "the database was restored from before something was sent: compare what is queued with what was sent, then "
            "run `boona release-hold`"
        )


class EndedByItself(BoonaError):
    """A worker, the sweep or the relay ended although nobody asked; the log says why."""

    def __init__(self) -> None:
        super().__init__("a part ended by itself: the log says why")


class MailServerFailed(BoonaError):
    """Not everything could be sent, because the mail server as a whole does not work.

    Attributes:
        pause: How long the queue rests, and what the server said.
    """

    def __init__(self, pause: Pause) -> None:
        super().__init__(f"the mail server failed: {pause.words}; what was not sent stays queued")
        self.pause = pause


@click.command
@click.option("--demo", is_flag=True, help="Invent an agency and show what it sends on a mailbox page.")
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    default=MAILBOX_PORT,
    show_default=True,
    help="Where the mailbox page listens on 127.0.0.1, or the next free one.",
)
@click.option(
    "--data",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=DATA_FOLDER,
    show_default=True,
    help="Keeps everything from one start to the next.",
)
@click.option("--once", is_flag=True, help="End when everything that waits is done, with the counts.")
@as_json
@click.pass_context
def up(context: click.Context, *, demo: bool, port: int, folder: Path, once: bool, as_json: bool) -> None:
    """Run everything that Boona needs on this machine, until Ctrl-C.

    Postgres and Redis are those that the settings name, or embedded ones with their data in the folder.  The tables
    are migrated; workers, sweep and relay run in this process, and the API is served to programs on this machine.

    With --demo nobody real is written to: an invented agency plans and sends to a mailbox on this machine.
    """
    with stop_by_signal() as stop, ExitStack() as stack:
        try:
            if demo:
                _run_demo(stack, stop, folder / "demo", port=port, once=once, as_json=as_json)
            else:
                _run(stack, stop, folder, once=once, as_json=as_json)
        except Stopped:
            _say("stopping")
            context.exit(1 if once else 0)


def _run(stack: ExitStack, stop: Stop, folder: Path, *, once: bool, as_json: bool) -> None:
    settings = _started(stack, stop, read_settings(os.environ), folder)
    missing = missing_in(settings, WHOLE_APPLICATION)
    if missing:
        _say("nothing is sent: for that some settings are missing")
        for fault in missing:
            _say(f"  {fault}")
        if once:
            _tell_drained(Drained(), as_json=as_json)
            return
        _say("running; Ctrl-C stops everything")
        stop.wait()
        raise Stopped
    wired = stack.enter_context(wiring.build(settings, connections=CONNECTIONS))
    if once:
        drained = wired.application.drain_queue(stop=stop.asked)
        _tell_drained(drained, as_json=as_json)
        if drained.hold is not None:
            raise OnHold
        if drained.pause is not None:
            raise MailServerFailed(drained.pause)
        return
    _say(f"emails go to {settings.smtp.host}:{settings.smtp.port}; when what is done: BOONA_SCHEDULE__…")
    _serve_api(stack, settings)
    _keep_working(stop, wired, os.environ)


def _run_demo(stack: ExitStack, stop: Stop, folder: Path, *, port: int, once: bool, as_json: bool) -> None:
    from boona_adapters.demo.mailbox import Mailbox, running_mail_server  # noqa: PLC0415 - the demo's own libraries
    from boona_adapters.demo.page import mailbox_app  # noqa: PLC0415
    from boona_adapters.demo.paper import demo_settings  # noqa: PLC0415
    from boona_adapters.demo.run import Demo, DemoFolders  # noqa: PLC0415
    from boona_adapters.demo.serving import listen, serving  # noqa: PLC0415

    folders = DemoFolders(folder)
    mailbox = Mailbox(folders.mailbox)
    mail_port = stack.enter_context(running_mail_server(mailbox))
    _say(f"mail server on 127.0.0.1:{mail_port}, keeps what it gets in {folders.mailbox}")
    settings = _started(stack, stop, demo_settings(mail_port=mail_port), folder, hurried=True)
    settings = evolve(settings, schedule=ScheduleSettings(send="* * * * *", sweep=timedelta(seconds=3)))
    wired = stack.enter_context(wiring.build(settings, connections=CONNECTIONS, environ={}))
    demo = Demo(
        folders=folders,
        application=wired.application,
        say=_say,
        progress=progress_of,
        check=stop.check,
        stop=stop.asked,
    )
    shown = demo(today=datetime.now(settings.zone).date())
    if once:
        _tell_demo(shown, url=None, as_json=as_json)
        return
    listening = listen(port)
    chosen: int = listening.getsockname()[1]
    if chosen != port:
        _say(f"port {port} is taken: the mailbox page is on port {chosen}")
    app = mailbox_app(mailbox, report=folders.report, port=chosen, zone=settings.zone)
    stack.enter_context(serving(app, listening))
    _tell_demo(shown, url=f"http://127.0.0.1:{chosen}", as_json=as_json)
    _serve_api(stack, settings)
    _keep_working(stop, wired, {})


def _started(stack: ExitStack, stop: Stop, settings: Settings, folder: Path, *, hurried: bool = False) -> Settings:
    """Start what the settings do not name, migrate, and tell where everything is; the settings name both then."""
    folder.mkdir(parents=True, exist_ok=True)
    if settings.high_water_file is None:
        settings = evolve(settings, high_water_file=folder / HIGH_WATER_FILE)
    stores = stack.enter_context(running_stores(settings, folder / "servers", hurried=hurried))
    for server in stores.servers:
        _say(f"{server.name}: {_where(server, folder)}")
    stop.check()
    wiring.migrate(stores.settings)
    _say("the database is at the newest revision")
    stop.check()
    if any(server.origin is Origin.EMBEDDED for server in stores.servers):
        path = stack.enter_context(settings_file(stores.settings, folder / SETTINGS_FILE))
        _say(f"for other commands, in another terminal: export {FILE_VARIABLE}={shlex.quote(str(path.absolute()))}")
    return stores.settings


def _serve_api(stack: ExitStack, settings: Settings) -> None:
    """Serve the API beside everything else, and say where it is; a first token is shown once."""
    from boona_adapters import serving  # noqa: PLC0415 - the API's own libraries

    on = serving.listening(settings, tries=_API_PORTS)
    built = stack.enter_context(serving.wired(settings))
    stack.enter_context(serving.served(built, on))
    where = f"http://{settings.api.host}:{on.getsockname()[1]}"
    _say(f"the API is at {where}/api, its reference at {where}/reference")
    if (secret := serving.first_token(built)) is not None:
        _say(f"a first token for it, shown this once: {secret}")


def _where(server: RunningStore, folder: Path) -> str:
    if server.origin is Origin.SETTINGS:
        return "the one that the settings name"
    return f"embedded, on 127.0.0.1:{server.port}, with its data in {folder / 'servers'}"


def _keep_working(stop: Stop, wired: wiring.Wired, environ: Mapping[str, str]) -> None:
    """Run workers, sweep and relay until somebody stops it.

    Raises:
        Stopped: somebody did.
        EndedByItself: one of them ended although nobody asked.
    """
    with roles_of(wired, environ=environ) as roles:
        roles.show()
        loops = [roles.worker(WORKER_THREADS), roles.sweep(), *roles.relay()]
        with running(loops, roles.ended) as all_go_on:
            _say("running; Ctrl-C stops everything")
            stop.wait(all_go_on)
            if not stop.asked():
                raise EndedByItself
    raise Stopped


# -- what is told ------------------------------------------------------------------------------------------------------


def _say(line: str) -> None:
    """One line on standard error, where the progress is."""
    click.echo(line, err=True)


def _tell_drained(drained: Drained, *, as_json: bool) -> None:
    if as_json:
        print_json(drained_json(drained))
        return
    print_line(f"sent {counted(drained.sent, 'email', 'emails')}")


def _tell_demo(shown: "Shown", *, url: str | None, as_json: bool) -> None:
    report = shown.report
    if as_json:
        print_json(
            {
                "mailbox": url,
                "invented": shown.invented,
                "emails_planned": shown.emails_planned,
                "sent": shown.sent,
                "first_runs": report.to_json(),
                "calls": shown.calls.to_json(),
            }
        )
        return
    print_line(f"emails planned: {shown.emails_planned:,}")
    print_line(f"emails sent: {shown.sent:,}")
    if shown.invented:
        print_line(f"second run: {report.planned_again:,} planned, {report.sent_again:,} sent")
        _print_counts("therapists with open requests who got no email:", _by_words(report.not_written_to))
        _print_counts("requests held back for a reason of their own:", _by_words(report.not_offered))
    _print_counts(
        f"calls that could be planned for {shown.calls.callers} callers in {shown.calls.days} days:",
        {CAUSES[Cause(cause)]: count for cause, count in shown.calls.by_cause.items()},
    )
    print_line(
        "emails that stay without an answer are followed up by a call in a week: `boona plan calls`, then `boona calls`"
    )
    if url is not None:
        print_line(f"\nread what was sent: {url}")


def _print_counts(title: str, counts: Mapping[str, int]) -> None:
    if counts:
        print_line(title)
    for words, count in counts.items():
        print_line(f"  {count:>6,}  {words}")


def _by_words(counts: Mapping[str, int]) -> Mapping[str, int]:
    return {REASONS[Reason(reason)]: count for reason, count in counts.items()}
