"""Which shapes do lists have, and how does a shape for reading become one for writing?

A record is described once, by the class that shows it.  What a body may name follows from that class: the fields that
the system does not keep itself, each of which may be left out.
"""

from collections.abc import Collection, Mapping
from datetime import date
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import attrs
from attrs import evolve, frozen

from boona_adapters.http.codec import UNNAMED, named
from boona_adapters.http.texts import LARGEST_ID, Id, Whole
from boona_core.api_ports import MOST_ROWS, Cut
from boona_core.patients import TravelLimit
from boona_core.windows import WeeklyWindows


@frozen(kw_only=True)
class Tried:
    """What may be tried before it is done.

    Attributes:
        dry_run: Nothing is done: the answer shows exactly what doing would do.
    """

    dry_run: bool = UNNAMED

    @property
    def is_dry(self) -> bool:
        """Whether it is only tried."""
        return self.dry_run is True


@frozen(kw_only=True)
class NumberedPageQuery:
    """Which part of a list that is read page by page.

    Attributes:
        page: From 1.
        limit: Rows of a page.
    """

    page: Annotated[int, Whole(1, LARGEST_ID)] = UNNAMED
    limit: Annotated[int, Whole(1, MOST_ROWS)] = UNNAMED

    def cut(self) -> Cut:
        """The part."""
        return Cut(
            page=1 if self.page is UNNAMED else self.page,
            limit=20 if self.limit is UNNAMED else self.limit,
        )


@frozen(kw_only=True)
class PageQuery(NumberedPageQuery):
    """Which part of a list.

    Attributes:
        after: Instead of a page, the id of the last row that is known already: for long lists.
    """

    after: Id = UNNAMED

    def cut(self) -> Cut:
        """The part.

        Raises:
            InvalidValue: both a page and an id are named.
        """
        return evolve(NumberedPageQuery.cut(self), after=None if self.after is UNNAMED else self.after)


_OF_THE_PART = frozenset({"page", "limit", "after"})


def wanted_by(query: PageQuery) -> dict[str, Any]:
    """What a query wants of the rows, by the names of its fields."""
    return {name: value for name, value in named(query).items() if name not in _OF_THE_PART}


@frozen(kw_only=True)
class ListShape:
    """A part of a list.

    Attributes:
        data: The rows.
        total: How many rows there are in all.
    """

    data: tuple[Any, ...]
    page: int
    limit: int
    total: int


def list_of(record: type[Any]) -> type[Any]:
    """The class of a part of a list of these records, the same each time."""
    if record in _LISTS:
        return _LISTS[record]
    made: type[Any] = attrs.make_class(
        f"{record.__name__.removesuffix('Shape')}List", {}, bases=(ListShape,), frozen=True, kw_only=True
    )
    made.__annotations__ = {"data": tuple[record, ...]}  # type: ignore[valid-type]
    made.__doc__ = ListShape.__doc__
    _LISTS[record] = made
    return made


_LISTS: dict[type[Any], type[Any]] = {}


def part(record: type[Any], rows: Collection[Any], cut: Cut, total: int) -> Any:
    """A part of a list, to be shown."""
    return list_of(record)(data=tuple(rows), page=cut.page, limit=cut.limit, total=total)


def body_of(
    name: str,
    doc: str,
    record: type[Any],
    *,
    without: Collection[str] = (),
    required: Collection[str] = (),
    more: Mapping[str, Any] | None = None,
) -> type[Any]:
    """The class of a body: the fields of *record* that a client may name, and *more*.

    Args:
        doc: The first line of its description.
        required: Fields that cannot be left out, nor be empty.
    """
    hints = {k: v for k, v in get_type_hints(record, include_extras=True).items() if k not in without}
    hints |= dict(more or {})
    fields = {
        field: attrs.field(type=_filled(kind) if field in required else kind)
        if field in required
        else attrs.field(type=kind, default=UNNAMED)
        for field, kind in hints.items()
    }
    made: type[Any] = attrs.make_class(name, fields, frozen=True, kw_only=True)
    attributes = (record.__doc__ or "").partition("Attributes:")[2]
    made.__doc__ = f"{doc}\n\n    Attributes:{attributes}" if attributes else doc
    made.__annotations__ = {field: _filled(kind) if field in required else kind for field, kind in hints.items()}
    return made


def _filled(kind: Any) -> Any:
    """The type without None."""
    if get_origin(kind) not in (Union, UnionType):
        return kind
    (filled,) = (each for each in get_args(kind) if each is not NoneType)
    return filled


def plain(value: Any) -> Any:
    """A value of a body as it is stored: texts, numbers, lists, and dates as ``YYYY-MM-DD``."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, WeeklyWindows):
        return value.to_json()
    if isinstance(value, TravelLimit) or attrs.has(type(value)):
        return {
            each.name: plain(getattr(value, each.name))
            for each in attrs.fields(type(value))
            if getattr(value, each.name) not in (None, UNNAMED)
        }
    if isinstance(value, tuple | frozenset | list):
        return [plain(each) for each in value]
    return value
