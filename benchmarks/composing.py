"""Composing a five-patient letter into the stored bytes, beside the standard library's ``EmailMessage``."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from benchmarks.agency import agency
from benchmarks.measuring import Figure, in_turn
from boona_adapters.mime import Unsubscribe, assemble

_LETTERS = 200


def rows() -> Iterator[Figure]:
    """One row: the bytes, not the words, which are the same on both sides."""
    with agency(therapists=1, each=5) as bound:
        bound.plan()
        with bound.open_unit() as unit:
            email = unit.emails.find()[0]
    now = datetime(2026, 11, 2, 8, tzinfo=UTC)

    def ours() -> None:
        for _ in range(_LETTERS):
            assemble(
                sender=(email.sender_name, email.sender_email),
                recipient=(email.recipient_name, email.recipient_email),
                subject=email.subject,
                body_text=email.body_text,
                body_html=email.body_html,
                message_id="<1@agentur.example>",
                date=now,
                list_unsubscribe=Unsubscribe(mailto=email.sender_email),
            )

    def theirs() -> None:
        for _ in range(_LETTERS):
            message = EmailMessage(policy=SMTP)
            message["From"] = f"{email.sender_name} <{email.sender_email}>"
            message["To"] = f"{email.recipient_name} <{email.recipient_email}>"
            message["Subject"] = email.subject
            message["Message-ID"] = "<1@agentur.example>"
            message["Date"] = format_datetime(now)
            message["List-Unsubscribe"] = f"<mailto:{email.sender_email}>"
            message.set_content(email.body_text)
            message.add_alternative(email.body_html, subtype="html")
            message.as_bytes()

    seconds = in_turn(7, {"ours": ours, "EmailMessage": theirs})
    yield Figure(
        work=f"{_LETTERS} letters of {len(email.body_html) + len(email.body_text):,} characters into bytes",
        beside="EmailMessage.as_bytes",
        ratio=seconds["EmailMessage"] / seconds["ours"],
        wanted=5,
        seconds=seconds,
    )
