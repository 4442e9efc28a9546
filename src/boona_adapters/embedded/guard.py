"""The process between Boona and an embedded server: who stops the server when Boona is killed?

Run as ``python -m boona_adapters.embedded.guard PARENT``.  It reads commands (one JSON object a line) from
its standard input and answers on its standard output; its standard error is the server's log.  It ends the
server when it is told to, when the input ends, when its parent is no longer PARENT (a forked sibling may hold
the input open), or at SIGTERM.  Should the guard itself be killed, Linux signals the server directly.

The lock on the folder is handed on to the server and its children: it is free when the last of them is gone.
The lock file holds the number of the process that the server belongs to, and nothing while it is being stopped.
"""

import fcntl
import json
import os
import select
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from attrs import define, field, frozen

from boona_adapters.embedded import kernel
from boona_adapters.embedded.account import Account, choose_account, give_to_owner

PATIENCE_SECONDS = 30.0
"""How long a server may take to stop after each signal, and how long its successor waits for that."""

_LOOK_SECONDS = 0.25


@frozen
class _Child:
    pid: int
    stop_signals: tuple[int, ...]


class _Ending(Exception):
    """The time has come to stop the server."""


@define
class _Guard:
    parent: int
    account: Account | None = None
    lock: int = -1
    child: _Child | None = None
    pending: bytes = b""
    told_to_end: bool = False
    wakeup: tuple[int, int] = field(factory=os.pipe)

    def run(self) -> None:
        for end in self.wakeup:
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self.wakeup[1])
        signal.signal(signal.SIGCHLD, _noticed)
        signal.signal(signal.SIGTERM, self._on_sigterm)
        try:
            while True:
                self._wait()
        except _Ending:
            self._end()

    def _on_sigterm(self, _number: int, _frame: FrameType | None) -> None:
        self.told_to_end = True  # looked at where nothing is half done

    def _wait(self) -> None:
        readable, _, _ = select.select([0, self.wakeup[0]], [], [], _LOOK_SECONDS)
        if self.wakeup[0] in readable:
            os.read(self.wakeup[0], 4096)
        self._bury(os.WNOHANG)
        self._end_when_due()
        if 0 in readable:
            chunk = os.read(0, 65536)
            if not chunk:
                raise _Ending
            *lines, self.pending = (self.pending + chunk).split(b"\n")
            for line in lines:
                self._obey(json.loads(line))

    def _end_when_due(self) -> None:
        if self.told_to_end or os.getppid() != self.parent:
            raise _Ending

    def _obey(self, command: dict[str, Any]) -> None:
        step = command.pop("step")
        try:
            match step:
                case "hold":
                    self._hold(Path(command["folder"]), Path(command["lock"]), [Path(p) for p in command["reach"]])
                case "own":
                    self._own(Path(command["path"]))
                case "start":
                    self._start(**command)
                case _:
                    raise _Ending
        except OSError as error:
            _answer(failed=step, reason=str(error))

    def _hold(self, folder: Path, lock: Path, reach: list[Path]) -> None:
        self.lock = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        give_to_owner(self.lock, folder)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _locked(self.lock):
            owner = _living(os.pread(self.lock, 32, 0))
            if owner is not None or time.monotonic() > deadline:
                os.close(self.lock)
                self.lock = -1
                _answer(held=False, owner=owner)
                return
            self._end_when_due()
            time.sleep(0.02)
        os.set_inheritable(self.lock, True)
        self._sign(str(self.parent).encode())
        self.account = choose_account(folder, reach)
        _answer(held=True, owner=self.parent)

    def _sign(self, owner: bytes) -> None:
        os.ftruncate(self.lock, 0)
        os.pwrite(self.lock, owner, 0)

    def _own(self, path: Path) -> None:
        account = self._chosen()
        path.mkdir(mode=0o700, exist_ok=True)
        state = path.lstat()
        if (state.st_uid, state.st_gid) != (account.uid, account.gid):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
            for folder, folders, files in os.walk(path, onerror=_refuse):
                for name in (*folders, *files):
                    os.chown(os.path.join(folder, name), account.uid, account.gid, follow_symlinks=False)
        _answer(owned=str(path))

    def _chosen(self) -> Account:
        if self.account is None:
            raise OSError("the folder is not held yet")
        return self.account

    def _start(
        self, arguments: list[str], environment: dict[str, str], input_text: str, stop_signals: list[int]
    ) -> None:
        account = self._chosen()
        source, sink = os.pipe()
        os.write(sink, input_text.encode())  # short: it fits into the pipe
        os.close(sink)
        alive, report = os.pipe()  # closed by the exec, or tells why there was none
        pid = os.fork()
        if pid == 0:
            os.close(alive)
            _execute(account, arguments, environment, source=source, report=report, stop_signal=stop_signals[0])
        os.close(source)
        os.close(report)
        with os.fdopen(alive, "rb") as pipe:
            reason = pipe.read().decode()
        self.child = _Child(pid, tuple(stop_signals))
        if reason:
            os.waitpid(pid, 0)
            self.child = None
            raise OSError(reason)
        _answer(started=pid)

    def _bury(self, flags: int) -> None:
        if self.child is None:
            return
        pid, status = os.waitpid(self.child.pid, flags)
        if pid != 0:
            self.child = None
            _answer(exited=os.waitstatus_to_exitcode(status))

    def _end(self) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if self.lock >= 0:
            self._sign(b"")
        if self.child is None:
            return
        for number in (*self.child.stop_signals, signal.SIGKILL):
            os.kill(self.child.pid, number)
            if _ended(self.child.pid, self.wakeup[0]):
                return


def _noticed(_number: int, _frame: FrameType | None) -> None:
    """Nothing to do here: the wakeup pipe ends the wait."""


def _refuse(error: OSError) -> NoReturn:
    raise error


def _answer(**message: object) -> None:
    try:
        os.write(1, json.dumps(message).encode() + b"\n")
    except BrokenPipeError:
        raise _Ending from None


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _living(signature: bytes) -> int | None:
    """The process that signed the lock, None when it has ended or the lock is unsigned."""
    if not signature.isdigit():
        return None
    owner = int(signature)
    try:
        os.kill(owner, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return owner
    return owner


def _ended(pid: int, wakeup: int) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while os.waitpid(pid, os.WNOHANG) == (0, 0):
        if time.monotonic() > deadline:
            return False
        readable, _, _ = select.select([wakeup], [], [], _LOOK_SECONDS)
        if readable:
            os.read(wakeup, 4096)
    return True


def _execute(
    account: Account,
    arguments: list[str],
    environment: dict[str, str],
    *,
    source: int,
    report: int,
    stop_signal: int,
) -> NoReturn:
    try:
        guard = os.getppid()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        os.setpgid(0, 0)
        os.dup2(source, 0)
        os.dup2(2, 1)
        os.chdir("/")
        os.umask(0o077)
        account.become()
        if sys.platform.startswith("linux"):
            kernel.be_signalled_when_the_parent_dies(stop_signal)
            if os.getppid() != guard:
                os._exit(1)
        os.execve(arguments[0], arguments, environment)  # noqa: S606 - no shell is what we want
    except BaseException as error:  # a forked child must never return into the guard's loop
        os.write(report, f"{type(error).__name__}: {error}".encode())
    finally:
        os._exit(1)


def main() -> None:
    """Guard one folder until it is time to go."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    _Guard(int(sys.argv[1])).run()


if __name__ == "__main__":
    main()
