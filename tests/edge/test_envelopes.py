"""Letters become messages with an id of their own and a way to end the letters; a copy may send them all elsewhere."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from boona_adapters.envelopes import MimeEnvelopes
from boona_adapters.redirect import RedirectedServer
from boona_adapters.smtp import SmtpServer, Tls
from boona_core.delivery import Accepted, Prepared, ServerDown
from boona_core.errors import BoonaError
from boona_core.letters import Letter, Sender
from boona_core.ports import Content
from tests.sink import running_sink

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
LETTER = Letter(subject="Anfrage für zwei", body_html="<p>Grüße</p>", body_text="Grüße")
SENDER = Sender(email="vermittlung@agentur.example", name="Vermittlung Beispiel")


def sealed(**changes: Any) -> Content:
    """The letter, sealed."""
    values: dict[str, Any] = {
        "sender": SENDER,
        "recipient_email": "praxis@example.org",
        "recipient_name": "Dr. Uta Beispiel",
        "now": NOW,
    }
    return MimeEnvelopes().seal(LETTER, **{**values, **changes})


def headers_of(content: Content) -> Any:
    """The headers, as another program reads them."""
    assert content.message is not None
    return message_from_bytes(content.message, policy=policy.default)


def test_what_is_stored_says_what_is_in_the_message() -> None:
    content = sealed()

    message = headers_of(content)
    assert message["Subject"] == content.subject == "Anfrage für zwei"
    assert message["From"] == "Vermittlung Beispiel <vermittlung@agentur.example>"
    assert message["To"] == '"Dr. Uta Beispiel" <praxis@example.org>'
    assert message["Message-ID"] == content.message_id
    assert (content.sender_email, content.sender_name) == ("vermittlung@agentur.example", "Vermittlung Beispiel")
    assert (content.recipient_email, content.recipient_name) == ("praxis@example.org", "Dr. Uta Beispiel")
    assert (content.body_html, content.body_text) == ("<p>Grüße</p>", "Grüße")


def test_a_fresh_message_id_is_of_the_senders_domain() -> None:
    message_id = sealed().message_id or ""

    unique, _, domain = message_id.strip("<>").partition("@")
    assert domain == "agentur.example"
    assert len(bytes.fromhex(unique)) == 16


def test_two_letters_never_share_a_message_id() -> None:
    assert sealed().message_id != sealed().message_id


def test_a_message_id_that_is_given_stays() -> None:
    content = sealed(message_id="<17@agentur.example>")

    assert content.message_id == headers_of(content)["Message-ID"] == "<17@agentur.example>"


def test_the_letters_can_be_ended_by_a_message_to_the_sender() -> None:
    content = sealed()

    assert headers_of(content)["List-Unsubscribe"] == "<mailto:vermittlung@agentur.example?subject=Abmelden>"


def test_an_address_with_an_umlaut_is_stored_as_it_is_said_to_the_server() -> None:
    content = sealed(recipient_email=" praxis@müller.example ", sender=Sender(email="a@größe.example", name="A"))

    assert content.recipient_email == "praxis@xn--mller-kva.example"
    assert content.sender_email == "a@xn--gre-6ka8i.example"
    assert str(content.message_id).endswith("@xn--gre-6ka8i.example>")


@pytest.mark.parametrize(
    "change",
    [
        {"recipient_name": "Uta\r\nBcc: all@example.org"},
        {"recipient_email": "praxis@example.org\nBcc: all@example.org"},
        {"recipient_email": "no address"},
        {"message_id": "17"},
    ],
)
def test_what_cannot_be_a_header_is_refused_and_not_repeated(change: dict[str, str]) -> None:
    with pytest.raises(BoonaError) as refused:
        sealed(**change)

    assert "Bcc" not in str(refused.value)
    assert "no address" not in str(refused.value)


def test_a_redirected_message_goes_to_the_one_address_byte_for_byte(tmp_path: Path) -> None:
    message = sealed().message or b""
    with running_sink(tmp_path, contents=True) as sink:
        server = RedirectedServer(SmtpServer(host="127.0.0.1", port=sink.port, tls=Tls.NONE), "me@example.org")

        connection = server.connect()
        assert not isinstance(connection, ServerDown)
        prepared = connection.prepare(
            sender="vermittlung@agentur.example",
            recipient="praxis@example.org",
            message=message,
            on_step=lambda _: None,
        )
        answer = connection.finish(on_step=lambda _: None)
        connection.close()
        (accepted,) = sink.accepted()

    assert isinstance(prepared, Prepared)
    assert isinstance(answer, Accepted)
    assert accepted.recipients == ("me@example.org",)
    assert accepted.size == len(message)


def test_a_redirected_message_can_be_dropped_before_the_dot(tmp_path: Path) -> None:
    with running_sink(tmp_path) as sink:
        server = RedirectedServer(SmtpServer(host="127.0.0.1", port=sink.port, tls=Tls.NONE), "me@example.org")

        connection = server.connect()
        assert not isinstance(connection, ServerDown)
        connection.prepare(sender="a@b.example", recipient="c@d.example", message=b"x\r\n", on_step=lambda _: None)
        connection.abandon()
        connection.close()
        sink.wait_until_idle()

        assert sink.accepted() == []


def test_a_server_that_is_down_is_down_for_redirected_mail_too() -> None:
    server = RedirectedServer(SmtpServer(host="127.0.0.1", port=1, tls=Tls.NONE), "me@example.org")

    assert isinstance(server.connect(), ServerDown)
