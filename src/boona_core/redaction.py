"""What must not be read in a text that leaves the house?

A free text was typed by somebody: it may hold line breaks, marks that turn the direction of writing,
megabytes, or the name of the patient that it is about.  Here a text becomes one harmless line, and what
names a patient is hidden in it.
"""

import re

from boona_core.patients import Patient

HIDDEN = "[…]"

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")
_SHORTEST_WORD = 2


def one_line(text: str, *, longest: int) -> str:
    """*text* as one harmless line: no control characters, single spaces, at most *longest* characters.

    Control characters, line breaks, marks that turn the direction of writing and lone surrogates become
    spaces.  What is too long ends at a word, with an ellipsis.
    """
    if len(text) > 8 * longest:  # no need to clean megabytes of which a line is kept
        text = text[: 8 * longest]
    line = " ".join(_UNPRINTABLE.sub(" ", text).split())
    if len(line) <= longest:
        return line
    word_end = line.rfind(" ", longest // 2, longest - 1)
    return f"{line[: longest - 2 if word_end < 0 else word_end].rstrip()} …"


def private_words(patient: Patient) -> tuple[str, ...]:
    """What must not be read in any free text: the parts of the name, and what identifies by itself."""
    spelled = f"{patient.first_name} {patient.last_name}".replace("-", " ").split()
    words = {name for name in spelled if not name[0].islower()}  # not the "von" in "von der Heide"
    words |= {patient.first_name, patient.last_name}
    words |= {text for text in (patient.street, patient.email, patient.phone, patient.insurance_number) if text}
    if patient.birth_date:
        day, month, year = patient.birth_date.day, patient.birth_date.month, patient.birth_date.year
        words |= {patient.birth_date.isoformat(), f"{day:02}.{month:02}.{year}", f"{day}.{month}.{year}"}
    telling = {word.strip() for word in words if len(word.strip()) >= _SHORTEST_WORD}
    return tuple(sorted(telling, key=len, reverse=True))


def without(private: tuple[str, ...], text: str) -> str:
    """*text* with every private word hidden, its genitive too.

    A word counts when it stands alone and starts as a name does: somebody called Lang does not take "seit
    langem" or "lang" out of a sentence.
    """
    folded = text.casefold()
    present = [word for word in private if word.casefold() in folded]
    if not present:
        return text
    words = "|".join(re.escape(word) for word in present)
    pattern = re.compile(rf"(?<!\w)(?:{words})s?(?!\w)", re.IGNORECASE)
    return pattern.sub(lambda found: found[0] if found[0][0].islower() and found[0] not in present else HIDDEN, text)
