"""A Redis that keeps nothing: killed and started again it is the same address, and empty."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psutil
import redis
from attrs import define, field

from boona_adapters.embedded import EmbeddedRedis
from boona_adapters.embedded.ports import free_port
from boona_adapters.streams.redis import connect
from tests.chaos.processes import until


@define
class ForgetfulRedis:
    """A server without persistence, on one port."""

    _program: str
    port: int = field(factory=free_port)
    _running: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Where it is, every time."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Run it, with nothing in it, and wait until it answers."""
        command = [self._program, "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self._running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        client: Any = connect(self.url, patience=1)
        until(lambda: _answers(client), "Redis does not answer")
        client.close()

    def kill(self) -> None:
        """End it at once, with all that it knows."""
        assert self._running is not None
        self._running.kill()
        self._running.wait()

    def is_replaced(self) -> None:
        """Kill it, and start an empty one in its place."""
        self.kill()
        self.start()


def _answers(client: Any) -> bool:
    with suppress(redis.RedisError, OSError):
        return bool(client.ping())
    return False


@contextmanager
def forgetful_redis(like: EmbeddedRedis) -> Iterator[ForgetfulRedis]:
    """One more of the same program as *like*, for as long as the block."""
    server = ForgetfulRedis(psutil.Process(like.pid).exe())
    server.start()
    try:
        yield server
    finally:
        server.kill()
