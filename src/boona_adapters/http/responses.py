"""What does an outcome look like in HTTP?  The one place that knows.

Values are written in English and, for clients that ask for it, renamed.  An ``ETag`` is the hash of what is shown in
English, so that a client may look in one language and change in the other.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from http import HTTPStatus
from typing import Any

import msgspec
from attrs import field, frozen

from boona_adapters.http.codec import UNNAMED, in_german
from boona_adapters.http.operations import Created, Done, Operation, Outcome, Refused, Shown, Written
from boona_adapters.http.problems import MEDIA_TYPE, Problem
from boona_core.access import Names

JSON = "application/json"
_GERMAN_TAG = ".de"


@frozen(kw_only=True)
class Reply:
    """What goes back over the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def succeeded(self) -> bool:
        """Whether something was shown or done."""
        return self.status < HTTPStatus.BAD_REQUEST


def respond(operation: Operation, outcome: Outcome, *, names: Names, request_id: str) -> Reply:
    """The reply to a request that was understood."""
    if isinstance(outcome, Refused):
        problem = Problem(
            status=HTTPStatus.CONFLICT,
            detail=outcome.detail,
            decision=outcome.decision,
            closed=outcome.closed,
            obstacles=outcome.obstacles,
        )
        return respond_problem(problem, request_id)
    if isinstance(outcome, Done):
        return Reply(status=int(HTTPStatus.NO_CONTENT), headers={"vary": VARY}, body=b"")
    if isinstance(outcome, Written):
        return Reply(
            status=int(operation.status),
            headers={"content-type": outcome.media_type, "vary": f"{VARY}, Accept"},
            body=outcome.content,
        )
    return _shown(operation, outcome, names)


def _shown(operation: Operation, outcome: Shown | Created, names: Names) -> Reply:
    body = encoded(outcome.value)
    headers = {"content-type": JSON, "content-language": names.value, "vary": VARY}
    if outcome.etag:
        headers["etag"] = etag_of(body, names)
    if isinstance(outcome, Created):
        headers["location"] = outcome.location
    if names is Names.GERMAN:
        body = encoded(in_german(msgspec.json.decode(body)))
    return Reply(status=int(operation.status), headers=headers, body=body)


def respond_problem(problem: Problem, request_id: str) -> Reply:
    """The reply that tells what is wrong."""
    headers = {"content-type": MEDIA_TYPE, "vary": VARY}
    if problem.retry_after is not None:
        headers["retry-after"] = str(problem.retry_after)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"
    return Reply(status=int(problem.status), headers=headers, body=encoded(problem.shape(request_id)))


VARY = "Authorization, Accept-Language"


def encoded(value: Any) -> bytes:
    """A shape as JSON, in English."""
    return msgspec.json.encode(value, enc_hook=_plain)


def etag_of(body: bytes, names: Names) -> str:
    """The tag of a record: of what it says, and of the language it says it in."""
    tag = urlsafe_b64encode(sha256(body).digest()[:15]).decode()
    return f'"{tag}{_GERMAN_TAG if names is Names.GERMAN else ""}"'


def matches(if_match: str, current: Any) -> bool:
    """Whether one of the tags that a client names is the record's, in either language; ``*`` is any."""
    body = encoded(current)
    tags = {etag_of(body, names) for names in Names}
    return any(tag.strip() == "*" or tag.strip() in tags for tag in if_match.split(","))


def _plain(value: Any) -> Any:
    if value is UNNAMED:
        return None
    raise TypeError(f"{type(value).__name__} is not shown")
