"""Where may an object begin behind a place at which a text is no JSON?

Objects of one file begin with the same name as a rule: what has begun an element before may begin the next one, unless
it stands behind a colon, where it would be the value of another.  Until one was read, any object may be the next one.
"""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

MOST_FIRST_NAMES = 50
"""So many names are remembered with which an element begins."""

_S = r"[ \t\r\n]*"
_FIRST_NAME = re.compile(rf'\{{{_S}("(?:[^"\\]|\\.){{0,100}}"){_S}:')


class Landmarks:
    """What was seen at the beginning of elements, and where in a text it comes again."""

    def __init__(self, parts: Collection[str]) -> None:
        self._first_names: dict[str, None] = {}
        self._begin = _FIRST_NAME
        names = "|".join(map(re.escape, parts)) or "(?!)"
        self._header = re.compile(rf'\]{_S},{_S}"({names})"{_S}:{_S}\[')
        self._any_header = re.compile(rf'[,{{]{_S}"({names})"{_S}:{_S}\[')

    def learn(self, element: Mapping[str, Any]) -> None:
        """An element was read whole."""
        for name in element:
            self._learn(json.dumps(name), json.dumps(name, ensure_ascii=False))
            return

    def learn_at(self, text: str, at: int) -> None:
        """An element that cannot be read begins here."""
        if found := _FIRST_NAME.match(text, at):
            self._learn(found[1])

    def find(self, text: str, start: int, *, deep: bool = False, between_parts: bool = False) -> int | None:
        """The first place from *start* on at which an element, or the next part, may begin.

        Args:
            deep: Behind something that is nested too deeply: what begins a list within it is no element.
            between_parts: Nothing but a part may hold such a list here; elsewhere it follows upon another part.
        """
        found = self._element(text, start, ":[" if deep else ":")
        pattern = self._any_header if between_parts else self._header
        header = pattern.search(text, start, len(text) if found is None else found)
        return header.start() if header else found

    def enter(self, text: str, at: int) -> tuple[str | None, int]:
        """The part that begins at such a place, None if it is an element, and where its first element begins."""
        header = self._header.match(text, at) or self._any_header.match(text, at)
        return (header[1], header.end()) if header else (None, at)

    def are_behind(self, text: str, start: int) -> bool:
        """Whether an element may begin anywhere from *start* on."""
        return bool(self._first_names) and self.find(text, start) is not None

    def _element(self, text: str, start: int, before: str) -> int | None:
        for found in self._begin.finditer(text, start):
            place = found.start() - 1
            while place >= 0 and text[place] in " \t\r\n":
                place -= 1
            if place < 0 or text[place] not in before:
                return found.start()
        return None

    def _learn(self, *written: str) -> None:
        if written[0] in self._first_names or len(self._first_names) >= MOST_FIRST_NAMES:
            return
        self._first_names |= dict.fromkeys(written)
        names = "|".join(map(re.escape, self._first_names))
        self._begin = re.compile(rf"\{{{_S}({names}){_S}:")
