"""A worker on a machine whose clock is wrong: the production application, in a process that believes another day.

    python -m tests.journeys.wrong_clock DAYS URL SMTP_PORT

Everything by which Python tells the time is put *DAYS* days ahead before a line of Boona is imported.  Then each line
read from standard input is an instant of the database's clock: the worker plans and sends at it, and says what it did
and which day it believes in.
"""

import datetime
import json
import sys
import time
from typing import Any

_REAL = datetime.datetime
_REAL_DATE = datetime.date


class _AnyDatetime(type):
    """Makes real instants count as instances, as they do on any machine."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _REAL)


class _AnyDate(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _REAL_DATE)


def put_ahead(days: int) -> None:
    """Let this process believe that it is so many days later."""
    ahead = datetime.timedelta(days=days)
    seconds = time.time

    class Datetime(_REAL, metaclass=_AnyDatetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            return _REAL.now(tz) + ahead

        @classmethod
        def utcnow(cls) -> Any:
            return _REAL.now(datetime.UTC).replace(tzinfo=None) + ahead

        @classmethod
        def today(cls) -> Any:
            return _REAL.now() + ahead

    class Date(_REAL_DATE, metaclass=_AnyDate):
        @classmethod
        def today(cls) -> Any:
            return (_REAL.now() + ahead).date()

    time.time = lambda: seconds() + ahead.total_seconds()
    time.time_ns = lambda: int(time.time() * 1_000_000_000)
    datetime.datetime = Datetime  # type: ignore[misc]
    datetime.date = Date  # type: ignore[misc]


def main(days: int, url: str, smtp_port: int) -> None:
    """Work until nobody says anything any more."""
    from tests.journeys.virtual import agency_on  # noqa: PLC0415 - only now the clock is wrong

    with agency_on(url, smtp_port=smtp_port) as agency:
        for line in sys.stdin:
            run, drained = agency.run_at(_REAL.fromisoformat(line.strip()))
            believed = datetime.datetime.now(datetime.UTC)
            said = {
                "sent": drained.sent,
                "day": run.plan.day.isoformat(),
                "days_ahead": round((believed - _REAL.now(datetime.UTC)).total_seconds() / 86_400),
                "named": run.batch_id[: len("plan-20260101")],
            }
            sys.stdout.write(json.dumps(said) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    # What others have written keeps the real classes: they look types up by identity.
    import alembic.config  # noqa: F401
    import jinja2  # noqa: F401
    import psycopg2.extensions  # noqa: F401
    import sqlalchemy  # noqa: F401

    put_ahead(int(sys.argv[1]))
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
