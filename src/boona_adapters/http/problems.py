"""What does a failure look like on the wire, and what of it may be told?

Every error is a problem of RFC 9457.  Problems tell ids, places and rules; never a value that somebody sent, and never
the text of an error that nobody foresaw.
"""

from datetime import date
from typing import Any

from attrs import frozen

from boona_adapters.addresses import BadAddress
from boona_adapters.mime import RefusedBody, RefusedHeader
from boona_core.contact import ContactDecision, Reason
from boona_core.errors import BoonaError, IllegalTransition, InvalidValue, InvalidValues, StoreError, UnknownId

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2
_UNIQUE = "23505"

TITLES = {
    400: ("malformed", "The body is not JSON"),
    401: ("no-token", "A valid token is needed"),
    403: ("not-allowed", "The token does not allow this"),
    404: ("not-found", "There is nothing here"),
    405: ("method-not-allowed", "This method is not known here"),
    409: ("refused", "Refused by a rule"),
    412: ("changed-meanwhile", "The record has changed"),
    413: ("too-large", "The body is too large"),
    415: ("not-json", "The body has to be JSON"),
    422: ("faults", "The request has faults"),
    428: ("if-match-needed", "A change needs If-Match"),
    429: ("too-many", "Too many requests"),
    500: ("unexpected", "Something went wrong"),
    503: ("unavailable", "The service cannot answer now"),
}
"""Status to the last part of the type, and the title."""


@frozen(kw_only=True)
class FaultShape:
    """One fault of a request.

    Attributes:
        path: Where: a field of the body as the client wrote it, a parameter, a header; empty: the whole.
        fault: What is wrong; never a value.
    """

    path: str
    fault: str


@frozen(kw_only=True)
class HoldShape:
    """One reason to wait.

    Attributes:
        until: The first day without it; null: no day helps.
    """

    reason: Reason
    until: date | None


@frozen(kw_only=True)
class AheadShape:
    """A reason that is not in force yet and will be.

    Attributes:
        since: The day on which it begins.
        until: The first day without it; null: no day helps.
    """

    reason: Reason
    since: date | None
    until: date | None


@frozen(kw_only=True)
class DecisionShape:
    """What the rules say about a contact or a request.

    Attributes:
        allowed: Whether it may happen today.
        next_allowed_on: The first day on which it would be allowed; null: none, as things are.
        reasons: Every reason in force.
        ahead: What will put it off later.
    """

    allowed: bool
    next_allowed_on: date | None
    reasons: tuple[HoldShape, ...]
    ahead: tuple[AheadShape, ...]


@frozen(kw_only=True)
class ObstacleShape:
    """One thing that has to be settled or filled in first.

    Attributes:
        reason: What it is: a value such as ``unsettled``, or the field that is missing.
        email_ids: The emails that a person has to send or cancel.
        phone_call_ids: The calls that a person has to make or cancel.
    """

    reason: str
    email_ids: tuple[int, ...] = ()
    phone_call_ids: tuple[int, ...] = ()


@frozen(kw_only=True)
class ProblemShape:
    """An error, as RFC 9457 has it.

    Attributes:
        type: Names the kind of problem.
        title: The same in words.
        status: The status of the answer.
        detail: What it is this time.
        request_id: Names this answer in the log.
        faults: Every fault of the request, where it has some.
        decision: What the rules said, where one refused.
        closed_requests: The placement requests that are not open any more, where that was in the way.
        obstacles: What else is in the way, each by itself.
    """

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    faults: tuple[FaultShape, ...]
    decision: DecisionShape | None
    closed_requests: tuple[int, ...]
    obstacles: tuple[ObstacleShape, ...]


@frozen(kw_only=True)
class Problem:
    """What went wrong, before it is written down."""

    status: int
    detail: str
    faults: tuple[FaultShape, ...] = ()
    decision: ContactDecision | None = None
    closed: tuple[int, ...] = ()
    obstacles: tuple[ObstacleShape, ...] = ()
    retry_after: int | None = None

    def shape(self, request_id: str) -> ProblemShape:
        """As it goes over the wire."""
        name, title = TITLES.get(self.status, ("error", "The request failed"))
        return ProblemShape(
            type=f"urn:boona:problem:{name}",
            title=title,
            status=self.status,
            detail=self.detail,
            request_id=request_id,
            faults=self.faults,
            decision=None if self.decision is None else decision_shape(self.decision),
            closed_requests=self.closed,
            obstacles=self.obstacles,
        )


class ProblemRaised(BoonaError):
    """A problem that ends the work on a request at once."""

    def __init__(self, status: int, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.problem = Problem(status=status, detail=detail, **more)


def decision_shape(decision: ContactDecision) -> DecisionShape:
    """A decision as it goes over the wire."""
    return DecisionShape(
        allowed=decision.allowed,
        next_allowed_on=decision.next_allowed_on,
        reasons=tuple(HoldShape(reason=hold.reason, until=hold.until) for hold in decision.holds),
        ahead=tuple(AheadShape(reason=hold.reason, since=hold.since, until=hold.until) for hold in decision.ahead),
    )


def problem_of(error: BaseException) -> Problem | None:  # noqa: PLR0911 - one line for each kind of error
    """The problem that an error is; None: nobody foresaw it."""
    if isinstance(error, ProblemRaised):
        return error.problem
    if isinstance(error, InvalidValues):
        faults = tuple(FaultShape(path=each.place, fault=each.fault) for each in error.faults)
        return Problem(status=422, detail=_counted(len(faults)), faults=faults)
    if isinstance(error, InvalidValue):
        return Problem(status=422, detail=_counted(1), faults=(FaultShape(path=error.place, fault=error.fault),))
    if isinstance(error, UnknownId):
        return Problem(status=404, detail=str(error))
    if isinstance(error, IllegalTransition):
        return Problem(status=409, detail=str(error))
    if isinstance(error, StoreError):
        return _of_store(error)
    if isinstance(error, BadAddress | RefusedHeader | RefusedBody):  # their texts name places, not values
        return Problem(status=422, detail=_counted(1), faults=(FaultShape(path="", fault=str(error)),))
    return None


def _of_store(error: StoreError) -> Problem | None:
    if error.passing:
        return Problem(status=503, detail="the database is away or busy: ask again", retry_after=RETRY_AFTER_SECONDS)
    if error.sqlstate == _UNIQUE and (error.constraint or "").endswith("_external_id"):  # another was quicker
        taken = FaultShape(path="external_id", fault="is somebody else's already")
        return Problem(status=422, detail=_counted(1), faults=(taken,))
    return None


def _counted(faults: int) -> str:
    return "one fault" if faults == 1 else f"{faults} faults"
