"""Reads the objects of a JSON file one by one, however long it is, and goes on behind what is damaged.

A file is a list of objects, or an object that holds such lists under known names (*parts*).  Where it stops being JSON,
the place is told, and reading goes on at what looks like the beginning of the next object: one whose first name is that
of the objects before, and that is no value of another.  Behind a damaged place it is not known any more whether a list
of those who are gone has ended: nobody else is taken for gone until the next list begins.
"""

from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any

from attrs import frozen

from boona_adapters.imports.json_marks import Landmarks
from boona_adapters.imports.json_text import Broken, JsonText

_GONE = "deletions"
_DOUBTFUL = "stands behind a damaged place: it is not known whether it is gone"


class NotJson(Exception):
    """The file is neither a list nor an object with lists of known names."""


@frozen
class Damage:
    """What stands in the place of an element that cannot be read.

    Attributes:
        fault: Where in the file, and why; it repeats nothing of it.
        is_element: It is one element, from its beginning to its end.
    """

    fault: str
    is_element: bool = False


def elements(more: Callable[[int], str], parts: Collection[str] = ()) -> Iterator[tuple[int, str | None, Any]]:
    """The elements, each with its number, from 1, and the part that it stands in; a damaged place counts as one.

    Args:
        more: Gives the next so many characters, fewer at the end, none after it.
        parts: The names of the lists that an object may hold.  None stands for the list that is the whole file.

    Raises:
        NotJson: it begins with nothing of the kind.
    """
    return ((number, part, value) for number, (part, value) in enumerate(_Reader(more, parts).everything(), start=1))


class _Reader:
    """Walks through one text."""

    def __init__(self, more: Callable[[int], str], parts: Collection[str]) -> None:
        self._text = JsonText(more)
        self._parts = parts
        self._marks = Landmarks(parts)
        self._part: str | None = None
        self._is_export = False
        self._is_doubtful = False  # a damaged place may have held the beginning of another part
        self._is_between = False  # a comma is expected, or an end
        self._is_cut_off = False
        self._is_over = False  # nothing behind the last damaged place could be read

    def everything(self) -> Iterator[tuple[str | None, Any]]:
        text = self._text
        begins = text.next_character()
        text.skip()
        if begins == "[":
            yield from self._list()
        elif begins == "{" and self._parts:
            yield from self._export()
            if not self._is_export:
                raise NotJson
        else:
            raise NotJson
        while text.next_character():
            yield self._damaged(Broken("goes on after its end", text.at))
            yield from self._list()

    def _list(self) -> Iterator[tuple[str | None, Any]]:
        """From within a list to its end, or to that of the text."""
        self._is_between = False
        while self._goes_on("]"):
            try:
                self._separated("]")
                value = self._text.value(self._marks.are_behind)
            except Broken as broken:
                yield self._damaged(broken)
                self._is_between = broken.passed
            else:
                yield self._element(value)
                self._is_between = True
        yield from self._breaks_off()

    def _export(self) -> Iterator[tuple[str | None, Any]]:
        """From within the object that is the whole file to its end, or to that of the text."""
        text = self._text
        while self._goes_on("}"):
            enters = False
            try:
                self._separated("}")
                name = self._name()
                is_list = text.next_character() == "["
                if name in self._parts:
                    self._part, self._is_export, self._is_doubtful = name, True, False
                    enters = is_list
                if enters:
                    text.skip()
                elif name in self._parts:
                    yield self._element(text.value())
                elif is_list:
                    self._pass_over()
                else:
                    text.value()
            except Broken as broken:
                self._is_export = True
                yield self._damaged(broken, between_parts=True)
                enters = not broken.passed
            if enters:
                yield from self._list()
            self._is_between = True
        yield from self._breaks_off()

    def _goes_on(self, end: str) -> bool:
        """Whether something else follows; takes the comma before it, or the end."""
        text = self._text
        while character := text.next_character():
            if character == end:
                text.skip()
                return False
            if not self._is_between or character != ",":
                return True
            text.skip()
            self._is_between = False
        self._is_cut_off = True
        return False

    def _separated(self, end: str) -> None:
        if self._is_between:
            raise Broken(f"is not JSON: expected a comma or {end}", self._text.at)

    def _name(self) -> str:
        """The name of a part, and its colon."""
        name = self._text.value()
        if self._text.next_character() != ":":
            raise Broken("is not JSON: expected a colon", self._text.at)
        self._text.skip()
        return name if isinstance(name, str) else ""

    def _pass_over(self) -> None:
        """Take a list that means nothing here, however long it is."""
        text = self._text
        text.skip()
        while text.next_character() not in ("]", ""):
            text.value()
            if text.next_character() == ",":
                text.skip()
        text.skip()

    def _breaks_off(self) -> Iterator[tuple[str | None, Any]]:
        if self._is_cut_off and not self._is_over:
            yield self._damaged(Broken("breaks off", self._text.at))

    def _element(self, value: Any) -> tuple[str | None, Any]:
        if isinstance(value, dict):
            self._marks.learn(value)
        return self._part, Damage(_DOUBTFUL, is_element=True) if self._is_doubtful else value

    def _damaged(self, broken: Broken, *, between_parts: bool = False) -> tuple[str | None, Damage]:
        """Go on behind a damaged place, at what can be read again."""
        text = self._text
        where = f"{broken.fault} at {text.place(broken.at)}"
        if broken.passed:
            return self._part, Damage(where, is_element=True)
        start = broken.at if broken.begins is None else broken.begins + 1
        if broken.begins is not None:
            self._marks.learn_at(text.window, broken.begins)
        mark = partial(self._marks.find, deep=broken.deep, between_parts=between_parts)
        self._is_over = not text.find(mark, start)
        if self._is_over:
            return self._part, Damage(f"{where}: nothing behind it can be read")
        part, text.at = self._marks.enter(text.window, text.at)
        self._is_doubtful = part is None and (self._is_doubtful or between_parts or self._part == _GONE)
        self._part = part or self._part
        return self._part, Damage(f"{where}, read on at {text.place(text.at)}")
