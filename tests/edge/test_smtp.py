"""What the way out says about a mail server's every answer, judged by what an independent sink really accepted."""

import hashlib
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from boona_adapters.smtp import Secret, SmtpServer, Tls
from boona_adapters.smtp_conversation import ConversationMisused, SmtpConnection
from boona_core.delivery import Accepted, NoAnswer, Prepared, Refused, ServerDown, Step
from boona_core.errors import InvalidValue
from tests.sink import Rule, Sink, running_sink

MESSAGE = (
    b"From: vermittlung@agentur.example\r\n"
    b"Subject: Anfrage zu Kanarienvogel\r\n"
    b"Message-ID: <1@agentur.example>\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n"
    b"\r\n"
    b"Diagnose: Angstst=C3=B6rung\r\n"
)
SENDER = "vermittlung@agentur.example"
RECIPIENT = "praxis@example.org"
WAYS = pytest.mark.parametrize("pipelining", [True, False], ids=["pipelined", "one by one"])


@pytest.fixture(scope="module")
def shared_sink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sink]:
    with running_sink(tmp_path_factory.mktemp("sink"), contents=True) as running:
        yield running


@pytest.fixture
def sink(shared_sink: Sink) -> Iterator[Sink]:
    """The module's sink with its log emptied and good manners."""
    shared_sink.wait_until_idle()
    shared_sink.log.write_bytes(b"")
    yield shared_sink
    shared_sink.behave(rules=(), pipelining=True, size=None, login=None, close_after=None, shut_down_after=None)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture(scope="module")
