"""Mail for the tests of the demo's mailbox: sent over SMTP to its own server, as Boona sends it."""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

from attrs import frozen

from boona_adapters.demo.mailbox import Mailbox, running_mail_server
from boona_adapters.demo.page import mailbox_app
from boona_adapters.demo.report import Report, keep_report
from boona_adapters.demo.serving import listen, serving
from boona_adapters.envelopes import MimeEnvelopes
from boona_adapters.letters import JinjaLetters
from boona_core.diagnoses import read_diagnoses
from boona_core.letters import Addressee, Agency, LetterPatient, LetterRequest, Sender, Template

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
BERLIN = ZoneInfo("Europe/Berlin")
SENDER = Sender(email="anfragen@lindenhof.example", name="Jana Beispiel")
AGENCY = Agency(name="Vermittlung Lindenhof", address="Musterstraße 12, 10115 Berlin")
REPORT = Report(
    therapists=3,
    patients=4,
    requests=7,
    emails_planned=2,
    requests_planned=3,
    sent=2,
    not_written_to={"no_email_address": 1},
    planned_again=0,
    sent_again=0,
)


def letter_to(name: str, address: str, *, patients: int) -> bytes:
    """A letter of Boona with so many patients, as it is sent."""
    letter = JinjaLetters().compose(
        LetterRequest(
            template=Template.BATCH_REQUEST if patients > 1 else Template.INITIAL_CONTACT,
            addressee=Addressee(last_name=name),
            agency=AGENCY,
            sender=SENDER,
            patients=tuple(
                LetterPatient(number=number, age=30 + number, diagnoses=read_diagnoses("F41.1"), concerns="Unruhe")
                for number in range(1, patients + 1)
            ),
        )
    )
    sealed = MimeEnvelopes().seal(letter, sender=SENDER, recipient_email=address, recipient_name=name, now=NOW)
    assert sealed.message is not None
    return sealed.message


def hostile_html(elsewhere: str) -> str:
    """HTML that tries to run a script, to load from *elsewhere*, and to send a form there."""
    return (
        "<p>harmless words</p><script>document.body.textContent = 'taken over'</script>"
        f'<img src="{elsewhere}/pixel.png"><link rel="stylesheet" href="{elsewhere}/a.css">'
        f'<form action="{elsewhere}/"><button>send</button></form>'
    )


def hostile_letter(address: str, *, elsewhere: str = "http://elsewhere.example") -> bytes:
    """A letter with hostile HTML, and with HTML in every header that is shown."""
    message = EmailMessage()
    message["From"] = SENDER.email
    message["To"] = f"<script>alert(1)</script> <{address}>"
    message["Subject"] = "<img src=x onerror=alert(1)>"
    message.set_content("</pre><script>alert(2)</script>")
    message.add_alternative(hostile_html(elsewhere), subtype="html")
    return message.as_bytes()


def send_all(mailbox: Mailbox, *messages: tuple[str, bytes]) -> None:
    """Send messages, each to its address, over SMTP into *mailbox*."""
    with running_mail_server(mailbox) as port, smtplib.SMTP("127.0.0.1", port) as smtp:
        for address, message in messages:
            smtp.sendmail(SENDER.email, [address], message)


@frozen
class ShownMailbox:
    """A mailbox and the address of its pages."""

    mailbox: Mailbox
    url: str
    port: int


@contextmanager
def shown(mailbox: Mailbox, *, report: Path) -> Iterator[ShownMailbox]:
    """Serve the pages of *mailbox* for as long as the block lasts."""
    keep_report(REPORT, report)
    listening = listen(18_765)
    port: int = listening.getsockname()[1]
    with serving(mailbox_app(mailbox, report=report, port=port, zone=BERLIN), listening):
        yield ShownMailbox(mailbox, f"http://127.0.0.1:{port}", port)
