"""How does a database get to a revision, and at which one is it?

Every step is a transaction of its own that first takes a transaction-level advisory lock and then looks where the
database stands: two upgrades at once take turns, and one that was killed leaves the last whole step behind.  Nothing
outlives a transaction: it works behind PgBouncer in transaction mode.  The versions are in ``public.alembic_version``.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError

from boona_adapters.postgres.engine import create_engine
from boona_adapters.postgres.errors import store_error
from boona_adapters.postgres.tables import metadata
from boona_adapters.resources import resource_folder
from boona_core.errors import BoonaError

T = TypeVar("T")

FIRST = "5dfc91e6b6f9"
"""Boona's first revision, which is one of the first generation of this system."""

LOCK = 0x626F6F6E61
"""Whoever migrates holds this advisory lock until its transaction ends; it spells boona."""

_LATER_OF_THE_FIRST_GENERATION = frozenset(
    {"6fbc92a7b7e9", "7bfc93a7c8e9", "8bfc94a7d8f9", "be3c0220ee8c", "9cfc95b8e9f9"}
)
_SCHEMAS = (
    "communication_service",
    "geocoding_service",
    "matching_service",
    "patient_service",
    "scraping_service",
    "therapist_service",
)


class UnknownRevision(BoonaError):
    """The database, or the caller, names a revision that these migrations do not have.

    Attributes:
        revision: The revision.
    """

    def __init__(self, revision: str) -> None:
        if revision in _LATER_OF_THE_FIRST_GENERATION:
            what = (
                f"it is a later revision of the first generation: downgrade the database to {FIRST} with the first "
                "generation's own migrations, then upgrade again"
            )
        else:
            what = (
                "install the version of boona that made it; if the first generation made it, take the database to "
                f"{FIRST} with the first generation's own migrations"
            )
        super().__init__(f"the revision {revision} is unknown: {what}")
        self.revision = revision


class UnversionedDatabase(BoonaError):
    """The schemas are there, but no revision says how they came about.

    Attributes:
        schemas: Those that were found.
    """

    def __init__(self, schemas: tuple[str, ...]) -> None:
        super().__init__(
            f"the database has {', '.join(schemas)} but no revision in public.alembic_version: if it is the first "
            f"generation's at its revision {FIRST}, insert this into the table; otherwise choose an empty database"
        )
        self.schemas = schemas


class AmbiguousRevision(BoonaError):
    """The version table names more than one revision.

    Attributes:
        revisions: What it names.
    """

    def __init__(self, revisions: tuple[str, ...]) -> None:
        super().__init__(f"public.alembic_version names several revisions: {', '.join(revisions)}")
        self.revisions = revisions


class RowsLeft(BoonaError):
    """A downgrade below the first revision would drop tables that have rows.

    Attributes:
        tables: The tables with rows.
    """

    def __init__(self, tables: tuple[str, ...]) -> None:
        super().__init__(f"below {FIRST} there are no tables, and these have rows: {', '.join(tables)}")
        self.tables = tables


class Standing(StrEnum):
    """Where a database stands, seen from the newest revision."""

    EMPTY = "empty"
    BEHIND = "behind"
    AT_HEAD = "at_head"


def head() -> str:
    """The newest revision."""
    newest = _script(_config()).get_current_head()
    if newest is None:
        raise UnknownRevision("head")
    return newest


def current(url: str) -> str | None:
    """The revision of the database at *url*; None: it has none.

    Raises:
        AmbiguousRevision: the version table has several rows.
        StoreUnavailable: the database cannot be reached.
    """
    return _in_transaction(url, _current)


def check(url: str) -> Standing:
    """Whether the database at *url* is at the newest revision.

    Raises:
        UnknownRevision: it is at a revision that these migrations do not have.
        UnversionedDatabase: it has the schemas, and no revision.
        StoreUnavailable: it cannot be reached.
    """
    script = _script(_config())
    revision = _in_transaction(url, lambda connection: _known(connection, script))
    if revision is None:
        return Standing.EMPTY
    return Standing.AT_HEAD if revision == script.get_current_head() else Standing.BEHIND


def is_wider(url: str) -> bool:
    """Whether the database at *url* has every table and column that this version knows, and perhaps others.

    Migrations only widen: a process of this version may start, and go on, while the schema is a newer one's already.

    Raises:
        StoreUnavailable: it cannot be reached.
    """
    known = {(table.schema, table.name, column.name) for table in metadata.sorted_tables for column in table.columns}
    there = _in_transaction(
        url,
        lambda connection: {
            tuple(row)
            for row in connection.execute(
                sa.text("SELECT table_schema, table_name, column_name FROM information_schema.columns")
            )
        },
    )
    return known <= there


