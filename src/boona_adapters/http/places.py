"""Where does a fault stand, in the words of the wire?

A use case names its own arguments; whoever sent a body knows the fields of that body.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from boona_core.errors import InvalidValue, InvalidValues


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
