"""The call list as iCalendar: read back by another library, unfolded by hand, and understood as an update."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import vobject
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from boona_adapters.calendars import calendar, calendars
from boona_core.calendar_entries import CalendarEntry
from boona_core.errors import InvalidValue, NaiveInstant
from boona_core.ids import CallerId, PhoneCallId
from boona_core.instants import BERLIN
from boona_core.redaction import one_line
from boona_core.wall_clock import instant_of

HOST = "agentur.example"
START = datetime(2026, 3, 27, 8, 5, tzinfo=UTC)
CALL = CalendarEntry(
    call_id=PhoneCallId(17),
    revision=0,
    start=START,
    minutes=15,
    therapist="Dr. Ada Beispiel",
    phone="030 1234-56",
    patients=3,
    caller_id=CallerId(1),
    caller="Anna",
    changed_at=datetime(2026, 3, 20, 7, 0, tzinfo=UTC),
)


def read(written: bytes) -> list[Any]:
    """The events, as another library reads them."""
    return list(getattr(vobject.readOne(written.decode()), "vevent_list", []))


def unfolded(written: bytes) -> list[str]:
    """The lines of the file by hand (RFC 5545, 3.1), one a property."""
    return re.sub(rb"\r\n[ \t]", b"", written).decode().split("\r\n")


def text_of(line: str) -> str:
    """The text of a property without its escapes (RFC 5545, 3.3.11)."""
    value = line.partition(":")[2]
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)


def lines_of(entry: CalendarEntry, name: str) -> list[str]:
    return [line for line in unfolded(calendar([entry], host=HOST)) if re.match(rf"{name}[:;]", line)]


def test_another_library_reads_the_call() -> None:
    (event,) = read(calendar([CALL], host=HOST))

    assert event.uid.value == "call-17@agentur.example"
    assert event.summary.value == "Dr. Ada Beispiel, 030 1234-56"
    assert (event.dtstart.value, event.dtend.value) == (START, START + timedelta(minutes=15))
    assert event.description.value == (
        "Es geht um 3 Patientinnen und Patienten.\nAlles Weitere steht in Boona, Anruf 17."
    )
    assert (event.status.value, event.sequence.value) == ("CONFIRMED", "0")


def test_the_file_is_what_the_standard_asks_for() -> None:
    assert unfolded(calendar([CALL], host=HOST)) == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Boona//Calls//DE",
        "METHOD:PUBLISH",
        "X-WR-CALNAME:Anrufe: Anna",
        "BEGIN:VEVENT",
        "SUMMARY:Dr. Ada Beispiel\\, 030 1234-56",
        "DTSTART:20260327T080500Z",
        "DTEND:20260327T082000Z",
        "DTSTAMP:20260320T070000Z",
        "UID:call-17@agentur.example",
        "SEQUENCE:0",
        "CLASS:PRIVATE",
        "DESCRIPTION:Es geht um 3 Patientinnen und Patienten.\\nAlles Weitere steht in Boona\\, Anruf 17.",
        "LAST-MODIFIED:20260320T070000Z",
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25), date(2026, 6, 14)])
def test_a_call_is_at_its_time_on_the_wall_on_each_night(day: date) -> None:
    entry = evolve(CALL, start=instant_of(day, 9 * 60, BERLIN))

    (event,) = read(calendar([entry], host=HOST))

    assert f"{event.dtstart.value.astimezone(BERLIN):%Y-%m-%d %H:%M}" == f"{day} 09:00"
    assert lines_of(entry, "DTSTART") == [f"DTSTART:{entry.start:%Y%m%dT%H%M%SZ}"]


def test_a_change_keeps_the_id_and_counts_up() -> None:
    moved = evolve(CALL, revision=1, start=START + timedelta(days=1), changed_at=START)

    before, after = (read(calendar([entry], host=HOST))[0] for entry in (CALL, moved))

    assert after.uid.value == before.uid.value
    assert int(after.sequence.value) > int(before.sequence.value)
    assert after.dtstamp.value > before.dtstamp.value
    assert after.dtstart.value == START + timedelta(days=1)


def test_a_call_that_is_off_stays_in_the_file_as_canceled() -> None:
    off = evolve(CALL, revision=2, canceled=True)

    (event,) = read(calendar([off], host=HOST))

    assert (event.uid.value, event.status.value, event.sequence.value) == ("call-17@agentur.example", "CANCELLED", "2")
    assert event.transp.value == "TRANSPARENT"


def test_a_change_of_the_caller_keeps_the_id() -> None:
    other = evolve(CALL, caller_id=CallerId(2), caller="Ben", revision=1)

    assert read(calendar([other], host=HOST))[0].uid.value == read(calendar([CALL], host=HOST))[0].uid.value


def test_each_caller_has_a_calendar_of_their_own() -> None:
    later = evolve(CALL, call_id=PhoneCallId(18), start=START + timedelta(hours=1))
    bens = evolve(CALL, call_id=PhoneCallId(19), caller_id=CallerId(2), caller="Ben")
    nobodys = evolve(CALL, call_id=PhoneCallId(20), caller_id=None, caller=None)

    written = calendars([bens, later, nobodys, CALL], host=HOST)

    assert {caller: [event.uid.value[:7] for event in read(each)] for caller, each in written.items()} == {
        None: ["call-20"],
        CallerId(1): ["call-17", "call-18"],
        CallerId(2): ["call-19"],
    }
    assert [line for line in unfolded(written[CallerId(2)]) if line.startswith("X-WR")] == ["X-WR-CALNAME:Anrufe: Ben"]
    assert [line for line in unfolded(written[None]) if line.startswith("X-WR")] == ["X-WR-CALNAME:Anrufe"]


def test_callers_of_one_name_have_two_calendars() -> None:
    namesake = evolve(CALL, call_id=PhoneCallId(18), caller_id=CallerId(2))

    assert set(calendars([CALL, namesake], host=HOST)) == {CallerId(1), CallerId(2)}


def test_an_empty_list_is_an_empty_calendar() -> None:
    assert read(calendar([], host=HOST)) == []
    assert calendars([], host=HOST) == {}


@pytest.mark.parametrize(
    ("patients", "about"),
    [
        (0, "Ein Anruf ohne Anfrage."),
        (1, "Es geht um eine Patientin oder einen Patienten."),
        (2, "Es geht um 2 Patientinnen und Patienten."),
    ],
)
def test_it_says_about_how_many(patients: int, about: str) -> None:
    (line,) = lines_of(evolve(CALL, patients=patients), "DESCRIPTION")

    assert text_of(line).split("\n")[0] == about


def test_a_call_without_a_number_says_so() -> None:
    assert [text_of(line) for line in lines_of(evolve(CALL, phone=None), "SUMMARY")] == [
        "Dr. Ada Beispiel, ohne Telefonnummer"
    ]


def test_the_order_of_the_calls_does_not_matter() -> None:
    calls = [evolve(CALL, call_id=PhoneCallId(number), start=START - timedelta(hours=number)) for number in range(5)]

    assert calendar(calls, host=HOST) == calendar(reversed(calls), host=HOST)


@pytest.mark.parametrize(("name", "value"), [("revision", -1), ("minutes", 0), ("patients", -1)])
def test_a_number_out_of_its_bounds_is_refused(name: str, value: int) -> None:
    with pytest.raises(InvalidValue, match=name):
        evolve(CALL, **{name: value})  # type: ignore[arg-type]


def test_an_instant_without_an_offset_is_refused() -> None:
    with pytest.raises(NaiveInstant):
        evolve(CALL, start=datetime(2026, 3, 27, 9, 5))  # noqa: DTZ001 - the subject


names = st.text(st.characters(codec="utf-8"), max_size=200).map(lambda text: f"Praxis {text}")


@given(names)
def test_any_name_is_read_back_as_one_line(name: str) -> None:
    shown = one_line(f"{name}, 030 1234-56", longest=500)

    written = calendar([evolve(CALL, therapist=name)], host=HOST)

    assert max(len(line) for line in written.split(b"\r\n")) <= 75
    assert b"\n" not in written.replace(b"\r\n", b"")
    assert [text_of(line) for line in unfolded(written) if line.startswith("SUMMARY:")] == [shown]
    assert read(written)[0].summary.value == shown


@pytest.mark.parametrize("hostile", ["A\r\nATTENDEE:mailto:x@y.example", "A\nBEGIN:VEVENT", "A\\nB;C,D:E"])
def test_a_name_brings_no_property_of_its_own(hostile: str) -> None:
    written = calendar([evolve(CALL, therapist=hostile, caller=hostile)], host=HOST)

    heads = {re.split("[:;]", line)[0] for line in unfolded(written)}
    assert "ATTENDEE" not in heads
    assert len(read(written)) == 1
