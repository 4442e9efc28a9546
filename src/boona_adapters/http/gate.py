"""Who is asking, and how often may they?

Tokens that were found are remembered for a few seconds, so that a request does not cost a look into the database of its
own; a revoked one opens nothing after that.  They are remembered by the hash of their secret, as they are stored: how
long it takes to find one tells nothing of any.  Requests are counted in this process: with several processes each
counts for itself.
"""

from collections.abc import Callable
from math import ceil
from threading import Lock

from attrs import define, field, frozen

from boona_core.access import AccessToken
from boona_core.usecases.tokens import PREFIX, digest_of

REMEMBERED_SECONDS = 5.0
_MOST_REMEMBERED = 10_000
_LONGEST_SECRET = 200


@frozen
class _Known:
    token: AccessToken | None
    until: float


@define
class Gate:
    """Lets requests in.

    Attributes:
        find: Looks a secret up; None: it opens nothing.
        elapsed: Seconds that never run backwards.
        per_minute: Requests of one token; 0: no limit.
    """

    find: Callable[[str], AccessToken | None]
    elapsed: Callable[[], float]
    per_minute: int = 0
    _known: dict[bytes, _Known] = field(init=False, factory=dict, repr=False)
    _buckets: dict[int, tuple[float, float]] = field(init=False, factory=dict, repr=False)
    _lock: Lock = field(init=False, factory=Lock, repr=False)

    def remembered(self, secret: str) -> tuple[bool, AccessToken | None]:
        """Whether the secret was looked up a moment ago, and whose it is (None: nobody's)."""
        known = self._known.get(digest_of(secret)) if _could_be(secret) else None
        if known is None or known.until <= self.elapsed():
            return False, None
        return True, known.token

    def look_up(self, secret: str) -> AccessToken | None:
        """Whose secret it is, asked of the store; None: nobody's."""
        if not _could_be(secret):
            return None
        token = self.find(secret)
        if token is not None:  # what opens nothing is not remembered: guesses must not fill the memory
            with self._lock:
                if len(self._known) >= _MOST_REMEMBERED:
                    self._known.clear()
                self._known[digest_of(secret)] = _Known(token, self.elapsed() + REMEMBERED_SECONDS)
        return token

    def wait_for(self, token: AccessToken) -> int:
        """Seconds until the token may ask again; 0: now, and this request is counted.

        A token has a minute's requests at once, and gets them back evenly.
        """
        if not self.per_minute:
            return 0
        with self._lock:
            now = self.elapsed()
            left, at = self._buckets.get(token.id, (float(self.per_minute), now))
            left = min(float(self.per_minute), left + (now - at) * self.per_minute / 60)
            allowed = left >= 1
            self._buckets[token.id] = (left - 1 if allowed else left, now)
        return 0 if allowed else max(1, ceil((1 - left) * 60 / self.per_minute))


def _could_be(secret: str) -> bool:
    """Whether anybody could have been given it."""
    return secret.startswith(PREFIX) and len(secret) <= _LONGEST_SECRET and secret.isascii()


def secret_in(authorization: str | None) -> str | None:
    """The token in an ``Authorization: Bearer`` header; None: there is none."""
    scheme, _, secret = (authorization or "").partition(" ")
    return secret.strip() or None if scheme.lower() == "bearer" else None