def upgrade(url: str, revision: str = "head", *, checkpoint: Callable[[str], None] = lambda _: None) -> None:
    """Take the database at *url* up to *revision* (``+1``: one step); it is no fault to be there or above already.

    Args:
        checkpoint: Told the name of each point that is reached; chaos tests end the process there.

    Raises:
        UnknownRevision: the database, or the caller, names one that these migrations do not have.
        UnversionedDatabase: the schemas are there, and no revision.
        StoreError: the database refused a step; the steps before it stay.
    """
    config = _config()
    script = _script(config)
    target = _target(url, script, revision)

    def step(connection: sa.Connection) -> bool:
        _lock(connection)
        steps = _between(script, lower=_known(connection, script), upper=target)
        if steps:
            config.attributes["connection"] = connection
            command.upgrade(config, steps[-1].revision)
            checkpoint("migration_middle")
        return bool(steps)

    while _in_transaction(url, step):
        checkpoint("migration_committed")


def downgrade(url: str, revision: str) -> None:
    """Take the database at *url* down to *revision* (``-1``: one step; ``base``: nothing is left).

    Raises:
        RowsLeft: it would go below the first revision, and there are rows; nothing was done.
        UnknownRevision: the database, or the caller, names one that these migrations do not have.
        UnversionedDatabase: the schemas are there, and no revision.
        StoreError: the database refused a step; the steps before it stay.
    """
    config = _config()
    script = _script(config)
    target = _target(url, script, revision)

    def step(connection: sa.Connection) -> bool:
        _lock(connection)
        steps = _between(script, lower=target, upper=_known(connection, script))
        if steps:
            if target is None and (tables := _tables_with_rows(connection)):
                raise RowsLeft(tables)
            config.attributes["connection"] = connection
            command.downgrade(config, _below(steps[0]) or "base")
        return bool(steps)

    while _in_transaction(url, step):
        pass


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(resource_folder("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _script(config: Config) -> ScriptDirectory:
    return ScriptDirectory.from_config(config)


def _target(url: str, script: ScriptDirectory, revision: str) -> str | None:
    """The full revision that *revision* means; None means below the first."""
    if revision == "base":
        return None
    if revision in {"+1", "-1"}:
        standing = _in_transaction(url, lambda connection: _known(connection, script))
        if revision == "-1":
            return _below(script.get_revision(standing)) if standing else None
        above = _between(script, lower=standing, upper=script.get_current_head())
        return above[-1].revision if above else standing
    try:
        found = script.get_revision(revision)
    except CommandError:
        raise UnknownRevision(revision) from None
    return found.revision


def _between(script: ScriptDirectory, *, lower: str | None, upper: str | None) -> list[Script]:
    """The steps from *upper* down to *lower*, newest first; none when *upper* is not above *lower*."""
    if upper is None:
        return []
    steps = list(script.iterate_revisions(upper, "base"))
    names = [step.revision for step in steps]
    if lower is None:
        return steps
    return steps[: names.index(lower)] if lower in names else []


def _below(step: Script) -> str | None:
    return step.down_revision if isinstance(step.down_revision, str) else None


def _lock(connection: sa.Connection) -> None:
    """Take turns, and take the time that a large table needs, whatever the server allows for other work."""
    connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def _current(connection: sa.Connection) -> str | None:
    if connection.scalar(sa.text("SELECT to_regclass('public.alembic_version')")) is None:
        return None
    found = tuple(connection.scalars(sa.text("SELECT version_num FROM public.alembic_version ORDER BY 1")))
    if len(found) > 1:
        raise AmbiguousRevision(found)
    return found[0] if found else None


def _known(connection: sa.Connection, script: ScriptDirectory) -> str | None:
    """The revision of the database, which these migrations have; None: it has none, and none of our schemas."""
    revision = _current(connection)
    if revision is None:
        schemas = tuple(
            connection.scalars(
                sa.text("SELECT nspname FROM pg_namespace WHERE nspname = ANY(:names) ORDER BY 1"),
                {"names": list(_SCHEMAS)},
            )
        )
        if schemas:
            raise UnversionedDatabase(schemas)
        return None
    if revision not in {step.revision for step in script.walk_revisions()}:
        raise UnknownRevision(revision)
    return revision


def _tables_with_rows(connection: sa.Connection) -> tuple[str, ...]:
    tables = connection.scalars(
        sa.text(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY(:names) ORDER BY 1"
        ),
        {"names": list(_SCHEMAS)},
    ).all()
    return tuple(table for table in tables if connection.scalar(sa.text(f"SELECT EXISTS (SELECT FROM {table})")))


def _in_transaction(url: str, work: Callable[[sa.Connection], T]) -> T:
    """What *work* answers, done in one transaction on a connection of its own.

    A raw error does not leave it, not even as the context of the new one: it repeats row values.
    """
    engine = create_engine(url, connections=1)
    try:
        with engine.begin() as connection:
            return work(connection)
    except sa.exc.SQLAlchemyError as error:
        refused = store_error(error)
    finally:
        engine.dispose()
    raise refused
