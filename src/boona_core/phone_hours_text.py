"""Which phone hours does a free text name, and what of it is not understood?

For importers: directories write ``Mo-Do 8-12 Uhr``, ``Mo, Mi u. Fr 9:00 bis 12:30`` or
``Montag:<br>09.00&nbsp;–&nbsp;12.00``.  German and English are read.  A text falls into parts (lines, and what stands
between semicolons or bars); a part is understood as a whole or not at all, because one strange word (``außer``, ``nur
gerade Wochen``, ``ab``) may change what the others mean.  Nothing is guessed: a time of day without an end, a window
that runs past midnight, ``werktags`` (with or without Saturday?) or ``2-4`` (at night?) is not understood.
"""

import re
from collections.abc import Iterable, Sequence
from html import unescape

from attrs import frozen

from boona_core.windows import WEEK, Weekday, WeeklyWindows, Window


@frozen
class HoursInText:
    """What a text says.

    Attributes:
        hours: The windows of the parts that are understood.
        not_understood: The other parts, as they are written but for markup and blanks.  They may limit what the rest
            says: whoever stores hours takes them only when this is empty.
    """

    hours: WeeklyWindows
    not_understood: tuple[str, ...] = ()


@frozen
class _Word:
    """A part of speech, as one letter of the grammar below, and what it stands for.

    Attributes:
        value: The place of a day in the week; the minutes of a time.
        half: ``am`` or ``pm`` where a time says so.
        vague: A time that may be meant after noon: ``2`` or ``2:30``, but not ``02:30``.
    """

    letter: str
    value: int = 0
    half: str = ""
    vague: bool = False


_DAY_NAMES = (
    "montag montags mo monday mondays mon",
    "dienstag dienstags di tuesday tuesdays tue tues",
    "mittwoch mittwochs mi wednesday wednesdays wed",
    "donnerstag donnerstags do thursday thursdays thu thur thurs",
    "freitag freitags fr friday fridays fri",
    "samstag samstags sonnabend sonnabends sa saturday saturdays sat",
    "sonntag sonntags so sunday sundays sun",
)
_DAYS = {name: place for place, names in enumerate(_DAY_NAMES) for name in names.split()}
_LETTERS = {
    "-": "r", "bis": "b", "to": "b", "until": "b", "till": "b",
    ",": "a", "/": "a", "&": "a", "+": "a", "u": "a", "und": "a", "sowie": "a", "and": "a",
    "uhr": "u", "h": "u", ":": "c", "von": "v", "from": "v", "zwischen": "z", "between": "z",
    "jeweils": "j", "je": "j", "each": "j", "geschlossen": "x", "closed": "x", ".": "",
}  # fmt: skip
_VAGUE = frozenset("12345")
_LABEL = re.compile(
    r"\A\s*(?:(?:telefonische|tel\.)\s*(?:erreichbarkeit|sprechzeiten?)|telefon(?:sprech)?zeiten?|phone\s+hours)\s*:?",
    re.IGNORECASE,
)
_WORD = re.compile(
    r"(?P<time>(?<!\d)(?:[01]?\d|2[0-4])(?:[:.][0-5]\d)?(?!\d))\s*(?P<half>[ap]\.?m\b\.?)?"
    r"|(?P<name>[^\W\d_]+)\.?"
    r"|(?P<mark>[-,/&+:]|(?<!\d)\.(?!\d)|\.(?=\s*\Z))"
    r"|(?P<strange>\S)",
    re.IGNORECASE | re.ASCII,
)

_DAYS_READ = r"d(?:[rb]d)?(?:a*+d(?:[rb]d)?)*"
_TIMES_READ = r"(?:v?tu?[rb]tu?|ztu?atu?)(?:a*+(?:v?tu?[rb]tu?|ztu?atu?))*"
_PART = re.compile(rf"(?:{_TIMES_READ}a?)?(?:{_DAYS_READ}[acrj]*+(?:{_TIMES_READ}|x)a?)*(?:{_DAYS_READ}c?)?")
_PIECE = re.compile(rf"(?P<days>{_DAYS_READ})|(?P<times>{_TIMES_READ})|(?P<closed>x)")
_ONE_SPAN = re.compile(r"tu?[rab]t")
_ONE_DAY = re.compile(r"d(?:[rb]d)?")


def read_phone_hours(text: str) -> HoursInText:
    """The windows that *text* names, and the parts that are not understood.

    Times that follow days, in the same part or in the next ones, belong to them.  A day that is called closed has no
    window; if another part gives it one, neither is understood.
    """
    parts = _parts(_LABEL.sub("", _plain(text), count=1))
    read: list[_Understood | None] = []
    for part in parts:
        before = read[-1] if read else None
        read.append(_understood(_words(part), before.days if before else ()))
    for place in reversed(range(len(read))):
        this, after = read[place], read[place + 1] if place + 1 < len(read) else None
        if this and this.waits and not (after and after.goes_on):
            read[place] = None
    closed = {day for each in read if each for day in each.closed}
    contested = closed & {day for each in read if each for day, _ in each.windows}
    clear = [each if each and not contested & each.named else None for each in read]
    found = [window for each in clear if each for window in each.windows]
    return HoursInText(_weekly(found), tuple(part for part, each in zip(parts, clear, strict=True) if each is None))


