"""What happens in the demo, in order?

An agency is invented and written into files, the files are imported, emails are planned and sent, and then all of it is
done once more, to show that nothing is sent twice.  Every step that is done stays done: a later start goes on where
the one before ended, and invents nothing again.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

from attrs import evolve, field, frozen

from boona_adapters.demo.agency import Sizes, invent
from boona_adapters.demo.calls import CallsAhead, calls_ahead
from boona_adapters.demo.files import FILES, POSTAL_CODES, write_agency
from boona_adapters.demo.report import Report, keep_report, kept_report, not_offered, not_sent, not_written_to
from boona_adapters.imports import open_file, read_postal_codes
from boona_core.application import Application
from boona_core.emails import EmailState
from boona_core.errors import BoonaError
from boona_core.importing import ImportKind

Progress = Callable[[str, int | None], AbstractContextManager[Callable[[int, int | None], None]]]
"""Begins a progress bar; what it yields is told how many are done, and of how many (None: as before)."""


class DemoFailed(BoonaError):
    """The demo did not do what it shows."""


@frozen
class DemoFolders:
    """Where the demo keeps what it makes.

    Attributes:
        root: Nothing of the demo lies outside of it, so that real data and invented data never mix.
    """

    root: Path

    @property
    def agency(self) -> Path:
        """The import files."""
        return self.root / "agency"

    @property
    def imported(self) -> Path:
        """There when the files are in the database."""
        return self.root / "imported"

    @property
    def mailbox(self) -> Path:
        """What was sent."""
        return self.root / "mailbox"

    @property
    def report(self) -> Path:
        """The counts of the first run."""
        return self.root / "report.json"

    @property
    def servers(self) -> Path:
        """The data of Postgres and Redis."""
        return self.root / "servers"


@frozen(kw_only=True)
class Shown:
    """What one start of the demo did.

    Attributes:
        invented: The agency is new; otherwise it is that of an earlier start.
        emails_planned: By the first run of this start.
        sent: By the first run of this start.
        report: The first run and the second one right after it, now or at an earlier start.
        calls: What a plan of calls would be now.
    """

    invented: bool
    emails_planned: int
    sent: int
    report: Report
    calls: CallsAhead


@frozen(kw_only=True)
class Demo:
    """Runs the demo.

    Attributes:
        say: Told each step that is done, in a line.
        check: Called between steps; raises when somebody wants to stop.
        stop: Whether somebody wants to stop; asked between emails.
    """

    folders: DemoFolders
    application: Application
    say: Callable[[str], None]
    progress: Progress
    check: Callable[[], None]
    stop: Callable[[], bool]
    sizes: Sizes = field(factory=Sizes)

    def __call__(self, *, today: date) -> Shown:
        """Do what is not done yet, and one run over everybody.

        Raises:
            DemoFailed: a row of the invented files was refused, or emails could not be sent.
        """
        invented = self._invent(today)
        self._import()
        report = kept_report(self.folders.report)
        if report is not None and report.planned_again is not None:
            self.say(f"the agency is there: {report.sent:,} emails were sent at an earlier start")
            planned, sent = self._once_more()
            return Shown(
                invented=invented, emails_planned=planned, sent=sent, report=report, calls=self._look_at_calls()
            )
        report = self._send(report or self._plan())
        planned_again, sent_again = self._once_more()
        report = evolve(report, planned_again=planned_again, sent_again=sent_again)
        keep_report(report, self.folders.report)
        return Shown(
            invented=invented,
            emails_planned=report.emails_planned,
            sent=report.sent,
            report=report,
            calls=self._look_at_calls(),
        )

    def _invent(self, today: date) -> bool:
        if self.folders.agency.exists():
            return False
        agency = invent(today=today, sizes=self.sizes)
        write_agency(agency, self.folders.agency)
        counts = f"{len(agency.therapists):,} therapists, {len(agency.patients):,} patients"
        self.say(f"invented {counts} and {len(agency.requests):,} placement requests: {self.folders.agency}")
        return True

    def _import(self) -> None:
        if self.folders.imported.exists():
            return
        self._import_postal_codes(self.folders.agency / POSTAL_CODES)
        for kind, name in FILES.items():
            self.check()
            self._import_file(kind, self.folders.agency / name)
        self.folders.imported.touch()

    def _import_postal_codes(self, path: Path) -> None:
        if not path.exists():  # an agency that an earlier version invented
            return
        report = self.application.import_postal_codes(read_postal_codes(path))
        if report.faults:
            raise DemoFailed(f"{len(report.faults)} rows of {path} were refused, the first: {report.faults[0]}")
        self.say(f"imported {report.counts.total:,} postal codes from {path.name}")

    def _import_file(self, kind: ImportKind, path: Path) -> None:
        with open_file(path, kind) as source, self.progress(f"importing {kind.value}", source.total) as bar:

            def on_rows(done: int) -> None:
                bar(done, None)
                self.check()

            report = self.application.import_file(source, on_rows=on_rows)
        if report.faults:
            raise DemoFailed(f"{len(report.faults)} rows of {path} were refused, the first: row {report.faults[0].row}")
        self.say(f"imported {report.counts.total:,} {kind.value} from {path.name}")

    def _plan(self) -> Report:
        self.check()
        with self.progress("writing emails", None) as bar:
            run = self.application.plan_emails(on_stored=bar)
        if run.unwritable:
            raise DemoFailed(f"{len(run.unwritable)} planned emails could not be written: {run.unwritable[0].fault}")
        in_files = {kind: _rows_in(self.folders.agency / name, kind) for kind, name in FILES.items()}
        report = Report(
            therapists=in_files[ImportKind.THERAPISTS],
            patients=in_files[ImportKind.PATIENTS],
            requests=in_files[ImportKind.REQUESTS],
            emails_planned=len(run.plan.emails),
            requests_planned=sum(len(email.requests) for email in run.plan.emails),
            not_written_to=not_written_to(run.plan),
            not_offered=not_offered(run.plan),
        )
        keep_report(report, self.folders.report)
        self.say(f"planned {report.emails_planned:,} emails with {report.requests_planned:,} requests in them")
        return report

    def _send(self, report: Report) -> Report:
        done = 0
        with self.progress("sending", report.emails_planned) as bar:

            def on_result() -> None:
                nonlocal done
                done += 1
                bar(done, None)

            drained = self.application.drain_queue(despite_pause=True, stop=self.stop, on_result=on_result)
        self.check()
        if drained.pause is not None:
            raise DemoFailed(f"the local mail server failed: {drained.pause.words}")
        sent = self.application.find_emails.counts().get(EmailState.SENT, 0)
        self.say(f"sent {sent:,} emails to the local mailbox")
        return evolve(report, sent=sent, not_sent=not_sent(drained))

    def _once_more(self) -> tuple[int, int]:
        """Plan and send once more; how many emails were planned, and sent."""
        self.check()
        planned = len(self.application.plan_emails().plan.emails)
        drained = self.application.drain_queue(despite_pause=True, stop=self.stop)
        self.check()
        self.say(f"planned and sent once more: {planned:,} emails planned, {drained.sent:,} sent")
        return planned, drained.sent

    def _look_at_calls(self) -> CallsAhead:
        """What a plan of calls would be; nothing is planned."""
        self.check()
        calls = calls_ahead(self.application)
        self.say(f"looked at the calls: {calls.possible:,} could be planned for {calls.callers} callers")
        return calls


def _rows_in(path: Path, kind: ImportKind) -> int:
    with open_file(path, kind) as source:
        return source.total
