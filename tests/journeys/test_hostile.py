"""Input that means harm goes through a plan and a drain: refused with its place, or harmless where it arrives.

What the server got is taken apart as a mail program would.  In every case nothing is left half-stored.
"""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from boona_core.emails import EmailState
from boona_core.requests import RequestStatus
from tests.journeys.virtual import Agency, agency_on, parsed_messages
from tests.sink import Sink, running_sink
from tests.usecases.house import House, house

HEADERS = {"Date", "From", "To", "Subject", "Message-ID", "List-Unsubscribe", "MIME-Version", "Content-Type"}
LARGEST_LETTER = 200_000

TEXTS = {
    "headers": "Sorge\r\nBcc: everybody@example.org\r\n\r\n",
    "commands": "Sorge\r\n.\r\nMAIL FROM:<evil@example.org>\r\nRCPT TO:<everybody@example.org>\r\nDATA\r\n",
    "dots": "\r\n.\r\n..\r\n...\n.\n\r.\r",
    "quoted-printable": "=0D=0ABcc: everybody@example.org=0D=0A=2E=0D=0A",
    "boundary": "\r\n--=_boona_alternative_=\r\nContent-Type: text/html\r\n\r\n<hr>\r\n--=_boona_alternative_=--",
    "html": "<script>alert(1)</script><img src=//evil.example/x onerror=alert(1)><a href='javascript:1'>\"'&lt;</b>",
    "template": "{{ 7 * 7 }}{% include 'base_email.html' %}{{ agency.__class__ }}",
    "turned around": "Rechnung\u202egnp.exe\u2066\u200f",
    "controls": "a\x01b\x08c\x1b[31md\x7fe\u0085f\u2028g",
    "5 MB": "Kummer " * 750_000,
    "5 MB without a space": "ä" * 5_000_000,
}
PATIENT_TEXTS = ("symptoms", "earlier_therapies", "earlier_treatments", "expectations", "goals")
PATIENT_WORDS = {"diagnosis": 50, "insurer": 100, "first_name": 100, "last_name": 100, "insurance_number": 50}
THERAPIST_WORDS = {"salutation": 50, "title": 50, "first_name": 100, "last_name": 100}

HALF_STORED = {
    "an email without batches": """
        SELECT e.id FROM communication_service.emails AS e
         WHERE NOT EXISTS (SELECT FROM communication_service.email_batches AS b WHERE b.email_id = e.id)""",
    "a request in progress without holder": """
        SELECT id FROM matching_service.placement_requests
         WHERE (status = 'in_progress') <> (held_by_email_id IS NOT NULL)""",
    "a holder without the request": """
        SELECT r.id FROM matching_service.placement_requests AS r
         WHERE r.held_by_email_id IS NOT NULL AND NOT EXISTS (
               SELECT FROM communication_service.email_batches AS b
                WHERE b.email_id = r.held_by_email_id AND b.placement_request_id = r.id AND b.included)""",
    "a window without email": """
        SELECT w.email_id FROM communication_service.contact_windows AS w
         WHERE NOT EXISTS (SELECT FROM communication_service.emails AS e WHERE e.id = w.email_id)""",
    "an email under way without window": """
        SELECT e.id FROM communication_service.emails AS e
         WHERE e.status IN ('queued', 'sending', 'uncertain') AND NOT EXISTS (
               SELECT FROM communication_service.contact_windows AS w
                WHERE w.email_id = e.id AND upper_inf(w.contact_window) AND w.released_at IS NULL)""",
    "an event of an email that is not there": """
        SELECT o.id FROM communication_service.outbox AS o
         WHERE o.data ? 'email_id' AND NOT EXISTS (
               SELECT FROM communication_service.emails AS e WHERE e.id = CAST(o.data ->> 'email_id' AS integer))""",
}


class Tags(HTMLParser):
    """Which tags and attributes a page has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag, and its attributes with it."""
        self.seen |= {tag, *(f"{tag} {name}" for name, _ in attrs)}
        self.seen |= {f"{tag} {value}" for name, value in attrs if name in ("href", "src", "background")}


