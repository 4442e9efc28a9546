"""Where do events wait until they are relayed?  In the transaction of the change that they tell of."""

import json
from collections.abc import Iterable

from attrs import frozen

from boona_adapters.postgres.connection import Connection
from boona_adapters.postgres.planned import Planned
from boona_core.events import Event

_PUT = Planned(
    """
INSERT INTO communication_service.outbox (type, key, data)
SELECT event.type, event.key, event.data
  FROM unnest(CAST(:types AS text[]), CAST(:keys AS integer[]), CAST(:data AS jsonb[]))
       WITH ORDINALITY AS event (type, key, data, place)
 ORDER BY event.place
""",
    {"types": "text[]", "keys": "integer[]", "data": "text[]"},
)


@frozen
class PostgresOutbox:
    """The outbox, as ``boona_core.ports.Outbox`` promises it."""

    _connection: Connection

    def put(self, events: Iterable[Event]) -> None:
        """Store events, in order."""
        stored = tuple(events)
        if stored:
            self._connection.later(
                _PUT,
                {
                    "types": [event.type.value for event in stored],
                    "keys": [event.key for event in stored],
                    "data": [json.dumps(dict(event.data)) for event in stored],
                },
            )
