"""What geocoding asks of the services, and of a store about them, as promises.

Nothing that a service is asked, and nothing of its answer, stands in an error: an address may be somebody's.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from boona_core.errors import BoonaError
from boona_core.geo import Point
from boona_core.geocoding import Address, Located, Service
from boona_core.patients import TravelMode
from boona_core.ways import NoRoad, Road, Route, Routes, Way


class ServiceFault(BoonaError):
    """A service was not reached, refused, or said what makes no sense; nothing is known by it.

    Attributes:
        service: Which.
        fault: What went wrong, in words of this program.
        retry_after: For so long it wants to be left alone; None: it said nothing of the kind.
    """

    def __init__(self, service: Service, fault: str, retry_after: timedelta | None = None) -> None:
        super().__init__(f"{service}: {fault}")
        self.service = service
        self.fault = fault
        self.retry_after = retry_after


class Geocoder(Protocol):
    """Knows where addresses are."""

    @property
    def source(self) -> str:
        """Who it is, as an answer's provenance names it."""

    def locate(self, address: Address) -> Point | None:
        """Ask where it is; None: it knows no such place, or nothing finer than a region.

        Raises:
            ServiceFault: there was no answer that makes sense.
        """


class Router(Protocol):
    """Knows the ways from place to place."""

    @property
    def source(self) -> str:
        """Who it is, as an answer's provenance names it."""

    @property
    def modes(self) -> Collection[TravelMode]:
        """The means of travel that it knows."""

    @property
    def largest(self) -> int:
        """Places that it may be asked about at once, at least 1."""

    def roads(self, here: Point, theres: Sequence[Point], mode: TravelMode) -> Sequence[Road | NoRoad]:
        """Ask for the ways from one place to each of these, at most ``largest``; an answer for each, in their order.

        Raises:
            ServiceFault: there was no answer that makes sense.
        """


class KnownAddresses(Protocol):
    """What a geocoder said, until it ends."""

    def get_many(self, keys: Collection[str], *, now: datetime) -> Mapping[str, Located]:
        """What is known under these keys; an answer that has ended by *now* is left out."""

    def put(self, address: Address, located: Located) -> None:
        """Keep an answer, in the place of an earlier one; of the address only its key and its postal code."""

    def forget_ended(self, *, now: datetime) -> None:
        """Delete the answers that have ended by *now*."""


class KnownRoutes(Protocol):
    """What a router said, until it ends."""

    def known(self, *, homes: Collection[Point] = (), places: Collection[Point] = (), now: datetime) -> Routes:
        """Every way from one of *homes*, or to one of *places*, whose answer has not ended by *now*."""

    def begun(self, *, now: datetime) -> Collection[tuple[Point, TravelMode]]:
        """Where ways begin, to the metre, and by which means, whose answer has not ended by *now*."""

    def put(self, routes: Mapping[Way, Route]) -> None:
        """Keep these answers, each in the place of an earlier one."""

    def forget_ended(self, *, now: datetime) -> None:
        """Delete the answers that have ended by *now*."""


class Turns(Protocol):
    """When each service may be asked, whoever asks."""

    def reserve(self, service: Service, *, spacing: timedelta, patience: timedelta) -> timedelta | None:
        """Take the next turn, and keep other units from taking one until this unit ends; in how long it comes.

        It comes *spacing* after the one before, or at once where that is long ago.  None: it would come later than
        *patience* from now, and none was taken.
        """

    def rest(self, service: Service, *, span: timedelta) -> None:
        """Let no turn come for so long from now on, and none sooner than was reserved."""
