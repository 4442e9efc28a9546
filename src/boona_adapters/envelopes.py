"""How does a letter become the message that is stored and sent?

Gives every message its ``Message-ID`` and the way to end the letters, and puts both forms and all that was said into
one ``Content``.  The bytes themselves are the matter of ``mime``.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid4

from attrs import field, frozen

from boona_adapters.addresses import wire_address
from boona_adapters.mime import Unsubscribe, assemble
from boona_core.letters import Letter, Sender
from boona_core.ports import Content


@frozen(kw_only=True)
class MimeEnvelopes:
    """Seals letters.  Keeps the port ``Envelopes``.

    Attributes:
        new_unique: What makes a ``Message-ID`` unlike every other.
    """

    new_unique: Callable[[], UUID] = field(default=uuid4, repr=False)

    def seal(
        self,
        letter: Letter,
        *,
        sender: Sender,
        recipient_email: str,
        recipient_name: str,
        now: datetime,
        message_id: str | None = None,
    ) -> Content:
        """The letter as the whole message, dated *now*, with a fresh ``Message-ID`` unless one is given.

        Both addresses are stored as they are said to the mail server: trimmed, the domain IDNA-encoded.

        Raises:
            BadAddress: the sender has no address that mail could come from.
            RefusedHeader: the address cannot be written to, or a header value holds a control character.
            RefusedBody: a body is too long or cannot be written in UTF-8.
        """
        sender_email = wire_address(sender.email)
        message_id = message_id or f"<{self.new_unique().hex}@{sender_email.rpartition('@')[2]}>"
        message = assemble(
            sender=(sender.name, sender.email),
            recipient=(recipient_name, recipient_email),
            subject=letter.subject,
            body_text=letter.body_text,
            body_html=letter.body_html,
            message_id=message_id,
            date=now,
            list_unsubscribe=Unsubscribe(mailto=sender.email),
        )
        return Content(
            subject=letter.subject,
            body_html=letter.body_html,
            body_text=letter.body_text,
            recipient_email=wire_address(recipient_email),
            recipient_name=recipient_name,
            sender_email=sender_email,
            sender_name=sender.name,
            message_id=message_id,
            message=message,
        )
