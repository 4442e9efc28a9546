"""A window on a long text in JSON: reads value by value, and knows the line and the byte at which it stands.

Bytes that are not UTF-8 come as lone surrogates, so that a byte is a byte again when it is counted.
"""

import json
import re
from collections.abc import Callable
from typing import Any

LONGEST_ELEMENT = 16 * 1024 * 1024
"""Characters of one value that are read at all."""

PIECE = 64 * 1024
"""Characters that are read at once, at least."""

SUSPICIOUS = 32 * 1024
"""A value of more characters may have swallowed others, if it looks so: few rows are as long."""

LONGEST_MARK = 1000
"""Characters of what ``find`` looks for, at most."""

_LONGEST_INTEGER = 1000
_LONGEST_WORD = 16
"""So near to the end of the window, what is no JSON may be a word, a number or an escape that goes on behind it."""

_SPACE = re.compile(r"[ \t\r\n]*")


class Broken(Exception):
    """The text is no JSON here.

    Attributes:
        at: Where in the window it stops being JSON.
        begins: Where the value begins that is none; None: no value does, another mark was expected.
        passed: The value was taken nevertheless: where it ends is known.
        deep: It is nested too deeply.
    """

    def __init__(
        self, fault: str, at: int, *, begins: int | None = None, passed: bool = False, deep: bool = False
    ) -> None:
        super().__init__(fault)
        self.fault = fault
        self.at = at
        self.begins = begins
        self.passed = passed
        self.deep = deep


class JsonText:
    """A text that is read once, from its start to its end.

    Attributes:
        at: Where reading goes on, in the window.
    """

    def __init__(self, more: Callable[[int], str]) -> None:
        self._more = more
        self.window = ""
        self.at = 0
        self._lines = self._bytes = 0  # that lie before the window
        self._ended = False
        self._oddity = ""  # of the value that is being read
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_constant=self._constant, parse_int=self._integer, strict=False
        )
        if self._read() and self.window.startswith("\ufeff"):
            self.at = 1

    def place(self, at: int) -> str:
        """The line and the byte of the file at which a place of the window lies, both from 1."""
        before = self.window[:at]
        line, byte = self._lines + before.count("\n"), self._bytes + len(before.encode("utf-8", "surrogateescape"))
        return f"line {line + 1}, byte {byte + 1}"

    def next_character(self) -> str:
        """The next character that is no space, not taken; empty at the end."""
        while True:
            found = _SPACE.match(self.window, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self.window):
                return self.window[self.at]
            if not self._read():
                return ""

    def skip(self) -> None:
        """Take one character."""
        self.at += 1

    def value(self, suspect: Callable[[str, int], bool] = lambda _, __: False) -> Any:
        """Take one value.

        Args:
            suspect: Whether what follows a place in the window looks as if a long value had swallowed others.

        Raises:
            Broken: it is no JSON; unless *passed*, nothing is taken.
        """
        self.next_character()
        while True:
            self._oddity = ""
            try:
                value, end = self._decoder.raw_decode(self.window, self.at)
                length = end - self.at
            except json.JSONDecodeError as error:
                wrong, open_text = error.pos, error.msg.startswith("Unterminated")
            except RecursionError:
                raise Broken("is nested too deeply", self.at, begins=self.at, deep=True) from None
            else:
                if end + 2 < len(self.window) or not self._read():  # "1e" might go on behind the window
                    begins, self.at = self.at, self.at + length
                    if self._oddity:
                        raise Broken(self._oddity, begins, begins=begins, passed=True)
                    return value
                continue
            if not open_text and wrong + _LONGEST_WORD <= len(self.window):
                raise Broken("is not JSON", wrong, begins=self.at)
            held = len(self.window) - self.at
            if held > LONGEST_ELEMENT or (held > SUSPICIOUS and suspect(self.window, self.at + 1)):
                raise Broken(f"never ends, or is longer than {LONGEST_ELEMENT} characters", self.at, begins=self.at)
            if not self._read():
                end = len(self.window.rstrip())
                if open_text or wrong >= end:
                    raise Broken("breaks off", end, begins=self.at)
                raise Broken("is not JSON", wrong, begins=self.at)

    def find(self, mark: Callable[[str, int], int | None], start: int) -> bool:
        """Go on to where *mark* finds something in the window from *start* on; False: nowhere, and all is taken."""
        while (found := mark(self.window, start)) is None:
            seen = len(self.window)
            self.at = max(self.at, seen - 2 * LONGEST_MARK)
            start = max(start, seen - LONGEST_MARK) - self.at
            if not self._read():
                self.at = seen
                return False
        self.at = found
        return True

    def _read(self) -> bool:
        """Widen the window, by as much as it holds at least, so that a long value is not tried too often."""
        if self._ended:
            return False
        read = self._more(max(PIECE, len(self.window) - self.at))
        self._ended = not read
        if read:
            passed = self.window[: self.at]
            self._lines += passed.count("\n")
            self._bytes += len(passed.encode("utf-8", "surrogateescape"))
            self.window, self.at = self.window[self.at :] + read, 0
        return not self._ended

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) < len(pairs):
            self._oddity = "has a name twice"
        return values

    def _constant(self, _: str) -> None:
        self._oddity = "holds a number that no number can be"

    def _integer(self, digits: str) -> int:
        if len(digits) <= _LONGEST_INTEGER:
            return int(digits)
        self._oddity = "holds a number that no number can be"
        return 0
