"""What is assembled reads back as what went in, and nothing else gets in."""

import re
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr, parsedate_to_datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from boona_adapters.mime import RefusedBody, RefusedHeader, Unsubscribe, assemble
from boona_core.errors import BoonaError, NaiveInstant

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
CANARY = "zxqvcanary"

LETTER: dict[str, Any] = {
    "sender": ("Agentur Brückenweg", "anfragen@brueckenweg.example"),
    "recipient": ("Dr. Eva Müller", "eva.mueller@praxis.example"),
    "subject": "Anfrage für 5 Therapieplätze",
    "body_text": "Guten Tag,\n\nzwei Plätze?\n",
    "body_html": "<p>Guten Tag,</p>\n<p>zwei Plätze?</p>\n",
    "message_id": "<20261123.17.abc@brueckenweg.example>",
    "date": NOW,
    "list_unsubscribe": Unsubscribe(mailto="anfragen@brueckenweg.example"),
}

header_texts = st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=255)
header_words = st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=14)
bodies = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=2_000)


def assembled(**changes: Any) -> bytes:
    return assemble(**{**LETTER, **changes})


def read(message: bytes) -> EmailMessage:
    parsed = message_from_bytes(message, policy=default)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    return parsed


def bodies_of(message: EmailMessage) -> tuple[str, str]:
    text, html = message.iter_parts()
    return _with_newlines(text), _with_newlines(html)


def _with_newlines(part: Any) -> str:
    decoded: bytes = part.get_payload(decode=True)
    return decoded.decode("utf-8").replace("\r\n", "\n")


def test_a_letter_has_the_headers_it_needs_and_no_other() -> None:
    message = read(assembled())

    assert message.keys() == [
        "Date",
        "From",
        "To",
        "Subject",
        "Message-ID",
        "List-Unsubscribe",
        "MIME-Version",
        "Content-Type",
    ]
    assert message["Message-ID"] == "<20261123.17.abc@brueckenweg.example>"
    assert message["List-Unsubscribe"] == "<mailto:anfragen@brueckenweg.example?subject=Abmelden>"
    assert parsedate_to_datetime(message["Date"]) == NOW
    assert message.get_content_type() == "multipart/alternative"


def test_the_html_is_the_last_alternative() -> None:
    parts = list(read(assembled()).iter_parts())

    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert [part.get_content_charset() for part in parts] == ["utf-8", "utf-8"]


@given(name=header_words.map(lambda text: " ".join(text.split())))
@example(name="Dr. med. Käthe-Luise Özdemir-Lüdenscheidt")
@example(name="=?utf-8?q?=0D=0ABcc=3A_x=40y=2Eexample?=")
@example(name='a"b\\c, <d> (e)')
@example(name="Praxis Dr. Klein, Psychotherapie; am Markt")
def test_a_name_of_one_encoded_word_reads_back_through_the_strict_parser(name: str) -> None:
    (recipient,) = read(assembled(recipient=(name, "eva.mueller@praxis.example")))["To"].addresses

    assert (recipient.display_name, recipient.addr_spec) == (name, "eva.mueller@praxis.example")


@given(name=header_texts, subject=header_texts)
@example(name="=?utf-8?q?=0D=0ABcc=3A_x=40y=2Eexample?=", subject="=?utf-8?q?a?= b")
@example(name='a"b\\c, <d> (e)', subject="  zwei  Leerzeichen  ")
@example(name="Ä" * 255, subject="Ä" * 255)
@example(name="x" * 255, subject="x" * 255)
@example(name="a: b;", subject=" ")
@example(name="0" * 30 + "\u0300" * 40, subject="e\u0301" * 100)
def test_names_and_subject_read_back_as_written(name: str, subject: str) -> None:
    """The strict parser of Python 3.11 leaves a space between two encoded words of a name; RFC 2047 does not."""
    message = assembled(recipient=(name, "eva.mueller@praxis.example"), subject=subject)
    written, address = parseaddr(str(message_from_bytes(message)["To"]))

    assert str(make_header(decode_header(written))) == name
    assert address == "eva.mueller@praxis.example"
    assert read(message)["Subject"] == subject


@given(text=bodies, html=bodies)
@example(text="", html="")
@example(text=".\n..\n.", html="\n.\n")
@example(text="Ende mit Leerzeichen \t", html="--=_boona_alternative_=--\n--=_boona_alternative_=")
@example(text="a\rb\r\nc\n\rd", html="\x00\x0b\x0c\x1c\x85\u2028")
@example(text="=\n= \n=3D" + "x" * 300, html="ä" * 300)
def test_bodies_read_back_as_written(text: str, html: str) -> None:
    message = read(assembled(body_text=text, body_html=html))

    assert bodies_of(message) == (re.sub("\r\n?", "\n", text), re.sub("\r\n?", "\n", html))


@given(name=header_texts, subject=header_texts, text=bodies)
@example(name="Ä" * 255, subject="Ä" * 255, text="=" * 400)
@example(name="wort " * 50 + "wort", subject="wort " * 50 + "wort", text="wort " * 400)
def test_every_line_is_short_and_ends_with_crlf(name: str, subject: str, text: str) -> None:
    message = assembled(recipient=(name, "eva.mueller@praxis.example"), subject=subject, body_text=text, body_html=text)
    lines = message.split(b"\r\n")

    assert message.isascii()
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert max(len(line) for line in lines) <= 78
    assert lines[-1] == b""


def test_the_same_letter_gives_the_same_bytes() -> None:
    assert assembled() == assembled()