def read_days(text: str) -> tuple[Weekday, ...] | None:
    """The days that *text* names (``Mo-Do``, ``Montag``), and nothing else; None when it is not that."""
    words = _words(_plain(text).strip())
    return _days(words) if re.fullmatch(f"{_DAYS_READ}c?", _letters(words)) else None


def read_times(text: str) -> tuple[Window, ...] | None:
    """The windows that *text* names (``8-12 Uhr und 14-16 Uhr``), and nothing else; None when it is not that."""
    words = _words(_plain(text).strip())
    return _windows(words) if re.fullmatch(_TIMES_READ, _letters(words)) else None


@frozen
class _Understood:
    """One part: its windows, the days that it calls closed, and the days that times to come belong to.

    Attributes:
        goes_on: It begins with times, for the days of the part before.
        waits: Its last days have no times yet.
    """

    windows: tuple[tuple[Weekday, Window], ...]
    closed: tuple[Weekday, ...]
    days: tuple[Weekday, ...]
    goes_on: bool
    waits: bool

    @property
    def named(self) -> set[Weekday]:
        """The days about which it says something."""
        return {*self.closed, *(day for day, _ in self.windows)}


def _understood(words: Sequence[_Word], days: tuple[Weekday, ...]) -> _Understood | None:
    """What the words of a part say; None when they do not make sense in full."""
    letters = _letters(words)
    if not letters or _PART.fullmatch(letters) is None:
        return None
    windows: list[tuple[Weekday, Window]] = []
    closed: list[Weekday] = []
    goes_on = waits = False
    for piece in _PIECE.finditer(letters):
        said = words[piece.start() : piece.end()]
        if piece["days"]:
            named = _days(said)
            if named is None:
                return None
            days, waits = named, True
        elif piece["closed"]:
            closed += days
            days, waits = (), False
        else:
            goes_on = goes_on or not piece.start()
            times = _windows(said)
            if not times or not days:
                return None
            windows += [(day, window) for day in days for window in times]
            waits = False
    return _Understood(tuple(windows), tuple(closed), days, goes_on, waits)


def _days(words: Sequence[_Word]) -> tuple[Weekday, ...] | None:
    """The days that are named; None when a range does not go forward from Monday to Sunday."""
    days: list[Weekday] = []
    for span in _ONE_DAY.finditer(_letters(words)):
        first, last = words[span.start()].value, words[span.end() - 1].value
        if last < first or (last == first and span.end() - span.start() > 1):
            return None
        days += WEEK[first : last + 1]
    return tuple(days)


def _windows(words: Sequence[_Word]) -> tuple[Window, ...] | None:
    """The windows that are named; None when one does not end after its start, on the same day."""
    windows: list[Window] = []
    for span in _ONE_SPAN.finditer(_letters(words)):
        first, last = words[span.start()], words[span.end() - 1]
        start, end = _minutes(first, first.half or last.half), _minutes(last, last.half)
        if start is None or end is None or not start < end <= 24 * 60 or (first.vague and not last.half):
            return None
        windows.append(Window(start, end))
    return tuple(windows)


def _minutes(time: _Word, half: str) -> int | None:
    """Minutes since midnight; None for an hour that no half of a day has."""
    if not half:
        return time.value
    if not 60 <= time.value < 13 * 60:
        return None
    return time.value % (12 * 60) + (12 * 60 if half == "pm" else 0)


def _words(part: str) -> list[_Word]:
    """The words of a part; what means nothing here is ``?``."""
    words: list[_Word] = []
    for found in _WORD.finditer(part):
        if found["time"]:
            hours, _, minutes = found["time"].replace(".", ":").partition(":")
            half = (found["half"] or "").replace(".", "").lower()
            words.append(_Word("t", int(hours) * 60 + int(minutes or 0), half, vague=hours in _VAGUE and not half))
        elif found["name"]:
            name = found["name"].lower()
            words.append(_Word("d", _DAYS[name]) if name in _DAYS else _Word(_LETTERS.get(name, "?")))
        else:
            words.append(_Word(_LETTERS.get(found["mark"] or "", "?")))
    return [word for word in words if word.letter]


def _letters(words: Iterable[_Word]) -> str:
    return "".join(word.letter for word in words)


def _plain(text: str) -> str:
    """Without markup: breaks become lines, other tags and every kind of blank a blank, every kind of dash ``-``."""
    lines = re.sub(r"<\s*/?\s*(?:br|p|div|li|ul|tr)\b[^<>]*>", "\n", text, flags=re.IGNORECASE)
    told = unescape(re.sub(r"<[^<>]*>", " ", lines))
    return re.sub(r"[^\S\n]+", " ", re.sub("[\u2010-\u2015\u2212]", "-", re.sub("[\u200b\ufeff\u00ad]", "", told)))


def _parts(text: str) -> list[str]:
    return [part for part in (part.strip() for part in re.split(r"[\n;|]", text)) if part]


def _weekly(found: Iterable[tuple[Weekday, Window]]) -> WeeklyWindows:
    by_day: dict[Weekday, tuple[Window, ...]] = {}
    for day, window in found:
        by_day[day] = (*by_day.get(day, ()), window)
    return WeeklyWindows(by_day)
