"""What geocoding and matching ask of a store, as promises.

A store keeps them in the unit that also keeps ``boona_core.ports``: one transaction over all.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from boona_core.import_ports import ImportUnit
from boona_core.postal_codes import PostalPlace


class PostalCodes(Protocol):
    """The table of postal codes that the operator imports."""

    def get_many(self, codes: Collection[str]) -> Mapping[str, PostalPlace]:
        """What is known about these codes, by code; one that is not known is left out."""

    def put(self, places: Collection[PostalPlace]) -> None:
        """Keep these places, each in the place of what was known about its code."""


class MatchingUnit(ImportUnit, Protocol):
    """A unit that knows places as well."""

    @property
    def postal_codes(self) -> PostalCodes:
        """The postal codes, as of this unit."""


OpenMatchingUnit = Callable[[], MatchingUnit]
"""Opens a unit that knows places as well."""