def content_of(message: EmailMessage, form: str) -> str:
    """One of the two forms of a letter, its line ends as a program sees them."""
    part = message.get_body((form,))
    assert part is not None
    content: str = part.get_content()
    return content.replace("\r\n", "\n")


def faults_of(message: EmailMessage, harmless: EmailMessage) -> list[str]:
    """What in *message* is not as in a harmless letter of the same kind."""
    faults = [f"header {name}" for name in message.keys() if name not in HEADERS]  # noqa: SIM118 - a mapping it is not
    faults += [f"two headers {name}" for name in HEADERS if len(message.get_all(name, [])) != 1]
    faults += [f"part {part.get_content_type()}" for part in message.iter_parts()][2:]
    faults += [f"defect {defect!r}" for part in message.walk() for defect in part.defects]
    forms = [content_of(message, "plain"), content_of(message, "html")]
    faults += [
        f"character {character!r}"
        for form in forms
        for character in sorted(set(form))
        if not character.isprintable() and character != "\n"
    ]
    tags = Tags(content_of(message, "html")).seen - Tags(content_of(harmless, "html")).seen
    faults += [f"tag {tag}" for tag in sorted(tags)]
    if len(message.as_bytes()) > LARGEST_LETTER:
        faults.append("too large")
    return faults


def half_stored(agency: Agency) -> dict[str, list[tuple[Any, ...]]]:
    """What is there by halves, by its name."""
    return {name: rows for name, question in HALF_STORED.items() if (rows := agency.rows(question))}


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    with running_sink(tmp_path / "sink", contents=True) as ready:
        yield ready


@pytest.fixture
def agency(database_url: str, sink: Sink) -> Iterator[Agency]:
    with agency_on(database_url, smtp_port=sink.port) as ready:
        yield ready


def patient_fields(text: str) -> dict[str, str]:
    """Every word and text of a patient, as far as a database has room for it."""
    return dict.fromkeys(PATIENT_TEXTS, text) | {name: text[:longest] for name, longest in PATIENT_WORDS.items()}


HARMLESS = patient_fields("Sorge") | {"diagnosis": "F32.1, F41.0"}
"""A patient whose letter has everything that a letter can have."""


def letter_of(*, header: str = "", text: str = "Guten Tag", page: str = "<p>Guten Tag") -> EmailMessage:
    """A letter as a careless program would write it."""
    lines = ["From: a@example.org", "To: b@example.org", *filter(None, [header])]
    lines += ["Content-Type: multipart/alternative; boundary=x", "", "--x"]
    lines += ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "", text, "--x"]
    lines += ["Content-Type: text/html; charset=utf-8", "", page, "--x--", ""]
    return message_from_bytes("\n".join(lines).encode(), policy=policy.default)


def test_the_checker_sees_what_it_is_there_to_see() -> None:
    harmless = letter_of()
    hostile = letter_of(header="Bcc: c@example.org", text="a\x1bb\u202e", page="<p onclick=x><a href=//evil>")

    seen = set(faults_of(hostile, harmless)) - set(faults_of(harmless, harmless))

    assert seen == {
        "header Bcc",
        r"character '\x1b'",
        r"character '\u202e'",
        "tag p onclick",
        "tag a",
        "tag a href",
        "tag a //evil",
    }


# -- texts of patients -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_whatever_stands_in_the_fields_of_a_patient_arrives_harmless(text: str, agency: Agency, sink: Sink) -> None:
    agency.seed.request(agency.seed.patient(**HARMLESS), agency.seed.therapist())
    hostile = agency.seed.therapist()
    agency.seed.request(agency.seed.patient(**patient_fields(text)), hostile)

    run = agency.application.plan_emails()
    drained = agency.application.drain_queue()

    accepted = sink.accepted()
    harmless, message = parsed_messages(sink)
    assert run.unwritable == ()
    assert drained.sent == 2
    assert [len(each.recipients) for each in accepted] == [1, 1]
    assert len({each.recipients for each in accepted}) == 2
    assert {each.sender for each in accepted} == {"vermittlung@example.org"}
    assert faults_of(message, harmless) == []
    assert half_stored(agency) == {}


