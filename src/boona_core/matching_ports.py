"""What geocoding and matching ask of a store, as promises.

A store keeps them in the unit that also keeps ``boona_core.ports``: one transaction over all.  Where somebody is
follows from the postal code in their address, as ``postal_code_of`` reads it, and from the table of postal codes; where
that says nothing, from what a geocoder has said about ``addresses_of_practice`` or ``addresses_of_home`` and has not
ended.  Where a therapist is besides follows in the same way from the other addresses, whose codes ``postal_code_in``
reads, and from what was said about ``addresses_of_line``.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from boona_core.event_ports import RunningUnit
from boona_core.geo import Box
from boona_core.geocoding import Sought
from boona_core.geocoding_ports import KnownAddresses, KnownRoutes, Turns
from boona_core.ids import PatientId, TherapistId
from boona_core.import_ports import ImportUnit
from boona_core.pairing import Pair, Practice, Seeker
from boona_core.postal_codes import PostalPlace


class PostalCodes(Protocol):
    """The table of postal codes that the operator imports."""

    def get_many(self, codes: Collection[str]) -> Mapping[str, PostalPlace]:
        """What is known about these codes, by code; one that is not known is left out."""

    def put(self, places: Collection[PostalPlace]) -> None:
        """Keep these places, each in the place of what was known about its code."""


class Matching(Protocol):
    """Patients and therapists as matching sees them, and what stands between them."""

    def seekers(self, patient_ids: Collection[PatientId]) -> Mapping[PatientId, Seeker]:
        """Those of these patients that exist."""

    def waiting(self, *, after: PatientId | None = None, limit: int | None = None) -> Sequence[Seeker]:
        """Patients who search, paused ones too, by id: the first *limit* (None: all) behind *after* (None: of all)."""

    def practices(self, therapist_ids: Collection[TherapistId]) -> Mapping[TherapistId, Practice]:
        """Those of these therapists that exist."""

    def practices_in(self, box: Box) -> Sequence[Practice]:
        """All therapists with a place in *box* that were not erased, by id; who is at unknown places is in no box."""

    def all_practices(self) -> Sequence[Practice]:
        """All therapists that were not erased, by id."""

    def sought(self) -> Sequence[Sought]:
        """Everybody of whom a place is not known and who may be matched: therapists by id, then patients by id.

        Therapists that are inactive, erased or not to be contacted are none of them, nor patients who do not search.
        """

    def pairs(
        self, *, patient_ids: Collection[PatientId] = (), therapist_ids: Collection[TherapistId] = ()
    ) -> Mapping[tuple[PatientId, TherapistId], Pair]:
        """What stands between these patients, or these therapists, and anybody; a pair with nothing is left out.

        A pair rests until the last of the days that its requests name.
        """


class MatchingUnit(ImportUnit, Protocol):
    """A unit that knows places as well."""

    @property
    def postal_codes(self) -> PostalCodes:
        """The postal codes, as of this unit."""

    @property
    def matching(self) -> Matching:
        """Patients and therapists as matching sees them, as of this unit."""

    @property
    def addresses(self) -> KnownAddresses:
        """What a geocoder said, as of this unit."""

    @property
    def routes(self) -> KnownRoutes:
        """What a router said, as of this unit."""


OpenMatchingUnit = Callable[[], MatchingUnit]
"""Opens a unit that knows places as well."""


class GeocodingUnit(MatchingUnit, RunningUnit, Protocol):
    """A unit that knows whose turn it is as well."""

    @property
    def turns(self) -> Turns:
        """When each service may be asked."""


OpenGeocodingUnit = Callable[[], GeocodingUnit]
"""Opens a unit that knows whose turn it is as well."""
