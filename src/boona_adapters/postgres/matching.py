"""A unit on Postgres that knows places as well."""

from functools import cached_property

import sqlalchemy as sa
from attrs import field, frozen

from boona_adapters.postgres.connection import Timeouts
from boona_adapters.postgres.imports import PostgresImportUnit
from boona_adapters.postgres.postal_codes import PostgresPostalCodes


class PostgresMatchingUnit(PostgresImportUnit):
    """A unit, as ``boona_core.matching_ports.MatchingUnit`` promises it."""

    @cached_property
    def postal_codes(self) -> PostgresPostalCodes:
        """The postal codes."""
        return PostgresPostalCodes(self._connection)


@frozen
class OpenPostgresMatchingUnit:
    """Opens units that know places: a ``boona_core.matching_ports.OpenMatchingUnit``."""

    engine: sa.Engine
    timeouts: Timeouts = field(factory=Timeouts)

    def __call__(self) -> PostgresMatchingUnit:
        """A unit, to be entered once."""
        return PostgresMatchingUnit(self.engine, self.timeouts)