def test_an_instant_is_written_in_utc() -> None:
    berlin = datetime(2026, 11, 23, 8, 0, tzinfo=timezone(timedelta(hours=1)))

    assert assembled(date=berlin) == assembled(date=NOW)
    assert b"Date: Mon, 23 Nov 2026 07:00:00 +0000\r\n" in assembled()


def test_an_instant_without_an_offset_is_refused() -> None:
    with pytest.raises(NaiveInstant):
        assembled(date=datetime(2026, 11, 23, 8, 0))  # noqa: DTZ001 - the fault under test


def test_one_click_unsubscribing_is_offered_where_there_is_an_address_for_it() -> None:
    way = Unsubscribe(mailto="anfragen@brueckenweg.example", one_click_url="https://brueckenweg.example/u/AbC?x=1&y=2")

    message = read(assembled(list_unsubscribe=way))

    assert message["List-Unsubscribe"] == (
        "<https://brueckenweg.example/u/AbC?x=1&y=2>, <mailto:anfragen@brueckenweg.example?subject=Abmelden>"
    )
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_without_a_public_address_there_is_no_one_click() -> None:
    assert "List-Unsubscribe-Post" not in read(assembled())


def test_what_means_something_in_a_link_is_encoded_in_the_unsubscribe_address() -> None:
    way = Unsubscribe(mailto="a?b&c%d@brueckenweg.example")

    message = read(assembled(list_unsubscribe=way))

    assert message["List-Unsubscribe"] == "<mailto:a%3Fb%26c%25d@brueckenweg.example?subject=Abmelden>"


def test_an_answer_refers_to_what_it_answers() -> None:
    message = read(assembled(in_reply_to="<frage@praxis.example>"))

    assert message["In-Reply-To"] == "<frage@praxis.example>"
    assert message["References"] == "<frage@praxis.example>"


def test_a_domain_beyond_ascii_is_encoded() -> None:
    message = read(assembled(recipient=("", "Praxis@ärzte.example")))

    assert message["To"].addresses[0].addr_spec == "Praxis@xn--rzte-koa.example"


HOSTILE = [
    *(f"{CANARY}{chr(code)}Bcc: x@y.example" for code in (*range(32), *range(127, 160), 0x2028, 0x2029)),
    f"{CANARY}\r\nBcc: x@y.example",
    f"{CANARY}\r\n\r\n<p>",
    f"{CANARY}\ud800",
    CANARY * 10_000,
]


def _with_value(place: str, value: str) -> dict[str, Any]:
    changes: dict[str, dict[str, Any]] = {
        "From name": {"sender": (value, "a@b.example")},
        "From address": {"sender": ("A", value)},
        "To name": {"recipient": (value, "a@b.example")},
        "To address": {"recipient": ("A", value)},
        "Subject": {"subject": value},
        "Message-ID": {"message_id": value},
        "In-Reply-To": {"in_reply_to": value},
        "List-Unsubscribe mailto": {"list_unsubscribe": Unsubscribe(mailto=value)},
        "List-Unsubscribe url": {
            "list_unsubscribe": Unsubscribe(mailto="a@b.example", one_click_url=f"https://b.example/{value}")
        },
    }
    return changes[place]


@pytest.mark.parametrize(
    "place",
    [
        "From name",
        "From address",
        "To name",
        "To address",
        "Subject",
        "Message-ID",
        "In-Reply-To",
        "List-Unsubscribe mailto",
        "List-Unsubscribe url",
    ],
)
@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(value[:20]))
def test_a_hostile_header_value_is_refused_by_the_name_of_the_header(place: str, value: str) -> None:
    with pytest.raises(RefusedHeader) as refused:
        assembled(**_with_value(place, value))

    assert refused.value.place == place.partition(" ")[0]
    assert CANARY not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize(
    "value", ["", "17@b.example", "<17>", "<a b@c.example>", "<a@b.example> <c@d.example>", "<a@b\n.example>"]
)
def test_a_message_id_of_another_form_is_refused(value: str) -> None:
    with pytest.raises(RefusedHeader, match="Message-ID"):
        assembled(message_id=value)


@pytest.mark.parametrize("url", ["http://b.example/u", "javascript:alert(1)", "https://b.example/a>b", ""])
def test_one_click_takes_https_only(url: str) -> None:
    with pytest.raises(RefusedHeader, match="List-Unsubscribe"):
        assembled(list_unsubscribe=Unsubscribe(mailto="a@b.example", one_click_url=url))


def test_an_unsubscribe_address_that_is_none_is_refused() -> None:
    with pytest.raises(RefusedHeader, match="List-Unsubscribe: it has no @"):
        assembled(list_unsubscribe=Unsubscribe(mailto="anfragen"))


def test_a_local_part_beyond_ascii_is_refused_and_said_so() -> None:
    with pytest.raises(RefusedHeader, match="To: the part before the @ has letters beyond ASCII"):
        assembled(recipient=("Eva", "müller@praxis.example"))


@pytest.mark.parametrize("place", ["body_text", "body_html"])
@pytest.mark.parametrize("body", ["x" * 5_000_000, f"{CANARY}\ud800"], ids=["5 MB", "surrogate"])
def test_a_body_that_cannot_go_out_is_refused_by_name(place: str, body: str) -> None:
    with pytest.raises(RefusedBody) as refused:
        assembled(**{place: body})

    assert refused.value.place == place
    assert isinstance(refused.value, BoonaError)
    assert CANARY not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
