"""How are the names and streets of two entries compared?

Directories write the same person in many ways: with a title in the name, with ``ue`` for ``ü``, with a space before the
hyphen, with ``Null`` for a first name that nobody knew.  Folded forms are for comparison alone; they are never shown.
"""

import re
from unicodedata import combining, normalize

_UMLAUTS = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "ß": "ss", "æ": "a", "ø": "o"})
_DIGRAPHS = re.compile(r"ae|oe|ue")
_WORD = re.compile(r"[^\W\d_]+")
_SPACED = re.compile(r"\b(?:n\.\s*n|k\.\s*a|[mb]\.\s*(?:sc|a))\b\.?")
"""Titles, and words for no name, that are written in several pieces."""
_STREET = re.compile(r"str(?:a(?:ss|ß)e)?\b\.?", re.IGNORECASE)
_TITLES = frozenset(
    (
        *(
            "dr",
            "prof",
            "professor",
            "univ",
            "priv",
            "doz",
            "habil",
            "h",
            "c",
            "med",
            "phil",
            "rer",
            "nat",
            "pad",
            "paed",
        ),
        *(
            "dipl",
            "diplom",
            "psych",
            "psychologe",
            "psychologin",
            "soc",
            "sozpad",
            "mag",
            "msc",
            "bsc",
            "ma",
            "pp",
            "kjp",
        ),
        *("frau", "herr", "jun", "sen"),
    )
)
_NOBODY = frozenset(("null", "none", "nan", "na", "nn", "unbekannt", "unknown", "ka", "leer", "keine"))


def fold(text: str) -> str:
    """Lower case without accents; ``ü``, ``ue`` and ``u`` are one, and so are ``ß`` and ``ss``."""
    plain = normalize("NFKD", text.casefold().translate(_UMLAUTS))
    return _DIGRAPHS.sub(lambda found: found[0][0], "".join(letter for letter in plain if not combining(letter)))


def words_of(name: str | None) -> tuple[str, ...]:
    """The folded words of a name, titles left out; empty where there is no name, or only a word for none."""
    words = [word for word in _WORD.findall(_SPACED.sub(" ", fold(name or ""))) if word not in _TITLES]
    return () if not words or all(word in _NOBODY for word in words) else tuple(words)


def street_of(street: str | None) -> str | None:
    """A street with its house number, folded; ``Beispielstraße 1 a`` and ``Beispielstr. 1A`` are one."""
    if not street or not any(character.isdigit() for character in street):
        return None
    return re.sub(r"\W", "", fold(_STREET.sub("str", street))) or None


def one_edit_apart(one: str, other: str) -> bool:
    """Whether a letter more, less, other or swapped with its neighbour makes one word of the other.

    Equal words are not one edit apart.
    """
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    shared = min(len(one), len(other))
    start = next((place for place in range(shared) if one[place] != other[place]), shared)
    rest, other_rest = one[start:], other[start:]
    return (
        rest[1:] == other_rest[1:]
        or rest[1:] == other_rest
        or rest == other_rest[1:]
        or (rest[:2] == other_rest[1::-1] and rest[2:] == other_rest[2:])
    )
