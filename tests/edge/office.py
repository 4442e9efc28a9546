"""An agency at its command line: a database, a mail server, and the settings that name them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click.testing
import sqlalchemy as sa
from attrs import field, frozen

from boona_adapters.cli import main
from boona_core.emails import EmailState
from tests.contract.postgres_seeds import PostgresSeeds

AGENCY = {
    "BOONA_SENDER__EMAIL": "vermittlung@example.org",
    "BOONA_SENDER__NAME": "Vermittlung Beispiel",
    "BOONA_AGENCY__NAME": "Vermittlung Beispiel",
    "BOONA_AGENCY__ADDRESS": "Beispielweg 1, 10115 Berlin",
}
NOWHERE = 1
"""A port on which no mail server listens."""


@frozen
class Said:
    """What a command said."""

    status: int
    out: str
    err: str


def until(true: Callable[[], bool], otherwise: str, *, seconds: float = 60) -> None:
    """Wait for a condition; fail after a while."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.05)


@frozen
class Started:
    """A command that goes on."""

    process: "subprocess.Popen[bytes]"
    output: Path

    def said(self) -> str:
        """What it has said so far."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, words: str) -> None:
        """Wait until it has said this; fail when it ends without."""
        until(lambda: words in self.said() or self.process.poll() is not None, f"it never said {words!r}")
        assert words in self.said(), self.said()

    def end(self) -> tuple[int, float]:
        """Tell it to end; its status, and how many seconds it took."""
        begun = time.monotonic()
        self.process.terminate()
        return self.process.wait(60), time.monotonic() - begun


@frozen
class Office:
    """Runs commands and puts rows in place."""

    url: str = field(repr=False)
    engine: sa.Engine
    seed: PostgresSeeds
    smtp_port: int = NOWHERE

    def environ(self, changes: Mapping[str, str | None]) -> dict[str, str | None]:
        """The settings of the office; None takes one away."""
        ours = {name: None for name in os.environ if name.startswith("BOONA_")}
        told = {"BOONA_DATABASE_URL": self.url, "BOONA_SMTP__PORT": str(self.smtp_port), **AGENCY}
        return {**ours, **told, **changes}

    def boona(self, *arguments: str | int, **changes: str | None) -> Said:
        """Run one command in this process; *changes* are settings."""
        return self.answered("", *arguments, **changes)

    def answered(self, typed: str, /, *arguments: str | int, **changes: str | None) -> Said:
        """The same beside a person who types *typed*."""
        with click.testing.CliRunner().isolation(input=typed, env=self.environ(changes)) as (out, err, _):
            status = main([str(argument) for argument in arguments])
            return Said(status, out.getvalue().decode(), err.getvalue().decode())

    def process(self, *arguments: str | int, **changes: str | None) -> Said:
        """Run one command as a process of its own."""
        command = [sys.executable, "-m", "boona_adapters.cli", *map(str, arguments)]
        ended = subprocess.run(command, env=self.plain_environ(changes), capture_output=True, text=True, check=False)
        return Said(ended.returncode, ended.stdout, ended.stderr)

    @contextmanager
    def started(self, *arguments: str | int, folder: Path, **changes: str | None) -> Iterator["Started"]:
        """A command that goes on, as a process of its own; told to end afterwards, and it must have ended well."""
        output = folder / f"{arguments[0]}-{len(list(folder.iterdir()))}.txt"
        with output.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-m", "boona_adapters.cli", *map(str, arguments)],
                env=self.plain_environ(changes),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
            )
        running = Started(process, output)
        try:
            running.wait_for("running")
            yield running
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(60)

    def plain_environ(self, changes: Mapping[str, str | None]) -> dict[str, str]:
        """The whole environment for a process of its own."""
        return {name: value for name, value in {**os.environ, **self.environ(changes)}.items() if value is not None}

    def one(self, question: str, **values: Any) -> Any:
        """The first column of the first row."""
        with self.engine.connect() as connection:
            return connection.scalar(sa.text(question), values)

    def state_of(self, email: int) -> EmailState:
        """Where an email stands."""
        status = self.one("SELECT status FROM communication_service.emails WHERE id = :id", id=email)
        return EmailState(status)

    def request_status(self, request: int) -> str:
        """Where a placement request stands."""
        return str(self.one("SELECT status FROM matching_service.placement_requests WHERE id = :id", id=request))


@contextmanager
def office_on(url: str, *, smtp_port: int = NOWHERE) -> Iterator[Office]:
    """An office whose database is at *url*; its connections are closed afterwards."""
    engine = sa.create_engine(url)
    try:
        yield Office(url, engine, PostgresSeeds(engine), smtp_port)
    finally:
        engine.dispose()
