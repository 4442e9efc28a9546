"""Everything that a store holds, as values that can be compared."""

from typing import Any, cast

import sqlalchemy as sa

from boona_adapters.memory import MemoryStore
from boona_adapters.postgres.tables import metadata
from tests.contract.postgres_seeds import PostgresSeeds
from tests.situations import MemorySeeds, Store

_NOT_COMPARED = frozenset({"outbox", "stored_at", "merges"})
"""What tells of a change stays when the change is undone."""

_ROW = """
(to_jsonb(t) - '{created_at,updated_at,released_at}'::text[]
 || jsonb_build_object('released', to_jsonb(t) ->> 'released_at' IS NOT NULL))::text
"""


def contents_of(store: Store) -> dict[str, list[Any]]:
    """Every row of every table, when it was made and changed left out."""
    if isinstance(store.seed, MemorySeeds):
        return _of_memory(store.seed._store)
    return _of_postgres(cast("PostgresSeeds", store.seed)._engine)


def _of_memory(memory: MemoryStore) -> dict[str, list[Any]]:
    tables = {name: table for name, table in vars(memory.tables).items() if hasattr(table, "rows")}
    return {
        name: [row for _, row in sorted(table.rows.items())]
        for name, table in tables.items()
        if name not in _NOT_COMPARED
    }


def _of_postgres(engine: sa.Engine) -> dict[str, list[Any]]:
    with engine.connect() as connection:
        return {
            table.fullname: list(
                connection.execute(sa.text(f"SELECT {_ROW} FROM {table.fullname} t ORDER BY 1")).scalars()
            )
            for table in metadata.sorted_tables
            if table.name not in _NOT_COMPARED
        }
