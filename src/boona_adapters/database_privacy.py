"""Would this Postgres write patient data into its log?

An error's statement, its details, a logged statement and the duration of one all repeat values of rows; a backend that
is terminated in the middle writes the whole statement that it was at.  The server's settings decide, as they hold for
the role that Boona connects with.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

import sqlalchemy as sa
from attrs import frozen

from boona_adapters.postgres.errors import store_error
from boona_core.errors import BoonaError, StoreError

Answer = TypeVar("Answer")

PRIVATE: Mapping[str, str] = {
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_duration": "off",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
    "log_parameter_max_length_on_error": "0",
    "debug_print_parse": "off",
    "debug_print_rewritten": "off",
    "debug_print_plan": "off",
    "auto_explain.log_min_duration": "-1",
}
"""What the settings must be; one that the server does not have is as good."""


@frozen
class Leak:
    """A setting through which data can get into the server's log."""

    setting: str
    value: str
    wanted: str

    def __str__(self) -> str:
        return f"{self.setting} is {self.value}, not {self.wanted}"


class LeakyDatabase(BoonaError):
    """The server's log would take patient data, and production does not start on such a server.

    Attributes:
        leaks: Every setting that is not as it must be.
    """

    def __init__(self, leaks: tuple[Leak, ...]) -> None:
        super().__init__(
            f"the database's log would take patient data: {'; '.join(map(str, leaks))}.  "
            f"As its superuser: {' '.join(map(remedy, leaks))} SELECT pg_reload_conf();"
        )
        self.leaks = leaks


def remedy(leak: Leak) -> str:
    """The statement that closes a leak, for the server's superuser."""
    return f"ALTER SYSTEM SET {leak.setting} = '{leak.wanted}';"


def leaks_of(engine: sa.Engine) -> tuple[Leak, ...]:
    """Every setting of the server that is not as it must be.

    Raises:
        StoreError: the database cannot be asked.
    """
    found = asked(
        engine,
        lambda connection: {
            name: connection.scalar(sa.text("SELECT current_setting(:name, true)"), {"name": name}) for name in PRIVATE
        },
    )
    return tuple(
        Leak(name, value, PRIVATE[name])
        for name, value in found.items()
        if value is not None and value != PRIVATE[name]
    )


def asked(engine: sa.Engine, question: Callable[[sa.Connection], Answer]) -> Answer:
    """What *question* answers, on a connection of its own.

    Raises:
        StoreError: the database failed, said without a word of anybody's data.
    """
    failure: StoreError
    try:
        with engine.connect() as connection:
            return question(connection)
    except sa.exc.SQLAlchemyError as error:
        failure = store_error(error)
    raise failure
