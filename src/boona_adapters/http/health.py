"""Is the service alive, is it ready, and how busy is it?"""

from collections.abc import Callable, Mapping
from threading import Lock

from attrs import frozen
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from boona_core.access import AccessToken

METRICS_TYPE = CONTENT_TYPE_LATEST.replace("; charset=utf-8", "")
"""The server adds the character set."""

Parts = Mapping[str, Callable[[], str | None]]
"""By the name of a part what looks at it: None, or what is wrong in a few words without data of anybody."""

MOST_TOKENS = 200
"""So many tokens are told apart by one process, the first that come; the others are counted together."""

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


@frozen(kw_only=True)
class PartShape:
    """A part of the service.

    Attributes:
        fault: What is wrong; null: nothing.
    """

    name: str
    ready: bool
    fault: str | None


@frozen(kw_only=True)
class HealthShape:
    """Whether the service can answer."""

    ready: bool
    parts: tuple[PartShape, ...]


def look_at(parts: Parts) -> HealthShape:
    """Look at every part."""
    found = {name: look() for name, look in parts.items()}
    return HealthShape(
        ready=not any(found.values()),
        parts=tuple(PartShape(name=name, ready=fault is None, fault=fault) for name, fault in found.items()),
    )


class Metrics:
    """Counts requests by method, route template, status and token; nothing of what stands in them.

    A token is told by its number, as ``boona token list`` shows it: its name may be a person's, and its secret is
    nobody's business.  Requests that no valid token let in are ``none``, so that guesses make no series of their own;
    the time to the answer is not told apart by token.
    """

    def __init__(self, emails_by_state: Callable[[], Mapping[str, int]]) -> None:
        self._registry = CollectorRegistry()
        self._emails_by_state = emails_by_state
        self._requests = Counter(
            "boona_http_requests", "Requests answered.", ("method", "route", "status", "token"), registry=self._registry
        )
        self._tokens: set[int] = set()
        self._lock = Lock()
        self._writing = Lock()
        self._seconds = Histogram(
            "boona_http_request_seconds",
            "Time to the answer.",
            ("method", "route"),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._emails = Gauge("boona_emails", "Emails by where they stand.", ("status",), registry=self._registry)

    def count(self, method: str, route: str, status: int, seconds: float, token: AccessToken | None = None) -> None:
        """Count one answer.

        Args:
            token: The valid token that the request came with, whether or not it may do this; None: it had none.
        """
        self._requests.labels(method, route, str(status), self._name_of(token)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def written(self) -> bytes:
        """Everything, as Prometheus reads it."""
        counts = self._emails_by_state()
        with self._writing:
            self._emails.clear()  # where nothing stands any more, the last number would stay for ever
            for status, count in counts.items():
                self._emails.labels(status).set(count)
            return generate_latest(self._registry)

    def _name_of(self, token: AccessToken | None) -> str:
        if token is None:
            return "none"
        with self._lock:
            if token.id not in self._tokens and len(self._tokens) >= MOST_TOKENS:
                return "other"
            self._tokens.add(token.id)
        return str(token.id)
