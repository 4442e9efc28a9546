"""Reads a JSON list element by element, however long it is."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

LONGEST_ELEMENT = 16 * 1024 * 1024
"""Characters of one element of the list that are read at all."""

_SPACE = re.compile(r"[ \t\r\n]*")


class NotJson(Exception):
    """The text is no list in JSON.

    Attributes:
        row: The place in the list at which reading ends; None: not in the list.
    """

    def __init__(self, row: int | None, fault: str) -> None:
        super().__init__(fault)
        self.row = row
        self.fault = fault


class Repeated(dict[str, Any]):
    """An object that has a name twice."""


def elements(more: Callable[[int], str]) -> Iterator[tuple[int, Any]]:
    """The elements of the list, numbered from 1.

    Args:
        more: Gives the next so many characters, fewer at the end, none after it.

    Raises:
        NotJson: where the text stops being a list in JSON.
    """
    text = _Text(more)
    if text.next_character() != "[":
        raise NotJson(None, "is not a list of objects: it has to begin with [")
    text.skip()
    number = 1
    if text.next_character() == "]":
        text.skip()
    else:
        while True:
            yield number, text.element(number)
            number += 1
            character = text.next_character()
            text.skip()
            if character == "]":
                break
            if character != ",":
                raise NotJson(number, "the list breaks off" if not character else "is not JSON: expected a comma or ]")
    if text.next_character():
        raise NotJson(None, "goes on after the end of the list")


class _Text:
    """A window on a long text."""

    def __init__(self, more: Callable[[int], str]) -> None:
        self._more = more
        self._window = ""
        self._at = 0
        self._ended = False
        self._decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse, strict=False)

    def next_character(self) -> str:
        """The next character that is no space, not taken; empty at the end."""
        while True:
            found = _SPACE.match(self._window, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._window):
                return self._window[self._at]
            if not self._read():
                return ""

    def skip(self) -> None:
        """Take one character."""
        self._at += 1

    def element(self, number: int) -> Any:
        """Take one value."""
        self.next_character()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._window, self._at)
                length = end - self._at
            except json.JSONDecodeError as error:
                cut_off = error.pos >= len(self._window.rstrip()) or error.msg.startswith("Unterminated")
            except RecursionError:
                raise NotJson(number, "is nested too deeply") from None
            except ValueError:
                raise NotJson(number, "is not JSON: a number that no number can be") from None
            else:
                if end + 2 < len(self._window) or not self._read():  # "1e" might go on behind the window
                    self._at += length
                    return value
                continue
            if len(self._window) - self._at > LONGEST_ELEMENT:
                raise NotJson(number, f"is not JSON, or longer than {LONGEST_ELEMENT} characters")
            if not self._read():
                raise NotJson(number, "the list breaks off" if cut_off else "is not JSON")

    def _read(self) -> bool:
        """Widen the window, by as much as it holds at least, so that a long element is not tried too often."""
        if self._ended:
            return False
        read = self._more(max(256 * 1024, len(self._window) - self._at))
        self._ended = not read
        self._window, self._at = self._window[self._at :] + read, 0
        return not self._ended


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    return values if len(values) == len(pairs) else Repeated(values)


def _refuse(_: str) -> None:
    raise ValueError
