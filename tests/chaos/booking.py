"""The program that books, moves and cancels calls at random, by the store's own guards alone.

Nobody takes turns here and nobody locks a therapist: what keeps two calls apart is what the database promises, and
nothing else.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta

from attrs import evolve

from boona_core.call_ports import NewCall
from boona_core.calls import Booked, CallStatus, CallTime, Cause
from boona_core.errors import IllegalTransition
from boona_core.ids import CallerId, PhoneCallId, TherapistId
from boona_core.ports import OpenUnit, Unit
from tests.chaos.worker import Orders, refusals, store, tell, until_told_to_stop

FIRST_DAY = date(2030, 1, 7)
DAYS = 3
CALLERS = 6
THERAPISTS = 40
NUMBERS = 20
"""Two therapists share a number."""

OPERATIONS_A_LINE = 20


def book(orders: Orders) -> None:
    """Book, move and cancel until told to stop; what was committed is told, some operations at a time."""
    rng = random.Random(orders.seed)  # noqa: S311 - a test may be repeatable
    mine: list[PhoneCallId] = []
    booked: list[int] = []
    with store(orders) as open_unit:
        for number, _ in enumerate(until_told_to_stop(), start=1):
            with refusals(orders):
                booked += _operate(orders, open_unit, rng, mine)
            if number % OPERATIONS_A_LINE == 0:
                tell(orders, operations=OPERATIONS_A_LINE, booked=booked)
                booked = []


def _operate(orders: Orders, open_unit: OpenUnit, rng: random.Random, mine: list[PhoneCallId]) -> Iterator[int]:
    """One operation in a transaction of its own; gives the id of a call that was booked."""
    what = rng.random()
    with open_unit() as unit:
        if what < 0.5 or not mine:
            (call_id,) = unit.calls.new_ids(1)
            new = _anything(rng)
            if orders.checks and _is_taken(unit, new):
                return iter(())
            stored = unit.calls.add({call_id: new})
            unit.commit()
            mine += stored
            return map(int, stored)
        call_id = rng.choice(mine)
        try:
            if what < 0.75:
                _move(orders, unit, rng, call_id)
            else:
                mine.remove(call_id)
                unit.calls.put(evolve(unit.calls.lock(call_id), status=CallStatus.CANCELED))
        except IllegalTransition:
            return iter(())
        unit.commit()
    return iter(())


def _move(orders: Orders, unit: Unit, rng: random.Random, call_id: PhoneCallId) -> None:
    wanted = _anything(rng)
    call = unit.calls.get(call_id)
    if orders.checks and _is_taken(unit, evolve(wanted, therapist_id=call.therapist_id), besides=call_id):
        return
    unit.calls.move(call_id, time=wanted.time, caller_id=wanted.caller_id, number=call.number)


def _anything(rng: random.Random) -> NewCall:
    therapist = rng.randrange(THERAPISTS) + 1
    return NewCall(
        therapist_id=TherapistId(therapist),
        time=CallTime(
            FIRST_DAY + timedelta(days=rng.randrange(DAYS)), 540 + 5 * rng.randrange(36), 5 * rng.randint(1, 3)
        ),
        cause=Cause.PERSON,
        caller_id=rng.choice([None, *(CallerId(number + 1) for number in range(CALLERS))]),
        number=f"+4930{therapist % NUMBERS}",
    )


def _is_taken(unit: Unit, new: NewCall, *, besides: PhoneCallId | None = None) -> bool:
    """Whether something planned is in the way, as far as anybody can see who does not wait."""
    booked = unit.calls.booked(first_day=new.time.day, last_day=new.time.day)
    return any(call.id != besides and call.time.overlaps(new.time) and _share(call, new) for call in booked)


def _share(call: Booked, new: NewCall) -> bool:
    same_caller = new.caller_id is not None and call.caller_id == new.caller_id
    return same_caller or call.therapist_id == new.therapist_id or call.number == new.number
