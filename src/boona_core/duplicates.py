"""Which two entries may be one therapist?

A suggestion needs something in the names and something in the ways to reach them: colleagues share a mailbox, a number
and a house, and strangers share a name.  Where the last names have nothing in common, as after a marriage, everything
else has to fit.  It is for a person to decide: every suggestion says what it rests on.

Only entries that share a way and a word of their names are held against each other, so the work grows with the entries
and not with their pairs.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import combinations

from attrs import field, frozen

from boona_core.ids import TherapistId
from boona_core.names import fold, one_edit_apart, street_of, words_of
from boona_core.phones import line_of
from boona_core.postal_codes import postal_code_of
from boona_core.therapists import Therapist

MOST_ALIKE = 30
"""Of more entries than this that share a way and a word, each is held against so many that follow it only."""

_SHORTEST_LINE = len("+49") + 6
"""A shorter one is no number of a practice."""


class Sign(StrEnum):
    """What speaks for one person."""

    SAME_NAME = "same_name"
    NAME_JOINED = "name_joined"
    NAME_CHANGED = "name_changed"
    FIRST_NAME_MISSING = "first_name_missing"
    FIRST_NAME_SHORT = "first_name_short"
    NAMES_SWAPPED = "names_swapped"
    SPELLED_ALIKE = "spelled_alike"
    SAME_MAILBOX = "same_mailbox"
    SAME_NUMBER = "same_number"
    SAME_PRACTICE = "same_practice"
    SAME_WEBSITE = "same_website"


@frozen
class Suggestion:
    """Two entries that may be one person.

    Attributes:
        first: The lower id.
        second: The higher id.
        signs: What it rests on, in a fixed order.
        names: How the two are called, for whoever decides.
    """

    first: TherapistId
    second: TherapistId
    signs: tuple[Sign, ...]
    names: tuple[str, str] = field(default=("", ""), eq=False, repr=False)


@frozen
class _Entry:
    """A therapist, read for comparison."""

    therapist: Therapist = field(repr=False)
    first: tuple[str, ...] = field(repr=False)
    last: tuple[str, ...] = field(repr=False)
    ways: Mapping[Sign, str] = field(repr=False)


def find_duplicates(
    therapists: Iterable[Therapist], *, dismissed: Collection[tuple[TherapistId, TherapistId]] = ()
) -> list[Suggestion]:
    """Every suggestion, by ids.

    Args:
        dismissed: Pairs of which a person said that they are two, the lower id first.
    """
    entries = [_entry(therapist) for therapist in therapists if therapist.erased_at is None]
    by_way: dict[tuple[Sign, str], list[_Entry]] = {}
    for entry in entries:
        for way in entry.ways.items():
            by_way.setdefault(way, []).append(entry)
    known = frozenset(dismissed)
    found: dict[tuple[TherapistId, TherapistId], Suggestion] = {}
    for one, other in _worth_comparing(by_way):
        pair = (one.therapist.id, other.therapist.id)
        if pair in found or pair in known:
            continue
        if signs := _signs(one, other, by_way):
            found[pair] = Suggestion(*pair, signs, (_called(one.therapist), _called(other.therapist)))
    return [found[pair] for pair in sorted(found)]


def _called(therapist: Therapist) -> str:
    return " ".join(filter(None, (therapist.title, therapist.first_name, therapist.last_name)))


def _entry(therapist: Therapist) -> _Entry:
    first, last = words_of(therapist.first_name), words_of(therapist.last_name)
    if not first and len(last) > 1 and "," in therapist.last_name:  # "Beispiel, Uta" in one field
        first, last = last[1:], last[:1]
    return _Entry(therapist, first, last, {sign: way for sign, way in _ways(therapist) if way})


def _ways(therapist: Therapist) -> Iterator[tuple[Sign, str | None]]:
    mailbox = (therapist.email or "").strip().casefold() or (therapist.mailbox_id and f"#{therapist.mailbox_id}")
    yield Sign.SAME_MAILBOX, mailbox or None
    line = line_of(therapist.phone)
    yield Sign.SAME_NUMBER, line if line and len(line) >= _SHORTEST_LINE else None
    street, code = street_of(therapist.street), postal_code_of(therapist.postal_code)
    yield Sign.SAME_PRACTICE, f"{code} {street}" if street and code else None
    website = (therapist.website or "").strip().casefold().removeprefix("https://").removeprefix("http://")
    yield Sign.SAME_WEBSITE, website.removeprefix("www.").rstrip("/") or None


def _worth_comparing(by_way: Mapping[tuple[Sign, str], list[_Entry]]) -> Iterator[tuple[_Entry, _Entry]]:
    for entries in by_way.values():
        if len(entries) < 2:
            continue
        by_word: dict[str, list[_Entry]] = {}
        for entry in entries:
            for word in {_stem for name in (*entry.first, *entry.last) for _stem in _stems(name)}:
                by_word.setdefault(word, []).append(entry)
        for alike in by_word.values():
            yield from _neighbours(sorted(alike, key=lambda entry: entry.therapist.id))


def _stems(word: str) -> Iterator[str]:
    """What a word shares with those a letter apart: itself, and itself without each of its letters."""
    yield word
    if len(word) > 3:
        yield from (word[:place] + word[place + 1 :] for place in range(len(word)))


def _neighbours(entries: list[_Entry]) -> Iterator[tuple[_Entry, _Entry]]:
    if len(entries) <= MOST_ALIKE:
        yield from combinations(entries, 2)
        return
    for place, entry in enumerate(entries):
        yield from ((entry, other) for other in entries[place + 1 : place + 1 + MOST_ALIKE])


def _signs(one: _Entry, other: _Entry, by_way: Mapping[tuple[Sign, str], list[_Entry]]) -> tuple[Sign, ...]:
    """What a suggestion would rest on; empty: it would rest on too little."""
    shared = tuple(sign for sign, way in one.ways.items() if other.ways.get(sign) == way)
    if not shared or not one.last or not other.last:
        return ()
    if _contradicts(one.therapist.gender, other.therapist.gender):
        return ()
    name = _name_sign(one, other)
    if name is None and one.first and one.first == other.first and _is_all_the_same(one, other, shared, by_way):
        name = Sign.NAME_CHANGED
    return () if name is None else (name, *shared)


def _name_sign(one: _Entry, other: _Entry) -> Sign | None:
    """How the names go together; None: they do not."""
    if sorted(one.last) == sorted(other.last):
        return _first_name_sign(one, other)
    if set(one.last) <= set(other.last) or set(other.last) <= set(one.last):
        return Sign.NAME_JOINED if _first_name_sign(one, other) is not None else None
    if one.first and one.first == other.last and one.last == other.first:
        return Sign.NAMES_SWAPPED
    if one.first == other.first and one.first and _is_spelled_alike(one.last, other.last):
        return Sign.SPELLED_ALIKE
    return None


def _first_name_sign(one: _Entry, other: _Entry) -> Sign | None:
    if not one.first or not other.first:
        return Sign.FIRST_NAME_MISSING
    if set(one.first) <= set(other.first) or set(other.first) <= set(one.first):
        return Sign.SAME_NAME
    shorter, longer = sorted((one.first[0], other.first[0]), key=len)
    if len(shorter) == 1 and longer.startswith(shorter):
        return Sign.FIRST_NAME_SHORT
    return Sign.SPELLED_ALIKE if _is_spelled_alike(one.first, other.first) else None


def _is_spelled_alike(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    if len(one) != len(other):
        return "".join(one) == "".join(other)
    different = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    return len(different) == 1 and min(map(len, different[0])) > 3 and one_edit_apart(*different[0])


def _is_all_the_same(
    one: _Entry, other: _Entry, shared: Collection[Sign], by_way: Mapping[tuple[Sign, str], list[_Entry]]
) -> bool:
    """Whether only the last name changed: the practice is the same, a way is theirs alone, and nothing contradicts."""
    personal = [sign for sign in (Sign.SAME_MAILBOX, Sign.SAME_NUMBER) if sign in shared]
    if Sign.SAME_PRACTICE not in shared or not personal:
        return False
    if any(sign in one.ways and sign in other.ways and sign not in shared for sign in Sign):
        return False
    first, second = one.therapist, other.therapist
    if (
        first.therapy_methods
        and second.therapy_methods
        and set(first.therapy_methods).isdisjoint(second.therapy_methods)
    ):
        return False
    local_part = fold((first.email or "").partition("@")[0])
    if Sign.SAME_MAILBOX in shared and any(word in local_part for word in (*one.last, *other.last)):
        return True  # an address with the old name in it
    return all(len(by_way[sign, one.ways[sign]]) == 2 for sign in personal)


def _contradicts(one: object, other: object) -> bool:
    return one is not None and other is not None and one != other