def certificate(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("certificate") / "localhost.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(path)
    return path


def server_at(port: int, **changes: Any) -> SmtpServer:
    usual: dict[str, Any] = {"host": "127.0.0.1", "port": port, "tls": "none", "conversation_timeout": 20}
    return SmtpServer(**usual | changes)


def connected(server: SmtpServer) -> "closing[SmtpConnection]":
    connection = server.connect()
    assert isinstance(connection, SmtpConnection)
    return closing(connection)


def send(
    connection: SmtpConnection,
    recipient: str = RECIPIENT,
    message: bytes = MESSAGE,
    on_step: Callable[[Step], None] = lambda _: None,
) -> Accepted | Refused | NoAnswer | ServerDown:
    prepared = connection.prepare(sender=SENDER, recipient=recipient, message=message, on_step=on_step)
    return connection.finish(on_step=on_step) if isinstance(prepared, Prepared) else prepared


def sent_once(sink: Sink, recipient: str = RECIPIENT, message: bytes = MESSAGE, **changes: Any) -> Any:
    with connected(server_at(sink.port, **changes)) as connection:
        return send(connection, recipient, message)


# What a taken email looks like


@WAYS
def test_a_taken_email_is_accepted_with_the_servers_words_and_arrives_byte_for_byte(
    sink: Sink, pipelining: bool
) -> None:
    sink.behave(pipelining=pipelining)

    outcome = sent_once(sink)

    assert outcome == Accepted("250 2.0.0 taken")
    [message] = sink.accepted()
    assert message.sha256 == hashlib.sha256(MESSAGE).hexdigest()
    assert (message.sender, message.recipients) == (SENDER, (RECIPIENT,))
    assert message.message_id == "<1@agentur.example>"


@WAYS
def test_the_steps_are_told_in_their_order(sink: Sink, pipelining: bool) -> None:
    sink.behave(pipelining=pipelining)
    steps: list[Step] = []

    with connected(server_at(sink.port)) as connection:
        send(connection, on_step=steps.append)

    assert steps == list(Step)


def test_a_connection_is_kept_from_one_email_to_the_next(sink: Sink) -> None:
    before = sink.seen().connections

    with connected(server_at(sink.port)) as connection:
        outcomes = [send(connection) for _ in range(3)]

    assert outcomes == [Accepted("250 2.0.0 taken")] * 3
    assert sink.seen().connections == before + 1


def test_a_connection_is_replaced_after_its_number_of_emails(sink: Sink) -> None:
    before = sink.seen().connections

    with connected(server_at(sink.port, messages_per_connection=2)) as connection:
        [send(connection) for _ in range(5)]

    assert sink.seen().connections == before + 3
    assert len(sink.accepted()) == 5


lines = st.lists(
    st.sampled_from([b"", b".", b"..", b"...", b".a", b"a.", b"QUIT"]) | st.from_regex(rb"\A[ -~]{0,30}\Z"), max_size=12
)


@given(lines=lines)
@example(lines=[b"."])
@example(lines=[b".", b"MAIL FROM:<a@b.example>"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_lines_that_begin_with_a_dot_arrive_as_they_were(sink: Sink, lines: list[bytes]) -> None:
    message = b"".join(line + b"\r\n" for line in lines)

    outcome = sent_once(sink, message=message)

    assert outcome == Accepted("250 2.0.0 taken")
    assert sink.accepted()[-1].sha256 == hashlib.sha256(message).hexdigest()


def test_a_message_without_a_last_line_end_gets_one(sink: Sink) -> None:
    sent_once(sink, message=b"Subject: x\r\n\r\nend")

    assert sink.accepted()[-1].sha256 == hashlib.sha256(b"Subject: x\r\n\r\nend\r\n").hexdigest()


def test_five_megabytes_arrive_whole(sink: Sink) -> None:
    message = MESSAGE + b".0123456789\r\n" * 400_000

    outcome = sent_once(sink, message=message)

    assert outcome == Accepted("250 2.0.0 taken")
    assert sink.accepted()[-1].sha256 == hashlib.sha256(message).hexdigest()


# Refusals before the dot


@WAYS
@pytest.mark.parametrize(
    ("reply", "permanent", "of_recipient"),
    [
        ("550 5.1.1 no such user", True, True),
        ("550 5.2.1 mailbox disabled", True, True),
        ("550 5.4.4 no such domain", True, True),
        ("550 user unknown", True, True),
        ("553 praxis@example.org is not allowed", True, True),
        ("450 4.2.0 greylisted", False, True),
        ("452 4.2.2 mailbox full", False, True),
        ("550 5.7.1 refused by policy", True, False),
        ("550 5.1.8 sender's domain does not exist", True, False),
        ("554 5.7.1 relay access denied", True, False),
        ("550 relay not permitted", True, False),
        ("554 transaction failed", True, False),
        ("451 4.3.0 try later", False, False),
        ("501 syntax", True, False),
    ],
)
def test_a_refused_recipient_is_told_from_a_refused_sender_or_policy(
    sink: Sink, pipelining: bool, reply: str, permanent: bool, of_recipient: bool
) -> None:
    sink.behave(pipelining=pipelining, rules=(Rule(at="rcpt", reply=reply),))

    outcome = sent_once(sink)

    assert outcome == Refused(reply=reply, permanent=permanent, of_recipient=of_recipient)
    assert sink.accepted() == []


@WAYS
@pytest.mark.parametrize("place", ["mail", "data"])
@pytest.mark.parametrize(("reply", "permanent"), [("552 5.3.4 too large", True), ("452 4.3.1 disk full", False)])
def test_a_refusal_at_mail_or_data_is_not_the_recipients(
    sink: Sink, pipelining: bool, place: Any, reply: str, permanent: bool
) -> None:
    sink.behave(pipelining=pipelining, rules=(Rule(at=place, reply=reply),))

    outcome = sent_once(sink)

    assert outcome == Refused(reply=reply, permanent=permanent, of_recipient=False)


@WAYS
@pytest.mark.parametrize("place", ["mail", "rcpt", "data", "dot"])
def test_after_a_refusal_the_next_email_goes_out_on_the_same_connection(
    sink: Sink, pipelining: bool, place: Any
) -> None:
    sink.behave(pipelining=pipelining, rules=(Rule(at=place, reply="550 5.1.1 no", times=1),))
    before = sink.seen().connections

    with connected(server_at(sink.port)) as connection:
        first, second = send(connection, "first@example.org"), send(connection, "second@example.org")

    assert isinstance(first, Refused)
    assert second == Accepted("250 2.0.0 taken")
    assert [message.recipients for message in sink.accepted()] == [("second@example.org",)]
    assert sink.seen().connections == before + 1


def test_a_recipient_refused_while_data_was_taken_leaves_the_connection_usable(sink: Sink) -> None:
    rules = (Rule(at="rcpt", reply="550 5.1.1 no", times=1), Rule(at="data", reply="354 go", times=1))
    before = sink.behave(rules=rules).connections

    with connected(server_at(sink.port)) as connection:
        first, second = send(connection), send(connection)

    assert isinstance(first, Refused)
    assert second == Accepted("250 2.0.0 taken")
    assert len(sink.accepted()) == 1
    assert sink.seen().connections == before + 1


def test_a_size_over_the_servers_limit_is_refused_before_the_body_travels(sink: Sink) -> None:
    sink.behave(size=100)
    steps: list[Step] = []

    with connected(server_at(sink.port)) as connection:
        outcome = send(connection, on_step=steps.append)

    assert outcome == Refused(reply="552 5.3.4 too large", permanent=True, of_recipient=False)
    assert steps == []


@pytest.mark.parametrize(
    "recipient", ["", "praxis", "a@b\r\nRSET", "a b@c", "<a@b>", "ä@example.org", f"a@{'b' * 300}"]
)
def test_an_address_that_smtp_cannot_express_is_refused_as_the_recipients(sink: Sink, recipient: str) -> None:
    outcome = sent_once(sink, recipient)

    assert isinstance(outcome, Refused)
    assert (outcome.permanent, outcome.of_recipient) == (True, True)
    assert sink.accepted() == []


@pytest.mark.parametrize("message", [b"a\nb\r\n", b"a\rb\r\n", b"a\n.\r\nMAIL\r\n", "ä\r\n".encode()])
def test_a_message_with_other_line_ends_or_bytes_is_refused_unoffered(sink: Sink, message: bytes) -> None:
    outcome = sent_once(sink, message=message)

    assert isinstance(outcome, Refused)
    assert (outcome.permanent, outcome.of_recipient) == (True, False)
    assert sink.accepted() == []


@WAYS
@pytest.mark.parametrize("place", ["rcpt", "data"])
def test_a_connection_lost_before_the_dot_is_no_answer_and_nothing_is_taken(
    sink: Sink, pipelining: bool, place: Any
) -> None:
    sink.behave(pipelining=pipelining, rules=(Rule(at=place, close=True, times=1),))

    with connected(server_at(sink.port)) as connection:
        first, second = send(connection, "first@example.org"), send(connection, "second@example.org")

    assert isinstance(first, NoAnswer)
    assert isinstance(second, Accepted)
    assert [message.recipients for message in sink.accepted()] == [("second@example.org",)]


def test_a_421_for_the_recipient_is_temporary_and_the_next_email_gets_a_fresh_connection(sink: Sink) -> None:
    sink.behave(rules=(Rule(at="rcpt", reply="421 4.7.0 slow down", close=True, times=1),))

    with connected(server_at(sink.port)) as connection:
        first, second = send(connection), send(connection)

    assert first == Refused(reply="421 4.7.0 slow down", permanent=False, of_recipient=False)
    assert isinstance(second, Accepted)


def test_an_answer_that_is_none_is_no_answer(sink: Sink) -> None:
    sink.behave(rules=(Rule(at="rcpt", reply="what?"),))

    outcome = sent_once(sink)

    assert isinstance(outcome, NoAnswer)


# From the body to the answer


def test_a_server_that_hung_up_before_the_dot_has_certainly_taken_nothing(sink: Sink) -> None:
    sink.behave(rules=(Rule(at="body", close=True),))

    with connected(server_at(sink.port)) as connection:
        prepared = connection.prepare(sender=SENDER, recipient=RECIPIENT, message=MESSAGE, on_step=lambda _: None)
        sink.wait_until_idle()
        outcome = connection.finish(on_step=lambda _: None)

    assert prepared == Prepared()
    assert outcome == Refused(reply="the connection ended before the final dot", permanent=False, of_recipient=False)


def test_a_refusal_that_comes_before_the_dot_is_heard(sink: Sink) -> None:
    sink.behave(rules=(Rule(at="body", reply="552 5.3.4 enough"),))
    steps: list[Step] = []

    with connected(server_at(sink.port)) as connection:
        outcome = send(connection, on_step=steps.append)

    assert outcome == Refused(reply="552 5.3.4 enough", permanent=True, of_recipient=False)
    assert Step.DOT_SENT not in steps


@pytest.mark.parametrize(
    ("reply", "permanent", "of_recipient"),
    [
        ("550 5.1.1 no such user", True, True),
        ("550 5.2.1 disabled", True, True),
        ("552 5.2.3 too long", True, False),
        ("554 5.7.1 spam", True, False),
        ("554 no such user", True, False),
        ("451 4.3.0 try later", False, False),
        ("421 4.3.2 shutting down", False, False),
    ],
)
def test_a_refusal_after_the_dot_blames_the_recipient_only_by_its_enhanced_code(
    sink: Sink, reply: str, permanent: bool, of_recipient: bool
) -> None:
    sink.behave(rules=(Rule(at="dot", reply=reply),))

    outcome = sent_once(sink)

    assert outcome == Refused(reply=reply, permanent=permanent, of_recipient=of_recipient)
    assert sink.accepted() == []


@pytest.mark.parametrize("taken", [True, False])
def test_a_connection_lost_after_the_dot_is_no_answer_whatever_the_server_did(sink: Sink, taken: bool) -> None:
    sink.behave(rules=(Rule(at="dot", close=True, taken=taken),))

    outcome = sent_once(sink)

    assert isinstance(outcome, NoAnswer)
    assert len(sink.accepted()) == taken


def test_a_timeout_after_the_dot_is_no_answer(sink: Sink) -> None:
    sink.behave(rules=(Rule(at="dot", stall=30, taken=True),))

    outcome = sent_once(sink, answer_timeout=0.05)

    assert isinstance(outcome, NoAnswer)
    assert len(sink.accepted()) == 1


def test_the_answer_to_the_dot_may_take_longer_than_any_other(sink: Sink) -> None:
    sink.behave(rules=(Rule(at="dot", stall=0.5),))

    outcome = sent_once(sink, conversation_timeout=0.25)

    assert isinstance(outcome, Accepted)


def test_after_no_answer_the_next_email_is_not_told_the_late_one(sink: Sink) -> None:
    sink.behave(rules=(Rule(at="dot", who="first", stall=0.2, taken=True),))

    with connected(server_at(sink.port, answer_timeout=0.05)) as connection:
        first = send(connection, "first@example.org")
        sink.behave(rules=(Rule(at="dot", reply="550 5.1.1 no"),))
        second = send(connection, "second@example.org")

    assert isinstance(first, NoAnswer)
    assert isinstance(second, Refused)


def test_what_is_abandoned_is_never_accepted(sink: Sink) -> None:
    with connected(server_at(sink.port)) as connection:
        connection.prepare(sender=SENDER, recipient=RECIPIENT, message=MESSAGE, on_step=lambda _: None)
        connection.abandon()
        sink.wait_until_idle()
        abandoned = sink.accepted()
        outcome = send(connection)

    assert abandoned == []
    assert isinstance(outcome, Accepted)
    assert len(sink.accepted()) == 1


def test_closing_drops_what_is_prepared(sink: Sink) -> None:
    with connected(server_at(sink.port)) as connection:
        connection.prepare(sender=SENDER, recipient=RECIPIENT, message=MESSAGE, on_step=lambda _: None)

    sink.wait_until_idle()
    assert sink.accepted() == []


@WAYS
@pytest.mark.parametrize("step", [Step.SENDER_ACCEPTED, Step.RECIPIENT_ACCEPTED, Step.BODY_SENT])
def test_a_caller_that_fails_at_a_step_leaves_nothing_taken_and_the_connection_usable(
    sink: Sink, pipelining: bool, step: Step
) -> None:
    sink.behave(pipelining=pipelining)

    def fail(reached: Step) -> None:
        assert reached is not step, "the lease is gone"

    with connected(server_at(sink.port)) as connection:
        with pytest.raises(AssertionError, match="the lease is gone"):
            send(connection, "first@example.org", on_step=fail)
        outcome = send(connection, "second@example.org")

    assert isinstance(outcome, Accepted)
    assert [message.recipients for message in sink.accepted()] == [("second@example.org",)]


def test_the_halves_of_a_conversation_go_in_their_order(sink: Sink) -> None:
    with connected(server_at(sink.port)) as connection:
        with pytest.raises(ConversationMisused):
            connection.finish(on_step=lambda _: None)
        connection.prepare(sender=SENDER, recipient=RECIPIENT, message=MESSAGE, on_step=lambda _: None)
        with pytest.raises(ConversationMisused):
            connection.prepare(sender=SENDER, recipient=RECIPIENT, message=MESSAGE, on_step=lambda _: None)


def test_a_sender_that_is_no_address_is_a_misuse(sink: Sink) -> None:
    with connected(server_at(sink.port)) as connection, pytest.raises(InvalidValue):
        connection.prepare(sender="a@b>\r\nRSET", recipient=RECIPIENT, message=MESSAGE, on_step=lambda _: None)


# Kept connections that the server has closed


@WAYS
@pytest.mark.parametrize("farewell", [{"close_after": 1}, {"shut_down_after": 1}], ids=["silently", "with 421"])
def test_a_connection_closed_between_emails_is_replaced_and_each_is_accepted_once(
    sink: Sink, pipelining: bool, farewell: dict[str, int]
) -> None:
    sink.behave(pipelining=pipelining, **farewell)
    recipients = [f"{number}@example.org" for number in range(4)]

    with connected(server_at(sink.port)) as connection:
        outcomes = [send(connection, recipient) for recipient in recipients]

    assert outcomes == [Accepted("250 2.0.0 taken")] * 4
    assert [message.recipients for message in sink.accepted()] == [(recipient,) for recipient in recipients]


def test_a_kept_connection_that_cannot_be_replaced_means_that_the_server_is_down(tmp_path: Path) -> None:
    with running_sink(tmp_path) as ending:
        connection = server_at(ending.port).connect()
        assert isinstance(connection, SmtpConnection)
        send(connection)

    with closing(connection):
        outcome = send(connection)

    assert isinstance(outcome, ServerDown)


@pytest.mark.parametrize("reply", ["421 4.3.2 not now", "530 5.7.0 log in first"])
def test_a_server_that_turns_every_email_down_at_mail_is_down(sink: Sink, reply: str) -> None:
    sink.behave(rules=(Rule(at="mail", reply=reply, close=True),))

    outcome = sent_once(sink)

    assert outcome == ServerDown(reply)


# The server as a whole


@pytest.mark.parametrize("reply", ["421 4.3.2 too busy", "554 5.3.2 not you"])
def test_a_refusing_greeting_is_the_servers_and_no_emails(sink: Sink, reply: str) -> None:
    sink.behave(rules=(Rule(at="greeting", reply=reply, close=True),))

    outcome = server_at(sink.port).connect()

    assert outcome == ServerDown(f"no connection: {reply}")


def test_a_refused_connection_means_that_the_server_is_down() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))

        outcome = server_at(unheard.getsockname()[1]).connect()

    assert isinstance(outcome, ServerDown)


def test_a_server_that_does_not_greet_in_time_is_down(sink: Sink) -> None:
    sink.behave(rules=(Rule(at="greeting", stall=30),))

    outcome = server_at(sink.port, conversation_timeout=0.05).connect()

    assert isinstance(outcome, ServerDown)


@pytest.mark.parametrize("mechanisms", ["PLAIN LOGIN", "LOGIN"])
def test_the_right_login_is_let_in(sink: Sink, mechanisms: str) -> None:
    sink.behave(login="boona:geheim", mechanisms=mechanisms)

    outcome = sent_once(sink, username="boona", password=Secret("geheim"))

    assert isinstance(outcome, Accepted)


def test_a_password_may_hold_any_letter(sink: Sink) -> None:
    sink.behave(login="boona:gehäim", mechanisms="PLAIN LOGIN")

    outcome = sent_once(sink, username="boona", password=Secret("gehäim"))

    assert isinstance(outcome, Accepted)


def test_a_wrong_login_means_that_the_server_is_down_and_never_shows_the_password(sink: Sink) -> None:
    sink.behave(login="boona:geheim", mechanisms="PLAIN LOGIN")
    server = server_at(sink.port, username="boona", password=Secret("falsch"))

    outcome = server.connect()

    assert outcome == ServerDown("login: 535 5.7.8 wrong user name or password")
    assert "falsch" not in repr(server) + str(server.password)


def test_a_login_that_the_server_does_not_offer_means_that_it_is_down(sink: Sink) -> None:
    outcome = server_at(sink.port, username="boona", password=Secret("geheim")).connect()

    assert isinstance(outcome, ServerDown)


# TLS


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.IMPLICIT])
def test_a_certificate_with_the_right_name_is_accepted(
    tmp_path: Path, certificate: Path, ca_file: Path, tls: Tls
) -> None:
    with running_sink(
        tmp_path, certificate=certificate, implicit_tls=tls is Tls.IMPLICIT, login="boona:geheim"
    ) as sink:
        outcomes = [
            sent_once(sink, host="localhost", tls=tls, ca_file=ca_file, username="boona", password=Secret("geheim"))
            for _ in range(2)
        ]

        assert outcomes == [Accepted("250 2.0.0 taken")] * 2
        assert len(sink.accepted()) == 2


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.IMPLICIT])
def test_a_certificate_with_another_name_is_refused(tmp_path: Path, certificate: Path, ca_file: Path, tls: Tls) -> None:
    with running_sink(tmp_path, certificate=certificate, implicit_tls=tls is Tls.IMPLICIT) as sink:
        outcome = server_at(sink.port, tls=tls, ca_file=ca_file).connect()

    assert isinstance(outcome, ServerDown)
    assert "certificate verify failed" in outcome.words


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.IMPLICIT])
def test_a_certificate_of_an_unknown_authority_is_refused(tmp_path: Path, certificate: Path, tls: Tls) -> None:
    with running_sink(tmp_path, certificate=certificate, implicit_tls=tls is Tls.IMPLICIT) as sink:
        outcome = server_at(sink.port, host="localhost", tls=tls).connect()

    assert isinstance(outcome, ServerDown)
    assert "certificate verify failed" in outcome.words


