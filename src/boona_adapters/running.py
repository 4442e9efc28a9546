"""What runs on this machine while ``boona up`` runs, and how does it end?

Postgres and Redis, where the settings name none, with their data in one folder.  Everything ends with the block that
began it.
"""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from types import FrameType

from attrs import define, evolve, frozen
from typed_settings.types import Secret

from boona_adapters.embedded import embedded_postgres, embedded_redis
from boona_adapters.settings import Settings
from boona_core.errors import BoonaError

SETTINGS_FILE = "boona.toml"

_LOOK_EVERY_SECONDS = 3.0
_HURRIED = {"synchronous_commit": "off"}
_NOTICE_SECONDS = 0.2


class Stopped(BoonaError):
    """Somebody asked this process to end before its work was done."""

    def __init__(self) -> None:
        super().__init__("stopped")


@define
class Stop:
    """Whether somebody asked this process to end, by Ctrl-C or SIGTERM.

    The first time only asks: whoever works looks here between two steps.  The second time interrupts.
    """

    _asked: bool = False

    def ask(self) -> None:
        """Ask."""
        self._asked = True

    def asked(self) -> bool:
        """Whether somebody did."""
        return self._asked

    def check(self) -> None:
        """Go on if nobody did.

        Raises:
            Stopped: somebody did.
        """
        if self._asked:
            raise Stopped

    def wait(self, going_on: Callable[[], bool] = lambda: True) -> None:
        """Return when somebody asks, or when *going_on* says no."""
        # A lock that a signal handler takes may be held by the very thread that it interrupts: look, do not wait.
        while not self._asked and going_on():
            time.sleep(_NOTICE_SECONDS)

    def _received(self, _number: int, _frame: FrameType | None) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True


@contextmanager
def stop_by_signal() -> Iterator[Stop]:
    """Turn Ctrl-C and SIGTERM into a ``Stop`` for as long as the block lasts; for the main thread only."""
    stop = Stop()
    before = {number: signal.signal(number, stop._received) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Origin(StrEnum):
    """Where a server comes from."""

    SETTINGS = "settings"
    EMBEDDED = "embedded"


@frozen
class RunningStore:
    """A server that is there.

    Attributes:
        name: What it is.
        port: On 127.0.0.1 where it is embedded; None: the settings say where it is.
    """

    name: str
    origin: Origin
    port: int | None = None


@frozen
class RunningStores:
    """Postgres and Redis, and the settings that name both."""

    settings: Settings
    servers: tuple[RunningStore, ...]


@contextmanager
def running_stores(settings: Settings, folder: Path, *, hurried: bool = False) -> Iterator[RunningStores]:
    """Run what *settings* do not name, with its data in *folder*, for as long as the block lasts.

    Args:
        hurried: The embedded Postgres does not wait for the disk: when the whole machine stops, the last moment is
            forgotten.  For invented data only.

    Raises:
        EmbeddedError: an embedded server runs on the folder already, or could not be started or stopped.
    """
    servers: list[RunningStore] = []
    with ExitStack() as stack:
        if settings.database_url is None:
            postgres = stack.enter_context(embedded_postgres(folder, settings=_HURRIED if hurried else {}))
            settings = evolve(settings, database_url=Secret(postgres.url))
            servers.append(RunningStore("Postgres", Origin.EMBEDDED, postgres.port))
        else:
            servers.append(RunningStore("Postgres", Origin.SETTINGS))
        if settings.redis_url is None:
            redis = stack.enter_context(embedded_redis(folder))
            settings = evolve(settings, redis_url=Secret(redis.url))
            servers.append(RunningStore("Redis", Origin.EMBEDDED, redis.port))
        else:
            servers.append(RunningStore("Redis", Origin.SETTINGS))
        yield RunningStores(settings, tuple(servers))


@contextmanager
def settings_file(settings: Settings, path: Path) -> Iterator[Path]:
    """Tell other commands on this machine, by a file that its owner alone can read, what runs; gone with the block.

    It holds what cannot stand in an environment beforehand: the servers' addresses with their passwords, and for the
    demo the invented agency.
    """
    agency = settings.agency
    stores = {"database_url": settings.database_url, "redis_url": settings.redis_url}
    mark = settings.high_water_file
    tables: dict[str, dict[str, object]] = {
        "smtp": {"host": settings.smtp.host, "port": settings.smtp.port},
        "sender": {"email": settings.sender.email, "name": settings.sender.name},
        "agency": {name: getattr(agency, name) for name in ("name", "address", "phone", "imprint_url")},
    }
    lines = [_line(name, url.get_secret_value()) for name, url in stores.items() if url]
    lines.append(_line("high_water_file", None if mark is None else str(mark.absolute())))
    for name, values in tables.items():
        lines += [f"\n[{name}]\n", *(_line(key, value) for key, value in values.items())]
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.writelines(lines)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _line(name: str, value: object | None) -> str:
    """A line of TOML; nothing when there is nothing to say."""
    return f"{name} = {json.dumps(value, ensure_ascii=False)}\n" if value is not None else ""
