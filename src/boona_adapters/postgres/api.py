"""One transaction over all stores of a Postgres, for whoever serves the API."""

from collections.abc import Callable
from functools import cached_property

import sqlalchemy as sa
from attrs import field, frozen

from boona_adapters.postgres.access import PostgresReplays, PostgresTokens
from boona_adapters.postgres.connection import Timeouts
from boona_adapters.postgres.drafting import PostgresDrafting
from boona_adapters.postgres.listings import PostgresListings
from boona_adapters.postgres.merges import PostgresMergeUnit
from boona_adapters.postgres.people import PostgresPeople


class PostgresApiUnit(PostgresMergeUnit):
    """A unit that serves the API as well."""

    @cached_property
    def listings(self) -> PostgresListings:
        """What is stored."""
        return PostgresListings(self._connection)

    @cached_property
    def people(self) -> PostgresPeople:
        """Single therapists and patients."""
        return PostgresPeople(self._connection)

    @cached_property
    def drafting(self) -> PostgresDrafting:
        """What people change."""
        return PostgresDrafting(self._connection)

    @cached_property
    def tokens(self) -> PostgresTokens:
        """The tokens of the API."""
        return PostgresTokens(self._connection)

    @cached_property
    def replays(self) -> PostgresReplays:
        """Answers to be given again."""
        return PostgresReplays(self._connection)


@frozen
class OpenPostgresApiUnit:
    """Opens units that serve the API: a ``boona_core.api_ports.OpenApiUnit``."""

    engine: sa.Engine
    timeouts: Timeouts = field(factory=Timeouts)
    checkpoint: Callable[[str], None] = lambda _: None

    def __call__(self) -> PostgresApiUnit:
        """A unit, to be entered once."""
        return PostgresApiUnit(self.engine, self.timeouts, self.checkpoint)