def test_a_server_that_does_not_offer_starttls_is_down(sink: Sink, ca_file: Path) -> None:
    outcome = server_at(sink.port, host="localhost", tls=Tls.STARTTLS, ca_file=ca_file).connect()

    assert outcome == ServerDown("STARTTLS extension not supported by server.")


def test_the_end_of_an_encrypted_connection_before_the_dot_is_seen(
    tmp_path: Path, certificate: Path, ca_file: Path
) -> None:
    with running_sink(tmp_path, certificate=certificate, rules=(Rule(at="body", close=True),)) as sink:
        server = server_at(sink.port, host="localhost", tls=Tls.STARTTLS, ca_file=ca_file)
        with connected(server) as connection:
            connection.prepare(sender=SENDER, recipient=RECIPIENT, message=MESSAGE, on_step=lambda _: None)
            sink.wait_until_idle()
            outcome = connection.finish(on_step=lambda _: None)

    assert isinstance(outcome, Refused)


# Settings


@pytest.mark.parametrize("host", ["mail.example.org", "192.0.2.1", "10.0.0.1", "127.0.0.1.example.org", "0.0.0.0"])  # noqa: S104
def test_without_tls_only_a_loopback_address_is_spoken_to(host: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        server_at(25, host=host)

    assert refused.value.place == "tls"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_without_tls_a_loopback_address_is_spoken_to(host: str) -> None:
    assert server_at(25, host=host).tls is Tls.NONE


@pytest.mark.parametrize(
    "changes",
    [
        {"port": 0},
        {"username": "boona"},
        {"password": Secret("geheim")},
        {"answer_timeout": 0},
        {"messages_per_connection": 0},
        {"tls": "starttls", "ca_file": Path("nowhere.pem")},
    ],
)
def test_settings_that_cannot_work_are_refused_at_the_start(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        server_at(**{"port": 25} | changes)


# The server's words


def test_what_a_refusal_repeats_of_the_letter_is_left_out(sink: Sink) -> None:
    rule = Rule(at="dot", reply="554 5.7.1 bad words: Kanarienvogel, ANGSTSTÖRUNG, Angstst=C3=B6rung in mail")
    sink.behave(rules=(rule,))

    outcome = sent_once(sink)

    assert outcome == Refused(reply="554 5.7.1 bad words: …, …, … in mail", permanent=True, of_recipient=False)


def test_the_servers_words_are_bounded_and_without_control_characters(sink: Sink) -> None:
    sink.behave(rules=(Rule(at="rcpt", reply="550-5.1.1 no\x07\x1b[31m\r\n550 5.1.1 " + "x" * 2000),))

    outcome = sent_once(sink)

    assert isinstance(outcome, Refused)
    assert outcome.reply.startswith("550 5.1.1 no  [31m 5.1.1 xxx")
    assert len(outcome.reply) == 500
    assert outcome.reply.isprintable()
