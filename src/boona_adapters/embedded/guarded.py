"""Boona's side of the guard: start one, tell it what to do, hear what became of the server."""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from attrs import define, frozen

from boona_adapters.embedded.account import give_to_owner
from boona_adapters.embedded.errors import FolderInUse, GuardFailed, ServerFailed

ANSWER_SECONDS = 60.0
"""How long the guard may take for an answer: longer than it waits for a server that is being stopped."""

STOP_SECONDS = 120.0
"""How long the guard may take to stop its server: longer than all its signals together."""

_LOG_BYTES_KEPT = 10_000_000


@frozen(kw_only=True)
class Program:
    """A program that the guard runs.

    Attributes:
        arguments: The program's absolute path and its arguments.  Other users can read them: no secrets here.
        stop_signals: How it is asked to stop, the polite signal first.
        input_text: What it reads from its standard input, at most 4,096 bytes.
    """

    arguments: Sequence[str]
    stop_signals: Sequence[int]
    input_text: str = ""

    @property
    def name(self) -> str:
        """What an error calls it."""
        return Path(self.arguments[0]).name


@define
class Guard:
    """A running guard; use :func:`guard_of` to get one."""

    folder: Path
    log: Path
    _process: "subprocess.Popen[bytes]"
    _commands: int
    _answers: int
    _pending: bytes = b""

    def hold(self, lock: Path, reach: Sequence[Path]) -> None:
        """Lock the folder and choose the server's account.

        Raises:
            FolderInUse: a server runs on it.
            GuardFailed: the lock could not be taken.
        """
        self._tell(step="hold", folder=str(self.folder), lock=str(lock), reach=[str(path) for path in reach])
        answer = self._answer("hold the folder")
        if not answer["held"]:
            raise FolderInUse(self.folder, answer["owner"])

    def own(self, path: Path) -> None:
        """Make *path* a folder that belongs to the server's account, with all that is in it.

        Raises:
            GuardFailed: it belongs to somebody else and may not be changed.
        """
        self._tell(step="own", path=str(path))
        self._answer(f"own {path}")

    def start(self, program: Program) -> int:
        """Start *program* and return its process number.

        Raises:
            GuardFailed: it could not be executed.
        """
        self._tell(
            step="start",
            arguments=list(program.arguments),
            environment=_environment(),
            input_text=program.input_text,
            stop_signals=[int(number) for number in program.stop_signals],
        )
        pid: int = self._answer(f"start {program.name}")["started"]
        return pid

    def run(self, program: Program, *, seconds: float) -> None:
        """Start *program* and wait until it has done its work.

        Raises:
            GuardFailed: it could not be executed.
            ServerFailed: it failed, or took longer than *seconds*.
        """
        begin = self.log_size()
        self.start(program)
        status = self.exit_status(seconds)
        if status != 0:
            raise ServerFailed(program.name, status=status, log=self.log, last_line=self.last_line(begin))

    def exit_status(self, seconds: float) -> int | None:
        """Wait for the program's end, at most *seconds*; None: it still runs."""
        event = self._event(seconds)
        if event is None:
            return None
        status: int = event["exited"]
        return status

    def log_size(self) -> int:
        """The present end of the log, in bytes."""
        return self.log.stat().st_size

    def log_since(self, begin: int) -> str:
        """What the log says after its first *begin* bytes."""
        with self.log.open("rb") as file:
            file.seek(begin)
            return file.read().decode(errors="replace")

    def last_line(self, begin: int) -> str:
        """The last line after the first *begin* bytes of the log, empty when there is none."""
        lines = self.log_since(begin).strip().splitlines()
        return lines[-1].strip() if lines else ""

    def stop(self) -> None:
        """Stop the server and wait for it; data is on the disk then.

        Raises:
            GuardFailed: the guard did not end in time, and was killed.
        """
        with self._process as process:
            with suppress(BrokenPipeError):  # it has ended already, which is what we want
                os.write(self._commands, b'{"step": "end"}\n')
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise GuardFailed("stop the server", f"no end after {STOP_SECONDS:.0f} s") from None

    def _tell(self, **command: object) -> None:
        try:
            os.write(self._commands, json.dumps(command).encode() + b"\n")
        except BrokenPipeError:
            raise GuardFailed(str(command["step"]), "the guard has ended") from None

    def _answer(self, step: str) -> dict[str, Any]:
        event = self._event(ANSWER_SECONDS)
        if event is None:
            raise GuardFailed(step, "no answer")
        if "failed" in event:
            raise GuardFailed(step, event["reason"])
        return event

    def _event(self, seconds: float) -> dict[str, Any] | None:
        deadline = time.monotonic() + seconds
        while b"\n" not in self._pending:
            readable, _, _ = select.select([self._answers], [], [], max(0.0, deadline - time.monotonic()))
            if not readable:
                return None
            chunk = os.read(self._answers, 65536)
            if not chunk:
                raise GuardFailed("go on", f"it has ended (see {self.log})")
            self._pending += chunk
        line, _, self._pending = self._pending.partition(b"\n")
        event: dict[str, Any] = json.loads(line)
        return event


@contextmanager
def guard_of(folder: Path, *, log: Path) -> Iterator[Guard]:
    """A guard for *folder*, which stops whatever it started when the block ends or this process does.

    A forked child that leaves the block leaves the server alone: it belongs to the process that started it.

    Raises:
        GuardFailed: the folder cannot be written to, or the server did not stop.
    """
    owner = os.getpid()
    sink = _log_sink(folder, log)
    try:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", "boona_adapters.embedded.guard", str(owner)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=sink,
            bufsize=0,
            cwd="/",
            start_new_session=True,
        )
    finally:
        os.close(sink)
    commands, answers = process.stdin, process.stdout
    if commands is None or answers is None:
        raise GuardFailed("start", "its pipes are missing")
    guard = Guard(folder, log, process, commands.fileno(), answers.fileno())
    try:
        yield guard
    finally:
        if os.getpid() == owner:
            guard.stop()


def _log_sink(folder: Path, log: Path) -> int:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > _LOG_BYTES_KEPT:
            log.replace(log.with_suffix(".log.1"))
        sink = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        give_to_owner(sink, folder)
    except OSError as error:
        raise GuardFailed(f"write to {folder}", str(error)) from error
    return sink


def _environment() -> Mapping[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
