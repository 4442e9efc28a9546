"""How do pages get served from a thread of this process, on a port that is free?"""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from litestar import Litestar

from boona_adapters.threaded_server import in_a_thread
from boona_core.errors import BoonaError

_TRIES = 50
_GRACE_SECONDS = 1


class NoFreePort(BoonaError):
    """Nothing could listen on any of these ports.

    Attributes:
        first: The port that was wished for.
        last: The last one tried.
    """

    def __init__(self, first: int, last: int) -> None:
        super().__init__(f"the ports {first} to {last} of 127.0.0.1 are all taken: choose another with --port")
        self.first = first
        self.last = last


def listen(port: int) -> socket.socket:
    """A socket on *port* of the loopback address, or on the next one that is free.

    Raises:
        NoFreePort: fifty in a row are taken, or not allowed.
    """
    last = min(port + _TRIES - 1, 65_535)
    for tried in range(port, last + 1):
        try:
            return socket.create_server(("127.0.0.1", tried))
        except OSError as fault:
            if fault.errno not in {errno.EADDRINUSE, errno.EACCES}:
                raise
    raise NoFreePort(port, last)


@contextmanager
def serving(app: Litestar, listening: socket.socket) -> Iterator[None]:
    """Serve *app* on a listening socket for as long as the block lasts; ready when the block begins.

    Raises:
        ServerStopped: it could not start.
    """
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )
    with in_a_thread(server, listening, what="the mailbox page"):
        yield