def test_a_template_in_a_text_is_a_text(agency: Agency, sink: Sink) -> None:
    patient = agency.seed.patient(symptoms="{{ 7 * 7 }} und <b>fett</b>")
    agency.seed.request(patient, agency.seed.therapist())

    agency.application.plan_emails()
    agency.application.drain_queue()

    (message,) = parsed_messages(sink)
    assert "{{ 7 * 7 }} und <b>fett</b>" in content_of(message, "plain")
    assert "{{ 7 * 7 }} und &lt;b&gt;fett&lt;/b&gt;" in content_of(message, "html")


# -- names of therapists -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["title", "first_name", "last_name"])
@pytest.mark.parametrize("name", ["headers", "commands", "dots", "controls", "boundary"])
def test_a_name_with_a_control_character_is_refused_by_its_place_and_the_others_are_written_to(
    name: str, field: str, agency: Agency, sink: Sink
) -> None:
    bad = agency.seed.therapist(**{field: TEXTS[name][: THERAPIST_WORDS[field]]})
    good = agency.seed.therapist()
    requests = [agency.seed.request(None, therapist) for therapist in (bad, good)]

    run = agency.application.plan_emails()
    drained = agency.application.drain_queue()

    assert [(each.therapist_id, each.fault) for each in run.unwritable] == [(bad, "To: has a control character")]
    assert drained.sent == len(sink.accepted()) == 1
    assert agency.rows("SELECT status FROM matching_service.placement_requests ORDER BY id") == [
        (RequestStatus.OPEN,),
        (RequestStatus.IN_PROGRESS,),
    ]
    assert len(requests) == 2
    assert half_stored(agency) == {}


@pytest.mark.parametrize("field", THERAPIST_WORDS)
@pytest.mark.parametrize("name", ["html", "template", "quoted-printable", "turned around"])
def test_every_other_name_arrives_harmless(name: str, field: str, agency: Agency, sink: Sink) -> None:
    agency.seed.request(None, agency.seed.therapist())
    agency.seed.request(None, agency.seed.therapist(**{field: TEXTS[name][: THERAPIST_WORDS[field]]}))

    run = agency.application.plan_emails()
    drained = agency.application.drain_queue()

    harmless, message = parsed_messages(sink)
    assert (run.unwritable, drained.sent) == ((), 2)
    assert faults_of(message, harmless) == []
    assert [len(each.recipients) for each in sink.accepted()] == [1, 1]
    assert half_stored(agency) == {}


@pytest.mark.parametrize(
    "salutation", [TEXTS["headers"], TEXTS["commands"][:50], TEXTS["controls"]], ids=["headers", "commands", "controls"]
)
def test_a_salutation_stands_in_no_header_and_arrives_as_one_line(salutation: str, agency: Agency, sink: Sink) -> None:
    agency.seed.request(None, agency.seed.therapist())
    agency.seed.request(None, agency.seed.therapist(salutation=salutation))

    agency.application.plan_emails()
    agency.application.drain_queue()

    harmless, message = parsed_messages(sink)
    assert faults_of(message, harmless) == []


# -- addresses ---------------------------------------------------------------------------------------------------------

REFUSED_ADDRESSES = [
    "praxis@example.org\r\nBcc: everybody@example.org",
    "praxis@example.org, everybody@example.org",
    "Praxis <praxis@example.org>",
    "praxis@example.org> SIZE=1 <everybody@example.org",
    "praxis",
    "@",
    "",
    "prüfung@example.org",
    "praxis@example.org\x1b",
    "praxis@\u202egro.example",
    "a" * 65 + "@example.org",
    "praxis@" + "a" * 240 + ".org",
]


@pytest.mark.parametrize("address", REFUSED_ADDRESSES)
def test_what_is_no_address_is_refused_by_its_place(address: str, agency: Agency, sink: Sink) -> None:
    bad = agency.seed.therapist(email=address)
    agency.seed.request(None, bad)

    run = agency.application.plan_emails()
    drained = agency.application.drain_queue()

    assert [each.therapist_id for each in run.unwritable] == [bad]
    assert [each.fault.split(":")[0] for each in run.unwritable] == ["To"]
    assert (drained.sent, sink.accepted()) == (0, [])
    assert agency.rows("SELECT count(*) FROM communication_service.emails") == [(0,)]
    assert half_stored(agency) == {}


