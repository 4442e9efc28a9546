"""A server that plays Nominatim and OSRM, well or badly, over a real connection; it remembers what it was asked.

One connection is one question.  What it answers is told by a function of the question; the instants are those at which
the questions arrived.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from attrs import define, field, frozen


@frozen
class Question:
    """What was asked.

    Attributes:
        at: Seconds of a monotonic clock.
    """

    path: str
    values: Mapping[str, str]
    headers: Mapping[str, str]
    at: float


@frozen(kw_only=True)
class Answer:
    """What is answered.

    Attributes:
        pause: Seconds between two bytes of the body, and before the first byte of all.
        length: What the header says about the body's length; None: the truth.
        raw: The body is all that is said: no status, no headers.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)
    pause: float = 0.0
    length: int | None = None
    raw: bool = False


def said(value: Any, **fields: Any) -> Answer:
    """An answer in JSON."""
    return Answer(body=json.dumps(value).encode(), **fields)


@define
class MapServer:
    """The server; ``answer`` may be replaced while it runs."""

    url: str
    answer: Callable[[Question], Answer]
    questions: list[Question] = field(factory=list)

    def gaps(self) -> list[float]:
        """Seconds from each question's arrival to the next one's."""
        instants = sorted(question.at for question in self.questions)
        return [later - earlier for earlier, later in pairwise(instants)]


@contextmanager
def map_server(answer: Callable[[Question], Answer] | Answer) -> Iterator[MapServer]:
    """A server on a port of this machine for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            at = time.monotonic()
            parts = urlsplit(self.path)
            question = Question(parts.path, dict(parse_qsl(parts.query)), dict(self.headers.items()), at)
            running.questions.append(question)
            self._say(running.answer(question))

        def _say(self, answer: Answer) -> None:
            try:
                time.sleep(answer.pause)
                if not answer.raw:
                    self._say_head(answer)
                step = 1 if answer.pause else max(len(answer.body), 1)
                for start in range(0, len(answer.body), step):
                    self.wfile.write(answer.body[start : start + step])
                    time.sleep(answer.pause)
            except OSError:
                pass  # whoever asked has gone

        def _say_head(self, answer: Answer) -> None:
            self.send_response(answer.status)
            length = len(answer.body) if answer.length is None else answer.length
            for name, value in {"Content-Length": str(length), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running = MapServer(f"http://127.0.0.1:{server.server_port}", answer if callable(answer) else lambda _: answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
