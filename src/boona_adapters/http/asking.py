"""One request from its words to its reply, in one transaction.

A change is joined: the look at the record that ``If-Match`` asks for, the change itself, and the answer that is kept
for a repetition become lasting together, or not at all.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import attrs
from attrs import field, frozen

from boona_adapters.http.codec import read_body
from boona_adapters.http.operations import Operation, Sent, Understood
from boona_adapters.http.problems import FaultShape, ProblemRaised
from boona_adapters.http.queries import read_query
from boona_adapters.http.responses import JSON, Reply, matches, respond
from boona_adapters.http.texts import LARGEST_ID
from boona_core.access import AccessToken, Names
from boona_core.api_ports import OpenApiUnit, StoredAnswer
from boona_core.application import Application, Applications
from boona_core.errors import StoreError
from boona_core.usecases.joining import JoinedUnits

COMMITTED = "http_committed"
"""The named point between the commit and the reply."""

_KEPT_HEADERS = ("content-type", "content-language", "etag", "location", "vary")
_LONGEST_KEY = 255
_DEADLOCK = "40P01"
_TRIES = 4
"""Two changes that hold each other up: one of them is undone by the database, and begins again."""


@frozen(kw_only=True)
class Call:
    """A request as it came in; the representation shows neither body nor parameters.

    Attributes:
        number: The text that stands for ``{id}`` in the path; None: the path has none.
        token: Who asks.
    """

    request_id: str
    path: str = field(repr=False)
    token: AccessToken
    number: str | None = None
    query: Sequence[tuple[str, str]] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(factory=dict, repr=False)

    @property
    def names(self) -> Names:
        """In which language to answer: the token's, unless the client names exactly one that there is."""
        wished = self.headers.get("accept-language", "").strip().lower()
        return Names(wished) if wished in set(Names) else self.token.names


@frozen(kw_only=True)
class Answering:
    """Answers requests.

    Attributes:
        applications: Makes the use cases on joined units.
        require_if_match: A change without ``If-Match`` is refused.
        checkpoint: Told the named points that are reached; for tests.
    """

    open_unit: OpenApiUnit
    applications: Applications
    require_if_match: bool = False
    checkpoint: Callable[[str], None] = lambda _: None
    _alone: Application = field(init=False, repr=False)

    @_alone.default
    def _make(self) -> Application:
        return self.applications(self.open_unit)

    def __call__(self, operation: Operation, call: Call) -> Reply:
        """Answer one request.

        Raises:
            ProblemRaised: the request cannot be answered.
            BoonaError: as the use cases raise.
        """
        asked = self._read(operation, call)
        key = _key_of(call) if operation.method == "POST" else None
        if not operation.changes or (not operation.whole and key is None):
            outcome = operation.act(asked)
            return respond(operation, outcome, names=call.names, request_id=call.request_id)
        for _ in range(_TRIES - 1):
            try:
                return self._changed(operation, call, asked, key)
            except StoreError as error:
                if error.sqlstate != _DEADLOCK:
                    raise
        return self._changed(operation, call, asked, key)

    def _changed(self, operation: Operation, call: Call, asked: Understood, key: str | None) -> Reply:
        hash_ = _hash_of(operation, call)
        with JoinedUnits(self.open_unit) as units:
            if key is not None:
                if not units.unit.replays.take(call.token.id, key):
                    raise ProblemRaised(409, "the first request with this Idempotency-Key is still running")
                stored = units.unit.replays.get(call.token.id, key, now=units.unit.now())
                if stored is not None:
                    return _again(stored, hash_)
            asked = attrs.evolve(asked, application=self.applications(units.open))
            self._compare(operation, call, asked)
            outcome = operation.act(asked)
            reply = respond(operation, outcome, names=call.names, request_id=call.request_id)
            if reply.succeeded and units.done:
                if key is not None:
                    _keep(units, call, key, hash_, reply)
                units.keep()
                self.checkpoint(COMMITTED)
                return reply
        if reply.succeeded and key is not None:  # nothing was changed: only the answer is kept
            with JoinedUnits(self.open_unit) as units:
                if units.unit.replays.take(call.token.id, key):
                    _keep(units, call, key, hash_, reply)
                    units.keep()
        return reply

    def _compare(self, operation: Operation, call: Call, asked: Understood) -> None:
        """Make sure that the record is still what the client saw.

        Raises:
            ProblemRaised: it is not, or the client does not say what it saw and has to.
        """
        if operation.current is None:
            return
        seen = call.headers.get("if-match")
        if seen is None and self.require_if_match:
            raise ProblemRaised(428, "name the ETag that you saw in If-Match")
        if seen is None and operation.method == "PUT":
            return  # the use case locks what it needs, in its own order
        current = operation.current(asked)
        if seen is not None and not matches(seen, current):
            raise ProblemRaised(412, "somebody has changed the record since you saw it: look again")

    def _read(self, operation: Operation, call: Call) -> Understood:
        return Understood(
            application=self._alone,
            number=_number(operation, call),
            query=None if operation.query is None else read_query(operation.query, call.query),
            body=_body(operation, call) if operation.takes_body else None,
            token=call.token,
            accepts=call.headers.get("accept", ""),
        )


