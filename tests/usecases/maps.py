"""Scripted services of maps: they answer what a test has written down, and remember what they were asked and when."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from attrs import define, field

from boona_core.geo import Point
from boona_core.geocoding import Address
from boona_core.patients import TravelMode
from boona_core.ways import NoRoad, Road

Fault = BaseException | None


@define
class ScriptedGeocoder:
    """A geocoder.

    Attributes:
        places: By their addresses; it knows no others.
        faults: Raised one after the other before anything else is answered; None: this one is answered.
    """

    clock: Callable[[], datetime]
    places: Mapping[Address, Point] = field(factory=dict)
    faults: list[Fault] = field(factory=list)
    asked: list[Address] = field(factory=list)
    instants: list[datetime] = field(factory=list)
    source: str = "nominatim at maps.example"

    def locate(self, address: Address) -> Point | None:
        """Keep the promise of ``geocoding_ports.Geocoder``."""
        self.asked.append(address)
        self.instants.append(self.clock())
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        return self.places.get(address)


@define
class ScriptedRouter:
    """A router that says the same of every way to a place.

    Attributes:
        answers: By the places to which the ways lead; to others a road of 20 minutes.
    """

    clock: Callable[[], datetime]
    answers: Mapping[Point, Road | NoRoad] = field(factory=dict)
    faults: list[Fault] = field(factory=list)
    asked: list[tuple[Point, tuple[Point, ...], TravelMode]] = field(factory=list)
    instants: list[datetime] = field(factory=list)
    source: str = "osrm at maps.example"
    modes: Collection[TravelMode] = (TravelMode.CAR, TravelMode.BIKE)
    largest: int = 2

    def roads(self, here: Point, theres: Sequence[Point], mode: TravelMode) -> Sequence[Road | NoRoad]:
        """Keep the promise of ``geocoding_ports.Router``."""
        self.asked.append((here, tuple(theres), mode))
        self.instants.append(self.clock())
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        return [self.answers.get(there, Road(9.0, 20)) for there in theres]
