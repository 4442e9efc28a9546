"""What is told of a request to whoever follows it through several services, and what is not.

A span has the method, the route as a template, the status and the request's id: no path, no query, no body, no token.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

Answered = Callable[[int, str], None]
"""Told the status and the request's id, once the answer is known."""

Traced = Callable[[str, str, Mapping[str, str]], AbstractContextManager[Answered]]
"""Begins a span for a method, a route and the headers that name its parent; it ends with the block."""

PARENT_HEADERS = ("traceparent", "tracestate")
"""Of a request only these are read (W3C Trace Context)."""


@contextmanager
def untraced(method: str, route: str, headers: Mapping[str, str]) -> Iterator[Answered]:  # noqa: ARG001 - nobody listens
    """Nothing is told to anybody."""
    yield _ignored


def _ignored(status: int, request_id: str) -> None:  # noqa: ARG001 - nobody listens
    return