@pytest.mark.parametrize(
    ("address", "arrives_at"),
    [
        (" praxis@example.org ", "praxis@example.org"),
        ("praxis@münchen.example", "praxis@xn--mnchen-3ya.example"),
        ("-oQ@example.org", "-oQ@example.org"),
        ("o'hara+x=y@example.org", "o'hara+x=y@example.org"),
    ],
)
def test_an_odd_address_is_written_to_and_nobody_else_is(
    address: str, arrives_at: str, agency: Agency, sink: Sink
) -> None:
    agency.seed.request(None, agency.seed.therapist(email=address))

    agency.application.plan_emails()
    drained = agency.application.drain_queue()

    (message,) = parsed_messages(sink)
    assert drained.sent == 1
    assert [each.recipients for each in sink.accepted()] == [(arrives_at,)]
    assert [one.addr_spec for one in message["To"].addresses] == [arrives_at]


# -- what no database takes, in a store that does ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"last_name": "x" * 100_000}, "To: longer than 255 characters"),
        ({"title": "x" * 100_000}, "To: longer than 255 characters"),
        ({"email": "x" * 100_000 + "@example.org"}, "To: longer than 255 characters"),
        ({"last_name": "Beispiel\x00"}, "To: has a control character"),
        ({"last_name": "Beispiel\ud800"}, "To: has a control character"),
        ({"email": "praxis\x00@example.org"}, "To: has a control character"),
        ({"email": "praxis\udfff@example.org"}, "To: has a control character"),
    ],
)
def test_a_header_value_that_cannot_be_is_refused_by_its_place(fields: dict[str, str], fault: str) -> None:
    agency = house()
    bad, good = agency.seed.therapist(**fields), agency.seed.therapist()
    requests = [agency.seed.request(None, therapist) for therapist in (bad, good)]

    run = agency.plan()
    drained = agency.drain()

    assert [(each.therapist_id, each.fault) for each in run.unwritable] == [(bad, fault)]
    assert agency.states() == [EmailState.SENT]
    assert drained.sent == 1
    assert agency.statuses(requests) == [RequestStatus.OPEN, RequestStatus.IN_PROGRESS]
    assert set(agency.memory.tables.windows.rows) == {email.id for email in agency.emails()}


@pytest.mark.parametrize(
    "text", ["a\x00b", "a\ud800b\udfff", "x" * 5_000_000, *TEXTS.values()], ids=lambda text: text[:9]
)
def test_a_text_that_no_database_takes_arrives_harmless_too(text: str) -> None:
    agency = house()
    agency.seed.request(agency.seed.patient(**HARMLESS), agency.seed.therapist())
    agency.seed.request(agency.seed.patient(**dict.fromkeys(patient_fields(text), text)), agency.seed.therapist())

    agency.plan()
    drained = agency.drain()

    harmless, message = messages_of(agency)
    assert drained.sent == 2
    assert faults_of(message, harmless) == []


def messages_of(agency: House) -> list[EmailMessage]:
    """What the server got, as a mail program reads it."""
    return [message_from_bytes(letter.message, policy=policy.default) for letter in agency.server.delivered]


# -- drafts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["title", "first_name", "last_name", "email"])
def test_a_hostile_draft_can_be_read_and_is_refused_when_it_is_queued(
    field: str, database_url: str, sink: Sink
) -> None:
    with agency_on(database_url, smtp_port=sink.port, BOONA_APPROVAL="on") as agency:
        text = TEXTS["headers"]
        agency.seed.request(None, agency.seed.therapist(**{field: text}))
        run = agency.application.plan_emails()
        (draft,) = agency.application.find_emails()

        with pytest.raises(ValueError, match=r"^To: ") as refused:
            agency.application.queue_email(draft.id)

        assert run.drafts
        assert "everybody" not in str(refused.value)
        assert agency.application.find_emails.one(draft.id).state is EmailState.DRAFT
        assert half_stored(agency) == {}
