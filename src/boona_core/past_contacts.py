"""What has passed between the agency and a therapist so far, in short?

For people who are about to call: the emails that were sent and the calls that were tried, the newest first, with what
was said about each request and what was promised.  Days are local dates of the agency; nothing here reads a store.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from attrs import field, frozen

from boona_core.calls import Outcome
from boona_core.contact import Channel
from boona_core.ids import EmailId, PhoneCallId, PlacementRequestId


@frozen(kw_only=True)
class PastContact:
    """An email that was sent, confirmations excepted, or a call that was held or tried; texts are not in its ``repr``.

    Attributes:
        id: Of the email or the call.
        day: Of the email, by its handoff marker; on which the call was made.
        reached: The email did not bounce; somebody answered the call.
        answered_on: Of an email: the local day of its answer; None: there is none.  Of a call: its day, if it was held.
        outcomes: What was said about each request that was in it, in its order; None: nothing.
        words: What the staff noted about a call; None: nothing.
        promises: What was promised, in the words of the staff.
    """

    channel: Channel
    id: EmailId | PhoneCallId
    day: date
    reached: bool = True
    answered_on: date | None = None
    outcomes: Mapping[PlacementRequestId, Outcome | None] = field(factory=dict)
    words: str | None = field(default=None, repr=False)
    promises: tuple[str, ...] = field(default=(), repr=False)


def newest_first(contacts: Iterable[PastContact], *, limit: int) -> tuple[PastContact, ...]:
    """The last *limit* contacts; of one day the call first, since it follows the email."""
    ordered = sorted(contacts, key=lambda each: (each.day, each.channel is Channel.PHONE, each.id), reverse=True)
    return tuple(ordered[:limit])


def last_promise(contacts: Sequence[PastContact]) -> PastContact | None:
    """The newest contact in which something was promised, of contacts that begin with the newest; None: in none."""
    return next((contact for contact in contacts if contact.promises), None)
