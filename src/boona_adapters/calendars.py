"""How does a list of calls become a calendar (iCalendar, RFC 5545), one for each caller?

A calendar program that is given the file again updates what it has: every call keeps its ``UID``, a later state has a
higher ``SEQUENCE``, and a call that is off stays in the file as ``CANCELLED``.  Times are instants in UTC, which every
program shows on its own wall; there is no time zone to be misread.  The same calls give the same bytes.
"""

from collections.abc import Iterable, Mapping
from itertools import groupby

from icalendar import Calendar, Event, vText

from boona_core.calendar_entries import CalendarEntry
from boona_core.ids import CallerId
from boona_core.redaction import one_line

MEDIA_TYPE = "text/calendar"

_LONGEST = 500  # characters of a line
_ABOUT = {0: "Ein Anruf ohne Anfrage.", 1: "Es geht um eine Patientin oder einen Patienten."}


def calendars(entries: Iterable[CalendarEntry], *, host: str) -> Mapping[CallerId | None, bytes]:
    """One calendar for each caller who has an entry; None: for the calls that nobody in particular makes.

    Args:
        host: The agency's domain; it makes the ids unique in the world, and must not change.
    """
    ordered = sorted(entries, key=lambda entry: (entry.caller_id or 0, entry.start, entry.call_id))
    return {
        caller: calendar(list(those), host=host) for caller, those in groupby(ordered, lambda entry: entry.caller_id)
    }


def calendar(entries: Iterable[CalendarEntry], *, host: str) -> bytes:
    """One calendar with these calls, by their time, then id; it bears the name of their caller, if they have one."""
    ordered = sorted(entries, key=lambda entry: (entry.start, entry.call_id))
    names = {entry.caller for entry in ordered}
    name = names.pop() if len(names) == 1 else None
    whole = Calendar()
    whole.add("prodid", "-//Boona//Calls//DE")
    whole.add("version", "2.0")
    whole.add("method", "PUBLISH")
    # The library escapes what it knows for a text, and a property of its own it does not know.
    whole.add("x-wr-calname", vText(f"Anrufe: {one_line(name, longest=_LONGEST)}" if name else "Anrufe"))
    for entry in ordered:
        whole.add_component(_event(entry, host))
    written: bytes = whole.to_ical()
    return written


def _event(entry: CalendarEntry, host: str) -> Event:
    event = Event()
    event.add("uid", f"call-{entry.call_id}@{host}")
    event.add("sequence", entry.revision)
    event.add("dtstamp", entry.changed_at)
    event.add("last-modified", entry.changed_at)
    event.add("dtstart", entry.start)
    event.add("dtend", entry.end)
    event.add("summary", one_line(f"{entry.therapist}, {entry.phone or 'ohne Telefonnummer'}", longest=_LONGEST))
    about = _ABOUT.get(entry.patients, f"Es geht um {entry.patients} Patientinnen und Patienten.")
    event.add("description", f"{about}\nAlles Weitere steht in Boona, Anruf {entry.call_id}.")
    event.add("status", "CANCELLED" if entry.canceled else "CONFIRMED")
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT" if entry.canceled else "OPAQUE")
    return event