def _number(operation: Operation, call: Call) -> int:
    if not operation.has_id:
        return 0
    text = call.number or ""
    if not (text.isascii() and text.isdigit() and len(text) <= 10) or not 1 <= int(text) <= LARGEST_ID:
        raise ProblemRaised(404, "no record has such an id")
    return int(text)


def _body(operation: Operation, call: Call) -> Any:
    media_type = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    taken = tuple(operation.files) or (JSON,)
    if media_type not in taken:
        raise ProblemRaised(415, f"the body has to be {' or '.join(taken)}")
    return Sent(media_type, call.body) if operation.body is None else _fields(operation.body, call)


def _fields(kind: type[Any], call: Call) -> Any:
    try:
        text = call.body.decode("utf-8")
        value = json.loads(text, parse_constant=_refuse, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise ProblemRaised(400, "the body is not JSON") from None
    return read_body(kind, value)


def _refuse(_: str) -> None:
    raise ValueError


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ProblemRaised(400, "a name stands twice in one object of the body")
    return found


def _key_of(call: Call) -> str | None:
    key = call.headers.get("idempotency-key")
    if key is None:
        return None
    if not 1 <= len(key) <= _LONGEST_KEY or not key.isascii() or not key.isprintable():
        fault = FaultShape(path="Idempotency-Key", fault=f"is not 1 to {_LONGEST_KEY} characters of ASCII")
        raise ProblemRaised(422, "one fault", faults=(fault,))
    return key


def _hash_of(operation: Operation, call: Call) -> bytes:
    asked = urlencode(call.query)
    path = f"{call.path}?{asked}" if asked else call.path
    return sha256(b"\n".join((operation.method.encode(), path.encode(), call.body))).digest()


def _keep(units: JoinedUnits, call: Call, key: str, hash_: bytes, reply: Reply) -> None:
    headers = {name: reply.headers[name] for name in _KEPT_HEADERS if name in reply.headers}
    answer = StoredAnswer(request_hash=hash_, status=reply.status, headers=headers, body=reply.body)
    units.unit.replays.put(call.token.id, key, answer, now=units.unit.now())


def _again(stored: StoredAnswer, hash_: bytes) -> Reply:
    if stored.request_hash != hash_:
        fault = FaultShape(path="Idempotency-Key", fault="was used for another request")
        raise ProblemRaised(422, "one fault", faults=(fault,))
    if not stored.body:
        raise ProblemRaised(409, "it was done; what was answered is not kept any more: somebody was erased since")
    headers = {**stored.headers, "idempotency-replayed": "true"}
    return Reply(status=stored.status, headers=headers, body=stored.body)
