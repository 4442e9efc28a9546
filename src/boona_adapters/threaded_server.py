"""How does a server run in a thread of this process, for as long as a block lasts?"""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn

from boona_core.errors import BoonaError


class ServerStopped(BoonaError):
    """Something could not be served.

    Attributes:
        what: What it was (``the API``).
    """

    def __init__(self, what: str, why: str = "it could not be started") -> None:
        super().__init__(f"{what}: {why}")
        self.what = what


@contextmanager
def in_a_thread(server: uvicorn.Server, listening: socket.socket, *, what: str) -> Iterator[None]:
    """Serve on a listening socket; ready when the block begins, ended and the socket closed when it ends.

    Raises:
        ServerStopped: it could not start.
    """
    thread = Thread(target=server.run, kwargs={"sockets": [listening]}, name=f"boona: {what}", daemon=True)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise ServerStopped(what)
            time.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
