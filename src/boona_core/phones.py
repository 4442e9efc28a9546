"""Which number rings?

Two ways to write one number are one line, so that nobody is on it twice at once: ``030 / 1234-56``, ``+49 30 123456``
and ``0049 (0)30 123456`` all read ``+4930123456``.  Nothing is looked up and nothing is dialled: a number that cannot
be one is still a line of its own.
"""

_LONGEST = 50
_COUNTRY = "49"


def line_of(phone: str | None) -> str | None:
    """The line behind a number as it was given, in the form of E.164; None: there is no digit in it.

    A number without a country is German, and a German one has no zero before its area.  At most 50 characters are kept.
    """
    if phone is None:
        return None
    written = phone.strip().replace("(0)", "")
    digits = "".join(character for character in written if character in "0123456789")
    if not digits:
        return None
    if written.lstrip("( ").startswith("+"):
        line = digits
    elif digits.startswith("00") and len(digits) > len("00"):
        line = digits[2:]
    else:
        line = _COUNTRY + digits
    if line.startswith(_COUNTRY):
        line = _COUNTRY + line[len(_COUNTRY) :].lstrip("0")
    return f"+{line}"[:_LONGEST]
