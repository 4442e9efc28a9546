"""How are the wishes of both sides compared: methods, languages, ages, hours?

Names are compared by what they mean, not by how they are written.  Times are minutes.  Nothing here knows a pair.
"""

from collections.abc import Iterable
from datetime import date

from boona_core.windows import WeeklyWindows

_METHODS = (
    ("verhaltenstherap", "vt"),
    ("tiefenpsych", "tp"),
    ("analytische", "ap"),
    ("psychoanaly", "ap"),
    ("system", "st"),
)
"""How the names of the four methods of the German insurances begin, each with its abbreviation."""

_LANGUAGES = {
    "german": "deutsch",
    "english": "englisch",
    "turkish": "türkisch",
    "arabic": "arabisch",
    "russian": "russisch",
    "french": "französisch",
    "spanish": "spanisch",
    "polish": "polnisch",
    "italian": "italienisch",
    "ukrainian": "ukrainisch",
    "portuguese": "portugiesisch",
    "romanian": "rumänisch",
    "bulgarian": "bulgarisch",
    "greek": "griechisch",
    "hungarian": "ungarisch",
    "czech": "tschechisch",
    "dutch": "niederländisch",
    "holländisch": "niederländisch",
    "croatian": "kroatisch",
    "serbian": "serbisch",
    "bosnian": "bosnisch",
    "albanian": "albanisch",
    "kurdish": "kurdisch",
    "persian": "persisch",
    "farsi": "persisch",
    "farsi (persisch)": "persisch",
    "persisch (farsi)": "persisch",
    "hebrew": "hebräisch",
    "iwrit": "hebräisch",
    "vietnamese": "vietnamesisch",
    "chinese": "chinesisch",
    "mandarin": "chinesisch",
    "japanese": "japanisch",
    "korean": "koreanisch",
    "swedish": "schwedisch",
    "danish": "dänisch",
    "norwegian": "norwegisch",
    "finnish": "finnisch",
    "german sign language": "gebärdensprache",
    "sign language": "gebärdensprache",
    "deutsche gebärdensprache": "gebärdensprache",
    "dgs": "gebärdensprache",
}
"""Other names of languages, each with the German one by which they are compared."""

GERMAN = "deutsch"
"""Every therapist speaks it."""


def methods_of(names: Iterable[str]) -> frozenset[str]:
    """The methods that these names mean; ``Verhaltenstherapie (Einzel)`` and ``VT`` are one."""
    return frozenset(filter(None, map(_method, names)))


def _method(name: str) -> str:
    plain = " ".join(name.casefold().split())
    return next((short for begins, short in _METHODS if plain.startswith(begins)), plain)


def languages_of(names: Iterable[str]) -> frozenset[str]:
    """The languages that these names mean, in German or English."""
    plain = (" ".join(name.casefold().split()) for name in names)
    return frozenset(_LANGUAGES.get(name, name) for name in plain if name)


def age_on(day: date, birth_date: date) -> int:
    """Full years on *day*; who was born on 29 February is a year older on 1 March of a common year."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def share_a_session(patient: WeeklyWindows, therapist: WeeklyWindows, *, session: int, way: int) -> bool:
    """Whether a session fits into the week of both.

    Args:
        session: Its length, wholly inside one window of the therapist.
        way: Minutes that the patient needs before it and again after it, inside the same window of the patient.
    """
    return any(
        max(theirs.start, own.start + way) + session <= min(theirs.end, own.end - way)
        for day, windows in therapist.days()
        for own in patient.on(day)
        for theirs in windows
    )
