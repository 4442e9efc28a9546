"""Where does a fault stand, in the words of the wire?

A use case names its own arguments; whoever sent a body knows the fields of that body.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol, TypeVar

from boona_core.errors import InvalidValue, InvalidValues, UnknownId
from boona_core.ids import PlacementRequestId


@contextmanager
def places_named(**fields: str) -> Iterator[None]:
    """Name a fault of an argument by the field of the body that it came from; other places stay as they are.

    Raises:
        InvalidValues: what was found inside, at its field.
    """
    try:
        yield
    except InvalidValue as fault:
        raise InvalidValues([InvalidValue(fields.get(fault.place, fault.place), fault.fault)]) from None


@contextmanager
def unknown_named(fields: Mapping[str, str]) -> Iterator[None]:
    """Name whoever is unknown by the field that named them: it is a fault of the request, not of its path.

    Args:
        fields: By the word for the kind (``therapist``) the field that names one; what else is unknown stays unknown.

    Raises:
        InvalidValues: what was found inside, at its field.
        UnknownId: of another kind.
    """
    try:
        yield
    except UnknownId as unknown:
        if unknown.kind not in fields:
            raise
        raise InvalidValues([InvalidValue(fields[unknown.kind], f"no {unknown.kind} has this id")]) from None


def refuse_fields(names: Collection[str], fault: str) -> None:
    """Say of each of these fields what is wrong with it; of none: nothing is wrong.

    Raises:
        InvalidValues: there are some; in the order of their names.
    """
    if names:
        raise InvalidValues([InvalidValue(name, fault) for name in sorted(names)])


class OfRequest(Protocol):
    """What was said about one placement request."""

    @property
    def placement_request_id(self) -> int:
        """About which."""


Said = TypeVar("Said", bound=OfRequest)


def by_request(field: str, said: Sequence[Said]) -> dict[PlacementRequestId, Said]:
    """What the list in a field says, by placement request.

    Raises:
        InvalidValues: it says something twice about one.
    """
    found: dict[PlacementRequestId, Said] = {}
    for place, each in enumerate(said):
        request_id = PlacementRequestId(each.placement_request_id)
        if request_id in found:
            raise InvalidValues([InvalidValue(f"{field}[{place}].placement_request_id", "stands twice")])
        found[request_id] = each
    return found
