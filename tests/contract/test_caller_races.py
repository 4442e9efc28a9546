"""Two who change the same caller at the same instant, on every store: neither undoes what the other one did."""

from attrs import evolve

from boona_core.callers import Caller, CallerHours
from boona_core.ids import CallerId
from boona_core.usecases.keeping_callers import KeepCallers
from boona_core.windows import Weekday, WeeklyWindows, Window
from tests.contract.conftest import Second
from tests.situations import Store
from tests.usecases.house import BOARD

MONDAYS = CallerHours(working_hours=WeeklyWindows({Weekday.MONDAY: (Window(540, 600),)}))


def caller_of(store: Store, caller_id: CallerId) -> Caller:
    with store.open_unit() as unit:
        return unit.callers.get(caller_id)


def test_what_somebody_else_changes_about_a_caller_meanwhile_stays(store: Store, second: Second) -> None:
    caller_id = store.seed.caller(name="Ada")
    keep = KeepCallers(open_unit=store.open_unit, switchboard=BOARD)
    with store.open_unit() as unit:
        unit.calls.take_turns()
        unit.callers.put(evolve(unit.callers.get(caller_id), hours=MONDAYS))
        work = second.does(keep.change, caller_id, lambda before: evolve(before, name="Bea"))
        assert second.waits(work)
        unit.commit()

    work.result()
    found = caller_of(store, caller_id)
    assert (found.name, found.hours) == ("Bea", MONDAYS)


def test_who_is_removed_keeps_the_name_that_somebody_gives_meanwhile(store: Store, second: Second) -> None:
    caller_id = store.seed.caller(name="Ada")
    keep = KeepCallers(open_unit=store.open_unit, switchboard=BOARD)
    with store.open_unit() as unit:
        unit.calls.take_turns()
        unit.callers.put(evolve(unit.callers.get(caller_id), name="Bea"))
        work = second.does(keep.remove, caller_id)
        assert second.waits(work)
        unit.commit()

    work.result()
    found = caller_of(store, caller_id)
    assert (found.name, found.active) == ("Bea", False)
