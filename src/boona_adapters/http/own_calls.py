"""Which calls does a caller's token see and tell of?  Those of its own caller; the other roles have all of them."""

from boona_adapters.http.operations import Understood
from boona_adapters.http.problems import ProblemRaised
from boona_core.access import AccessToken, Role
from boona_core.calls import PhoneCall
from boona_core.ids import CallerId, PhoneCallBatchId, PhoneCallId

_OF_SOMEBODY_ELSE = "a caller's token sees and tells of the calls of its own caller"


def caller_seen(token: AccessToken, wished: int | None) -> CallerId | None:
    """Whose calls to list, where those of *wished* are asked for (None: everybody's); None: everybody's.

    Raises:
        ProblemRaised: a caller asks for somebody else's.
    """
    if token.role is not Role.CALLER:
        return None if wished is None else CallerId(wished)
    if token.caller is None or wished not in (None, token.caller):
        raise ProblemRaised(403, _OF_SOMEBODY_ELSE)
    return CallerId(token.caller)


def call_seen(asked: Understood, *, hold: bool = False) -> PhoneCall:
    """The call with the id in the path.

    Raises:
        ProblemRaised: a caller asks for somebody else's.
        UnknownId: there is none.
    """
    return _own(asked.token, asked.application.show.call(PhoneCallId(asked.number), hold=hold))


def call_seen_by_batch(asked: Understood, *, hold: bool = False) -> PhoneCall:
    """The call that holds the batch row with the id in the path.

    Raises:
        ProblemRaised: a caller asks for somebody else's.
        UnknownId: there is none.
    """
    return _own(asked.token, asked.application.show.call_of_batch(PhoneCallBatchId(asked.number), hold=hold))


def _own(token: AccessToken, call: PhoneCall) -> PhoneCall:
    if token.role is Role.CALLER and (token.caller is None or call.caller_id != token.caller):
        raise ProblemRaised(403, _OF_SOMEBODY_ELSE)
    return call
