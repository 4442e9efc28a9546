"""Can a text be kept as it is?

A store refuses a NUL character, half of a surrogate pair and what is too long for its column.  It is asked here first,
wherever a value that will be stored is made: so every store says the same, and the refusal names the field and never
the text.  Lengths count characters.
"""

from collections.abc import Iterable

from boona_core.errors import InvalidValue, InvalidValues


def check_texts(texts: Iterable[tuple[str, str | None, int | None]]) -> None:
    """Check each text: the name of its field, the text (None: there is none), and its greatest length (None: any).

    Raises:
        InvalidValues: those that cannot be kept, each with its field and without the text.
    """
    faults = []
    for name, text, longest in texts:
        if text and (fault := fault_of(text, longest)):
            faults.append(InvalidValue(name, fault))
    if faults:
        raise InvalidValues(faults)


def fault_of(text: str, longest: int | None = None) -> str | None:
    """Why *text* cannot be kept; None: it can."""
    try:
        encoded = text.encode()  # four times as fast as looking for the bad characters
    except UnicodeEncodeError:
        return "holds half of a surrogate pair"
    if b"\x00" in encoded:
        return "holds a NUL character"
    if longest is not None and len(text) > longest:
        return f"is longer than {longest} characters"
    return None
