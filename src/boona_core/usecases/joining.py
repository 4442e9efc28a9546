"""Let several use cases work in one transaction.

Each use case opens a unit, works and commits.  Joined, they all get the same open unit; their commit says that they are
done, and whoever joined them decides about the whole at the end.  So an answer can be kept in the transaction of its
effect, and a record is looked at, held and changed in one.
"""

from types import TracebackType
from typing import Any, Self, cast

from attrs import define, field

from boona_core.api_ports import ApiUnit, OpenApiUnit


@define
class JoinedUnits:
    """One open unit, given to whoever asks for one.

    Attributes:
        done: How many times a use case has committed.
    """

    _open_unit: OpenApiUnit
    done: int = field(default=0, init=False)
    _unit: ApiUnit | None = field(default=None, init=False)

    def open(self) -> ApiUnit:
        """A unit for one use case: the shared one, whose end and commit are only noted."""
        return cast(ApiUnit, _Joined(self))  # it has whatever the shared unit has

    @property
    def unit(self) -> ApiUnit:
        """The shared unit itself."""
        if self._unit is None:
            raise RuntimeError("units are joined inside of a with block only")
        return self._unit

    def keep(self) -> None:
        """Make everything lasting."""
        self.unit.commit()

    def __enter__(self) -> Self:
        self._unit = self._open_unit().__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        unit, self._unit = self.unit, None
        unit.__exit__(kind, error, trace)


class _Joined:
    """The shared unit as one use case sees it."""

    def __init__(self, joined: JoinedUnits) -> None:
        self._joined = joined

    def __getattr__(self, name: str) -> Any:
        return getattr(self._joined.unit, name)

    def commit(self) -> None:
        self._joined.done += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return
