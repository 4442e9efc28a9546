"""What may stand in one field of a body, and how is that told in a schema?

Each kind of value is written once: the reader refuses what the schema forbids, and the schema forbids what the reader
refuses.  A fault never repeats the value: it may be a patient's.
"""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from attrs import field, frozen

from boona_adapters.addresses import BadAddress, mailbox_of
from boona_core.errors import InvalidValue
from boona_core.texts import fault_of

LARGEST_ID = 2**31 - 1
LARGEST_PRIORITY = 1_000_000
LONGEST_PROSE = 20_000
LONGEST_BODY = 500_000

_CONTROL = "\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029"
_CONTROL_BUT_LINES = "\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f"


@frozen
class Text:
    """A text as it is stored.

    Attributes:
        longest: Characters.
        lines: It may have several lines.
        least: Characters that it has at least, blanks around it not counted.
        check: What else is asked of it; raises ``InvalidValue``.
        format: The schema's word for it.
    """

    longest: int
    lines: bool = False
    least: int = 0
    check: Callable[[str], object] | None = field(default=None, kw_only=True)
    format: str | None = field(default=None, kw_only=True)

    def read(self, value: object) -> str:
        """The text.

        Raises:
            InvalidValue: it is none, or no such text.
        """
        if not isinstance(value, str):
            raise InvalidValue("", "is not a text")
        if fault := fault_of(value, self.longest):
            raise InvalidValue("", fault)
        if re.search(f"[{_CONTROL_BUT_LINES if self.lines else _CONTROL}]", value):
            raise InvalidValue("", "holds a control character" if self.lines else "holds a control character or a line")
        if len(value.strip()) < self.least:
            raise InvalidValue("", "is empty")
        if self.check is not None:
            self.check(value)
        return value

    def schema(self) -> dict[str, Any]:
        """The same as a JSON schema."""
        forbidden = _CONTROL_BUT_LINES if self.lines else _CONTROL
        pattern = f"^[^{forbidden}]*$"
        if self.least:
            pattern = f"^[^{forbidden}]*[^\\s{forbidden}][^{forbidden}]*$"
        told: dict[str, Any] = {"type": "string", "maxLength": self.longest, "pattern": pattern}
        return {**told, "format": self.format} if self.format else told


@frozen
class Whole:
    """A whole number from *least* to *most*."""

    least: int
    most: int

    def read(self, value: object) -> int:
        """The number; 1.0 is 1, as JSON has it.

        Raises:
            InvalidValue: it is none, or out of bounds.
        """
        number = int(value) if isinstance(value, float) and value.is_integer() else value
        if not isinstance(number, int) or isinstance(number, bool):
            raise InvalidValue("", "is not a whole number")
        if not self.least <= number <= self.most:
            raise InvalidValue("", f"is not from {self.least} to {self.most}")
        return number

    def schema(self) -> dict[str, Any]:
        """The same as a JSON schema."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


Kind = Text | Whole


def _address(value: str) -> None:
    try:
        mailbox_of(value)
    except BadAddress as fault:
        raise InvalidValue("", fault.fault) from None


Line50 = Annotated[str, Text(50)]
Line100 = Annotated[str, Text(100)]
Line255 = Annotated[str, Text(255)]
Prose = Annotated[str, Text(LONGEST_PROSE, lines=True)]
LongBody = Annotated[str, Text(LONGEST_BODY, lines=True)]
Address = Annotated[str, Text(254, check=_address, format="email")]
Id = Annotated[int, Whole(1, LARGEST_ID)]
Priority = Annotated[int, Whole(0, LARGEST_PRIORITY)]

TIME_PATTERN = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
WINDOW: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "start": {"type": "string", "pattern": TIME_PATTERN},
        "end": {"type": "string", "pattern": TIME_PATTERN},
    },
    "required": ["start", "end"],
    "additionalProperties": False,
}
"""A window of one day, in local wall time; an end of 24:00 is midnight."""
