"""What can be asked of the API, as values: each operation with its shapes, its statuses and what it does.

Routes, checks, the schema and the reference page all follow from these values, so that none of them says something else
than the others.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Protocol, TypeVar

from attrs import field, frozen

from boona_adapters.http.problems import ObstacleShape
from boona_core.access import AccessToken
from boona_core.application import Application
from boona_core.contact import ContactDecision

T = TypeVar("T")


@frozen
class Sent:
    """A file that was sent as the body, unread.

    Attributes:
        media_type: One of those that the operation takes.
    """

    media_type: str
    content: bytes = field(repr=False)


@frozen(kw_only=True)
class Understood:
    """One request, read and found to be well-formed.

    Attributes:
        number: The id in the path; 0: there is none.
        query: As the operation's ``query`` class; None: it has none.
        body: As the operation's ``body`` class, or ``Sent`` where it takes files; None: it has none.
        token: Who asks.
        accepts: The media types that the client wants, as it wrote them.
    """

    application: Application
    number: int
    query: Any = field(repr=False)
    body: Any = field(repr=False)
    token: AccessToken
    accepts: str = ""


@frozen
class Shown:
    """A value to be shown; *etag*: it can be changed under ``If-Match``."""

    value: Any = field(repr=False)
    etag: bool = field(default=False, kw_only=True)


@frozen
class Created:
    """Something new, and where it can be found."""

    value: Any = field(repr=False)
    location: str
    etag: bool = field(default=True, kw_only=True)


@frozen
class Done:
    """It is done, and there is nothing to show."""


@frozen(kw_only=True)
class Refused:
    """A rule said no.

    Attributes:
        closed: The requests that are not open any more, where that was in the way.
        obstacles: What else is in the way.
    """

    decision: ContactDecision | None
    detail: str = "a rule does not allow it now"
    closed: tuple[int, ...] = ()
    obstacles: tuple[ObstacleShape, ...] = ()


@frozen
class Written:
    """A document that is no JSON."""

    media_type: str
    content: bytes = field(repr=False)


Outcome = Shown | Created | Done | Refused | Written


class Decided(Protocol):
    """What a use case came to when a rule may have said no."""

    @property
    def decision(self) -> ContactDecision:
        """What the rules said."""

    @property
    def closed(self) -> tuple[int, ...]:
        """The requests that are not open any more."""


def refusal_of(decided: Decided) -> Refused:
    """The no of a rule, with the requests that are not open any more."""
    return Refused(decision=decided.decision, closed=decided.closed)


@frozen(kw_only=True)
class Operation:
    """One method of one path.

    Attributes:
        path: With ``{id}`` where an id stands.
        name: The ``operationId``.
        summary: A few words.
        description: A sentence or two.
        tag: The subject.
        act: What it does.
        answer: The type of what is shown; None: nothing.
        query: The attrs class of its parameters in the query; None: it takes none.
        body: The attrs class of its body; None: it takes none.
        files: Instead of a body of fields a file as it stands: by media type what OpenAPI says about it.
        status: Of success.
        refuses: Whether a rule may say no (409).
        current: Reads, and holds until the end, what ``If-Match`` is compared with; None: it changes nothing that is
            there.
        whole: One transaction from the first look to the answer; else the use case decides where it commits.
        media_types: Others than JSON that it can answer with.
        example: A body that works, in English names.
        leads_to: By the names of operations the field of their body that takes the id of what was created here.
    """

    method: str
    path: str
    name: str
    summary: str
    tag: str
    act: Callable[[Understood], Outcome]
    description: str = ""
    answer: Any = None
    query: type[Any] | None = None
    body: type[Any] | None = None
    files: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    status: int = HTTPStatus.OK
    refuses: bool = False
    current: Callable[[Understood], Any] | None = None
    whole: bool = True
    media_types: tuple[str, ...] = ()
    example: Mapping[str, Any] | None = None
    leads_to: Mapping[str, str] = field(factory=dict)

    @property
    def route(self) -> str:
        """``GET /api/emails/{id}``."""
        return f"{self.method} {self.path}"

    @property
    def has_id(self) -> bool:
        """Whether the path has an id."""
        return "{id}" in self.path

    @property
    def changes(self) -> bool:
        """Whether it changes anything."""
        return self.method != "GET"

    @property
    def takes_body(self) -> bool:
        """Whether it reads a body."""
        return self.body is not None or bool(self.files)

    @property
    def statuses(self) -> tuple[int, ...]:
        """Every status that it may answer with, success first."""
        found = {401, 403, 429, 500, 503}
        if self.has_id:
            found.add(404)
        if self.query is not None or self.body is not None or self.changes:
            found.add(422)
        if self.takes_body:
            found |= {413, 415}
        if self.body is not None:
            found.add(400)
        if self.refuses or self.method == "POST":
            found.add(409)
        if self.current is not None:
            found |= {412, 428}
        return (int(self.status), *sorted(found))
