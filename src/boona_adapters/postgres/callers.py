"""Who makes calls, and the days without any, in Postgres."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from attrs import frozen
from sqlalchemy.dialects import postgresql as pg

from boona_adapters.postgres.connection import Connection, storable
from boona_adapters.postgres.tables import caller_absences, callers, closures
from boona_core.call_ports import check_words
from boona_core.callers import Absence, Caller, CallerHours, check_name
from boona_core.errors import UnknownId
from boona_core.ids import CallerId
from boona_core.windows import WeeklyWindows

_CALLERS = sa.select(callers).order_by(callers.c.id)
_ABSENCES = sa.select(caller_absences).order_by(caller_absences.c.begins)


@frozen
class PostgresCallers:
    """The callers, as ``boona_core.call_ports.Callers`` promises them."""

    _connection: Connection

    def get(self, caller_id: CallerId) -> Caller:
        """The caller, active or not.

        Raises:
            UnknownId: there is none.
        """
        found = self._read(_CALLERS.where(callers.c.id == caller_id)) if storable((caller_id,)) else ()
        for caller in found:
            return caller
        raise UnknownId("caller", caller_id)

    def all(self, *, active: bool | None = None) -> Sequence[Caller]:
        """The callers by id; None: those who are active and those who are not."""
        return self._read(_CALLERS if active is None else _CALLERS.where(callers.c.active == sa.literal(active)))

    def add(self, name: str, hours: CallerHours) -> CallerId:
        """A new caller, active.

        Raises:
            InvalidValue: the name is empty.
            InvalidValues: no store can keep the name.
        """
        check_name(name)
        statement = callers.insert().values(name=name, **_hours(hours)).returning(callers.c.id)
        caller_id = CallerId(self._connection.column(statement)[0])
        self._put_absences(caller_id, hours.absences)
        return caller_id

    def put(self, caller: Caller) -> None:
        """Write a caller as they are now.

        Raises:
            UnknownId: there is none.
        """
        statement = (
            callers.update()
            .where(callers.c.id == caller.id)
            .values(name=caller.name, active=caller.active, updated_at=sa.func.now(), **_hours(caller.hours))
        )
        if not storable((caller.id,)) or not self._connection.run(statement):
            raise UnknownId("caller", caller.id)
        self._connection.run(caller_absences.delete().where(caller_absences.c.caller_id == caller.id))
        self._put_absences(caller.id, caller.hours.absences)

    def _put_absences(self, caller_id: CallerId, absences: Iterable[Absence]) -> None:
        rows = [{"caller_id": caller_id, "begins": each.begins, "ends": each.ends} for each in absences]
        if rows:
            self._connection.run(caller_absences.insert().values(rows))

    def _read(self, query: sa.Select[Any]) -> Sequence[Caller]:
        rows = self._connection.rows(query)
        absences: dict[int, list[Absence]] = {row.id: [] for row in rows}
        for row in self._connection.rows(_ABSENCES.where(caller_absences.c.caller_id.in_(list(absences)))):
            absences[row.caller_id].append(Absence(row.begins, row.ends))
        return [
            Caller(
                id=CallerId(row.id),
                name=row.name,
                active=row.active,
                hours=CallerHours(
                    working_hours=WeeklyWindows.from_json(row.working_hours),
                    breaks=WeeklyWindows.from_json(row.breaks),
                    absences=tuple(absences[row.id]),
                ),
            )
            for row in rows
        ]


@frozen
class PostgresClosures:
    """The closed days, as ``boona_core.call_ports.Closures`` promises them."""

    _connection: Connection

    def days(self, *, first: date, last: date) -> Mapping[date, str | None]:
        """The closed days from *first* to *last*, and in which words."""
        query = sa.select(closures.c.day, closures.c.words).where(closures.c.day.between(first, last))
        return {row.day: row.words for row in self._connection.rows(query.order_by(closures.c.day))}

    def add(self, day: date, words: str | None = None) -> bool:
        """Close a day; False: it was closed already, and only the words are new.

        Raises:
            InvalidValues: words that no store can keep, without the words.
        """
        check_words(words)
        statement = pg.insert(closures).values(day=day, words=words)
        statement = statement.on_conflict_do_nothing()
        if self._connection.run(statement):
            return True
        change = closures.update().where(closures.c.day == day).values(words=words, updated_at=sa.func.now())
        self._connection.run(change)
        return False

    def remove(self, day: date) -> bool:
        """Open a day again; False: it was not closed."""
        return self._connection.run(closures.delete().where(closures.c.day == day)) > 0


def _hours(hours: CallerHours) -> dict[str, object]:
    return {"working_hours": hours.working_hours.to_json(), "breaks": hours.breaks.to_json()}
