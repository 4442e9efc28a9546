"""A process that asks a geocoder about some towns: ``python -m tests.edge.asking_process DATABASE MAPS NAME COUNT``.

It says that it is ready, and begins when it reads a line.  With ``--without-turns`` as a fifth word it takes no turns:
a control, so that a test is known to see what it looks for.
"""

import sys
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

from boona_adapters.geocoding.told import geocoder
from boona_adapters.postgres.api import OpenPostgresApiUnit
from boona_adapters.postgres.engine import create_engine
from boona_adapters.settings import GeocodingSettings
from boona_core.geo import Point
from boona_core.geocoding import Address, Service
from boona_core.matching_ports import GeocodingUnit, OpenGeocodingUnit
from boona_core.usecases.asking_in_turn import AskInTurn


class AtOnce:
    """Turns that come at once."""

    def reserve(self, *_: Any, **__: Any) -> timedelta:
        """Wait for nobody."""
        return timedelta(0)


class WithoutTurns:
    """A unit in which it is always one's turn."""

    def __init__(self, unit: GeocodingUnit) -> None:
        self._unit = unit
        self.turns = AtOnce()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._unit, name)

    def __enter__(self) -> "WithoutTurns":
        self._unit.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._unit.__exit__(*error)


def ask(database: str, maps: str, name: str, count: int, *, turns: bool) -> None:
    """Ask about so many towns that nobody else asks about."""
    open_unit: OpenGeocodingUnit = OpenPostgresApiUnit(create_engine(database, connections=1))
    without: Any = lambda: WithoutTurns(open_unit())  # noqa: E731 - a control
    in_turn = AskInTurn(
        open_unit=open_unit if turns else without,
        service=Service.NOMINATIM,
        new_token=uuid4,
        elapsed=time.monotonic,
        sleep=time.sleep,
    )
    nominatim = geocoder(GeocodingSettings(nominatim_url=maps, contact="it@agency.example"))
    assert nominatim is not None
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    for number in range(count):
        town = Address(city=f"{name} {number}")

        def locate(town: Address = town) -> Point | None:
            return nominatim.locate(town)

        in_turn(town.key, is_known=lambda _: False, ask=locate, keep=lambda _unit, _answer: None)


if __name__ == "__main__":
    _, told_database, told_maps, told_name, told_count, *others = sys.argv
    ask(told_database, told_maps, told_name, int(told_count), turns="--without-turns" not in others)
