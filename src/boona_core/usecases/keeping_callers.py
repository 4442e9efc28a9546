"""Who makes calls, and on which days does nobody?

A caller who leaves, falls ill or works other hours, and a day that is closed, change what is planned: the calls in
question are given to somebody else or another time in the same transaction, and those that find none are due again.
"""

from collections.abc import Callable, Sequence
from datetime import date

from attrs import evolve, frozen

from boona_core.caller_time import free_time
from boona_core.callers import Caller, CallerHours, check_name
from boona_core.calls import Booked, CallTime, Moment
from boona_core.ids import CallerId, PhoneCallId, TherapistId
from boona_core.ports import OpenUnit, Unit
from boona_core.usecases.calling import Switchboard, moment_of
from boona_core.usecases.replanning import Replanning, replan
from boona_core.wall_clock import unbroken


@frozen(kw_only=True)
class KeepCallers:
    """Add and change the people who make calls."""

    open_unit: OpenUnit
    switchboard: Switchboard

    def all(self, *, active: bool | None = None) -> Sequence[Caller]:
        """The callers by id; None: those who are active and those who are not."""
        with self.open_unit() as unit:
            return unit.callers.all(active=active)

    def one(self, caller_id: CallerId) -> Caller:
        """One caller.

        Raises:
            UnknownId: there is none.
        """
        with self.open_unit() as unit:
            return unit.callers.get(caller_id)

    def add(self, name: str, hours: CallerHours, *, dry_run: bool = False) -> Caller:
        """A new caller, active.

        Raises:
            InvalidValue: the name is empty.
            InvalidValues: no store can keep it.
        """
        check_name(name)
        with self.open_unit() as unit:
            caller = unit.callers.get(unit.callers.add(name, hours))
            if not dry_run:
                unit.commit()
        return caller

    def change(self, caller_id: CallerId, becomes: Callable[[Caller], Caller], *, dry_run: bool = False) -> Replanning:
        """Write a caller as they are from now on; calls that they cannot make any more are replanned.

        Args:
            becomes: Of the caller as they are, once nobody else changes them, who they are from now on.

        Raises:
            UnknownId: there is no such caller.
        """
        with self.open_unit() as unit:
            unit.callers.get(caller_id)
            unit.therapists.lock({call.therapist_id for call in _of_caller(unit, self.switchboard, caller_id)})
            unit.calls.take_turns()
            caller = becomes(unit.callers.get(caller_id))
            unit.callers.put(caller)
            stranded = [
                call
                for call in _of_caller(unit, self.switchboard, caller_id)
                if not _can_make(caller, call.time, self.switchboard)
            ]
            done = replan(unit, self.switchboard, stranded)
            if not dry_run:
                unit.commit()
        return done

    def remove(self, caller_id: CallerId, *, dry_run: bool = False) -> Replanning:
        """Let a caller make no calls any more; their past ones keep their name, the planned ones are replanned.

        Raises:
            UnknownId: there is no such caller.
        """
        return self.change(caller_id, lambda before: evolve(before, active=False), dry_run=dry_run)


@frozen(kw_only=True)
class CloseDays:
    """Close days, and open them again."""

    open_unit: OpenUnit
    switchboard: Switchboard

    def close(self, day: date, words: str | None = None, *, dry_run: bool = False) -> Replanning:
        """Let there be no calls on *day*; those planned on it are made on another, or due again.

        Args:
            words: Why; None: nobody said.

        Raises:
            InvalidValues: words that no store can keep, without the words.
        """
        with self.open_unit() as unit:
            planned = unit.calls.booked(first_day=day, last_day=day)
            unit.therapists.lock({call.therapist_id for call in planned})
            unit.calls.take_turns()
            unit.closures.add(day, words)
            done = replan(unit, self.switchboard, unit.calls.booked(first_day=day, last_day=day))
            if not dry_run:
                unit.commit()
        return done

    def open(self, day: date, *, dry_run: bool = False) -> bool:
        """Let there be calls on *day* again; False: it was not closed."""
        with self.open_unit() as unit:
            opened = unit.closures.remove(day)
            if not dry_run:
                unit.commit()
        return opened

    def days(self, *, first: date, last: date) -> dict[date, str | None]:
        """The closed days from *first* to *last*, and why."""
        with self.open_unit() as unit:
            return dict(unit.closures.days(first=first, last=last))


@frozen(kw_only=True)
class ReplanDay:
    """Make the rest of a day fit again, when a call ran over or a caller is late."""

    open_unit: OpenUnit
    switchboard: Switchboard

    def __call__(self, caller_id: CallerId, *, until: Moment, dry_run: bool = False) -> Replanning:
        """Nothing is asked of this caller before *until*: the calls planned before it are replanned.

        A call that reaches into the time from *until* on stays where it is only if it begins then or later.

        Raises:
            UnknownId: there is no such caller.
        """
        with self.open_unit() as unit:
            unit.callers.get(caller_id)
            unit.therapists.lock({call.therapist_id for call in _of_caller(unit, self.switchboard, caller_id)})
            unit.calls.take_turns()
            late = [
                call
                for call in _of_caller(unit, self.switchboard, caller_id)
                if call.time.day == until.day and call.time.start < until.minute
            ]
            done = replan(unit, self.switchboard, late, also_busy=_until(self.switchboard, unit, caller_id, until))
            if not dry_run:
                unit.commit()
        return done


def _of_caller(unit: Unit, board: Switchboard, caller_id: CallerId) -> Sequence[Booked]:
    """The planned calls of one caller, however far ahead."""
    return [call for call in board.booked(unit, also=date.max) if call.caller_id == caller_id]


def _can_make(caller: Caller, time: CallTime, board: Switchboard) -> bool:
    """Whether a call lies within the working hours of somebody who is there."""
    if not caller.active:
        return False
    free = unbroken(free_time(caller.hours, time.day), time.day, board.zone)
    return any(window.start <= time.start and time.end <= window.end for window in free)


def _until(board: Switchboard, unit: Unit, caller_id: CallerId, until: Moment) -> Sequence[Booked]:
    """What keeps a caller busy until a moment of today; nothing when it is over."""
    now = moment_of(unit.now(), board.zone)
    if until <= now:
        return ()
    start = now.minute if now.day == until.day else 0
    time = CallTime(until.day, start, until.minute - start)
    return (Booked(id=PhoneCallId(0), therapist_id=TherapistId(0), caller_id=caller_id, number=None, time=time),)
