"""What the two exclusion constraints cost a row: with no window in the table, with 100,000 and with 1,000,000."""

from collections.abc import Iterator
from functools import partial

import sqlalchemy as sa

from benchmarks.agency import database
from benchmarks.measuring import Figure, in_turn
from boona_adapters.postgres.engine import create_engine

_BATCH = 2_000
_TABLE = """
CREATE TABLE {name} (email_id integer PRIMARY KEY, therapist_id integer NOT NULL, mailbox_id integer,
                     contact_window daterange NOT NULL, released_at timestamptz)
"""
_CONSTRAINT = """
ALTER TABLE guarded ADD EXCLUDE USING gist (int8range({column}, {column}, '[]') WITH &&, contact_window WITH &&)
      WHERE (released_at IS NULL AND {column} IS NOT NULL)
"""
_INSERT = """
INSERT INTO {name} SELECT :base + n, :base + n, :base + n, daterange(date '2026-11-02', NULL), NULL
  FROM generate_series(1, {batch}) n ORDER BY 3, 2 ON CONFLICT DO NOTHING
"""
_FILL = """
INSERT INTO {name} SELECT n, n, n, daterange(date '2026-11-02', date '2026-11-09'), NULL
  FROM generate_series(1, :rows) n
"""


def rows() -> Iterator[Figure]:
    """One row for each size; the ratio is how many times as long the guarded insert takes."""
    with database() as url:
        engine = create_engine(url, connections=1)
        for size in (0, 100_000, 1_000_000):
            with engine.begin() as connection:
                for name in ("plain", "guarded"):
                    connection.execute(sa.text(f"DROP TABLE IF EXISTS {name}"))
                    connection.execute(sa.text(_TABLE.format(name=name)))
                for column in ("therapist_id", "mailbox_id"):
                    connection.execute(sa.text(_CONSTRAINT.format(column=column)))
                for name in ("plain", "guarded"):
                    connection.execute(sa.text(_FILL.format(name=name)), {"rows": size})
            base = {"plain": 2_000_000, "guarded": 2_000_000}

            def insert(name: str, base: dict[str, int] = base) -> None:
                base[name] += _BATCH
                with engine.begin() as connection:
                    connection.execute(sa.text(_INSERT.format(name=name, batch=_BATCH)), {"base": base[name]})

            seconds = in_turn(9, {name: partial(insert, name) for name in base})
            cost = (seconds["guarded"] - seconds["plain"]) / _BATCH
            yield Figure(
                work=f"{_BATCH:,} windows into {size:,}",
                beside="the same without constraints",
                ratio=seconds["plain"] / seconds["guarded"],
                wanted=None,
                seconds=seconds,
                note=f"both constraints cost {cost * 1e6:.0f} µs a row",
            )
        engine.dispose()
