"""What can be kept as it is, asked of every text of an email."""

import traceback
from datetime import date
from typing import Any

import pytest

from boona_core.emails import EmailState
from boona_core.errors import InvalidValues
from boona_core.ids import TherapistId
from boona_core.ports import Content, NewEmail
from boona_core.texts import fault_of

CANARY = "Kanarienvogel"
LIMITED = ["subject", "recipient_email", "recipient_name", "sender_email", "sender_name", "message_id"]


def content(**texts: str) -> Content:
    usual: dict[str, Any] = dict.fromkeys([*LIMITED, "body_html", "body_text"], "x")
    return Content(**{**usual, **texts})


def new_email(**fields: Any) -> NewEmail:
    usual: dict[str, Any] = {
        "therapist_id": TherapistId(1),
        "mailbox_id": None,
        "request_ids": (),
        "content": content(),
        "state": EmailState.DRAFT,
        "day": date(2026, 3, 2),
    }
    return NewEmail(**{**usual, **fields})


def everything_said(error: BaseException) -> str:
    """The error as a program shows it at its most talkative: with its causes, contexts and arguments."""
    shown = "".join(traceback.TracebackException.from_exception(error, compact=False).format())
    return "\n".join((shown, repr(error), repr(error.args), repr(error.__cause__), repr(error.__context__)))


@pytest.mark.parametrize("text", ["", "Grüße – „so“", "\U0001f426", "a\tb\r\nc", "x" * 255])
def test_a_text_that_can_be_kept_has_no_fault(text: str) -> None:
    assert fault_of(text, 255) is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f"{CANARY}\x00", "holds a NUL character"),
        (f"{CANARY}ü–\x00", "holds a NUL character"),
        (f"{CANARY}\ud800", "holds half of a surrogate pair"),
        (f"\udfff{CANARY}", "holds half of a surrogate pair"),
        (CANARY * 100, "is longer than 255 characters"),
    ],
)
def test_a_text_that_cannot_be_kept_is_refused_by_its_field_and_not_repeated(text: str, fault: str) -> None:
    with pytest.raises(InvalidValues) as caught:
        content(subject=text)

    assert [(each.place, each.fault) for each in caught.value.faults] == [("subject", fault)]
    assert CANARY not in everything_said(caught.value)


@pytest.mark.parametrize("name", LIMITED)
def test_a_line_of_an_email_has_at_most_255_characters(name: str) -> None:
    longest = content(**{name: "ü" * 255})
    with pytest.raises(InvalidValues) as caught:
        content(**{name: "ü" * 256})

    assert getattr(longest, name) == "ü" * 255
    assert [each.place for each in caught.value.faults] == [name]


@pytest.mark.parametrize("name", ["body_html", "body_text"])
def test_a_body_may_have_any_length_and_is_checked_all_the_same(name: str) -> None:
    long = content(**{name: "x" * 100_000})
    with pytest.raises(InvalidValues) as caught:
        content(**{name: "x" * 100_000 + "\x00"})

    assert len(getattr(long, name)) == 100_000
    assert [each.place for each in caught.value.faults] == [name]


def test_every_text_that_cannot_be_kept_is_named_at_once() -> None:
    with pytest.raises(InvalidValues) as caught:
        content(body_html="\x00", recipient_name="\ud800", sender_name="x" * 256)

    assert [each.place for each in caught.value.faults] == ["body_html", "recipient_name", "sender_name"]


def test_the_name_of_a_run_has_at_most_50_characters() -> None:
    longest = new_email(batch_id="x" * 50)
    with pytest.raises(InvalidValues) as caught:
        new_email(batch_id="x" * 51, override_reason=f"{CANARY}\x00")

    assert longest.batch_id == "x" * 50
    assert [each.place for each in caught.value.faults] == ["batch_id", "override_reason"]
    assert CANARY not in everything_said(caught.value)
