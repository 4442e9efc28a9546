"""Who makes calls, and the days on which nobody does."""

from datetime import date

import pytest
from attrs import evolve

from boona_core.callers import Absence, Caller, CallerHours
from boona_core.errors import InvalidValue, InvalidValues, UnknownId
from boona_core.ids import CallerId
from boona_core.windows import Weekday, WeeklyWindows, Window
from tests.contract.acts import DAY
from tests.contract.conftest import Second
from tests.situations import TODAY, Store

HOURS = CallerHours(
    working_hours=WeeklyWindows({Weekday.MONDAY: (Window(480, 960),), Weekday.SUNDAY: (Window(0, 1440),)}),
    breaks=WeeklyWindows({Weekday.MONDAY: (Window(720, 750),)}),
    absences=(Absence(TODAY + 7 * DAY, TODAY + 9 * DAY), Absence(TODAY, TODAY + DAY)),
)


def add(store: Store, name: str, hours: CallerHours = HOURS) -> CallerId:
    with store.open_unit() as unit:
        caller_id = unit.callers.add(name, hours)
        unit.commit()
    return caller_id


def put(store: Store, caller: Caller) -> None:
    with store.open_unit() as unit:
        unit.callers.put(caller)
        unit.commit()


def caller_of(store: Store, caller_id: CallerId) -> Caller:
    with store.open_unit() as unit:
        return unit.callers.get(caller_id)


def close(store: Store, day: date, words: str | None = None) -> bool:
    with store.open_unit() as unit:
        new = unit.closures.add(day, words)
        unit.commit()
    return new


def closed(store: Store, first: date = TODAY, last: date = TODAY + 30 * DAY) -> list[tuple[date, str | None]]:
    with store.open_unit() as unit:
        return list(unit.closures.days(first=first, last=last).items())


# Callers


def test_a_new_caller_is_active_and_has_the_hours_that_were_given(store: Store) -> None:
    caller_id = add(store, "Ada")

    assert caller_of(store, caller_id) == Caller(id=caller_id, name="Ada", hours=HOURS, active=True)


def test_a_caller_without_hours_has_none(store: Store) -> None:
    caller_id = add(store, "Ada", CallerHours())

    assert caller_of(store, caller_id).hours == CallerHours()


def test_two_callers_may_have_one_name(store: Store) -> None:
    assert add(store, "Ada") != add(store, "Ada")


@pytest.mark.parametrize("name", ["", "  "])
def test_a_caller_without_a_name_is_not_added(store: Store, name: str) -> None:
    with pytest.raises(InvalidValue, match=r"^name: "):
        add(store, name)


@pytest.mark.parametrize("name", ["x" * 101, "A\x00da"])
def test_a_name_that_no_store_can_keep_is_not_added(store: Store, name: str) -> None:
    with pytest.raises(InvalidValues, match=r"^name: "):
        add(store, name)


def test_the_longest_name_is_kept_as_it_is(store: Store) -> None:
    caller_id = add(store, "ß" * 99 + " ")

    assert caller_of(store, caller_id).name == "ß" * 99 + " "


def test_absences_that_begin_on_one_day_are_kept(store: Store) -> None:
    twice = CallerHours(absences=(Absence(TODAY, TODAY + DAY), Absence(TODAY, TODAY + 2 * DAY)))

    caller_id = add(store, "Ada", twice)

    assert caller_of(store, caller_id).hours.absences == (Absence(TODAY, TODAY + 2 * DAY),)


@pytest.mark.parametrize("caller_id", [CallerId(2_000_000_000), CallerId(2**40), CallerId(0)])
def test_an_unknown_caller_is_an_error_with_the_id(store: Store, caller_id: CallerId) -> None:
    with pytest.raises(UnknownId, match=rf"^no caller has the id {caller_id}$"):
        caller_of(store, caller_id)
    with pytest.raises(UnknownId, match=rf"^no caller has the id {caller_id}$"):
        put(store, Caller(id=caller_id, name="Ada", hours=HOURS))


def test_a_caller_is_written_as_they_are_now(store: Store) -> None:
    caller_id = add(store, "Ada")
    changed = Caller(
        id=caller_id,
        name="Ada B.",
        active=False,
        hours=CallerHours(
            working_hours=WeeklyWindows({Weekday.TUESDAY: (Window(480, 960),)}),
            absences=(Absence(TODAY, TODAY + 3 * DAY),),
        ),
    )

    put(store, changed)

    assert caller_of(store, caller_id) == changed


def test_writing_one_caller_leaves_the_others(store: Store) -> None:
    one, two = add(store, "Ada"), add(store, "Bea")

    put(store, Caller(id=one, name="Ada"))

    assert caller_of(store, two) == Caller(id=two, name="Bea", hours=HOURS)


def test_callers_are_listed_by_id_all_active_or_not(store: Store) -> None:
    one, two, three = (store.seed.caller(hours=HOURS), store.seed.caller(active=False), store.seed.caller())

    with store.open_unit() as unit:
        everybody = unit.callers.all()
        assert [caller.id for caller in everybody] == [one, two, three]
        assert everybody[0].hours == HOURS
        assert [caller.id for caller in unit.callers.all(active=True)] == [one, three]
        assert [caller.id for caller in unit.callers.all(active=False)] == [two]


def test_without_callers_the_list_is_empty(store: Store) -> None:
    with store.open_unit() as unit:
        assert list(unit.callers.all()) == []


def test_a_unit_sees_the_caller_whom_it_added_and_undoes_it_without_commit(store: Store) -> None:
    with store.open_unit() as unit:
        caller_id = unit.callers.add("Ada", HOURS)
        assert unit.callers.get(caller_id).hours == HOURS

    with store.open_unit() as unit:
        assert list(unit.callers.all()) == []


def test_a_caller_who_was_written_is_changed_by_nobody_else_until_the_unit_ends(store: Store, second: Second) -> None:
    caller_id = add(store, "Ada")
    caller = caller_of(store, caller_id)

    with store.open_unit() as unit:
        unit.callers.put(evolve(caller, name="Ada B."))
        other = second.does(put, store, evolve(caller, active=False))
        assert second.waits(other)
        unit.commit()
    other.result()

    assert caller_of(store, caller_id) == evolve(caller, active=False)


# Closed days


def test_closed_days_are_those_from_the_first_to_the_last_with_their_words(store: Store) -> None:
    close(store, TODAY + 2 * DAY)
    close(store, TODAY, "Betriebsausflug")
    close(store, TODAY - DAY)
    close(store, TODAY + 3 * DAY)

    assert closed(store, TODAY, TODAY + 2 * DAY) == [(TODAY, "Betriebsausflug"), (TODAY + 2 * DAY, None)]


def test_a_day_is_closed_once_and_then_only_the_words_are_new(store: Store) -> None:
    assert close(store, TODAY, "Ausflug")
    assert not close(store, TODAY, "Umzug")

    assert closed(store) == [(TODAY, "Umzug")]


@pytest.mark.parametrize("words", ["x" * 256, "Aus\x00flug"])
def test_words_that_no_store_can_keep_close_no_day(store: Store, words: str) -> None:
    with pytest.raises(InvalidValues, match=r"^words: "):
        close(store, TODAY, words)

    assert closed(store) == []


def test_closing_a_day_again_without_words_leaves_none(store: Store) -> None:
    close(store, TODAY, "Ausflug")
    close(store, TODAY)

    assert closed(store) == [(TODAY, None)]


def test_a_closed_day_is_opened_again_once(store: Store) -> None:
    close(store, TODAY)
    close(store, TODAY + DAY)

    with store.open_unit() as unit:
        answers = (unit.closures.remove(TODAY), unit.closures.remove(TODAY))
        unit.commit()

    assert answers == (True, False)
    assert closed(store) == [(TODAY + DAY, None)]


def test_a_day_closed_without_commit_is_open(store: Store) -> None:
    with store.open_unit() as unit:
        unit.closures.add(TODAY)
        assert list(unit.closures.days(first=TODAY, last=TODAY)) == [TODAY]

    assert closed(store) == []


def test_of_two_units_that_close_one_day_the_first_does(store: Store, second: Second) -> None:
    with store.open_unit() as unit:
        new = unit.closures.add(TODAY, "Ausflug")
        other = second.does(close, store, TODAY, "Umzug")
        assert second.waits(other)
        unit.commit()

    assert (new, other.result()) == (True, False)
    assert closed(store) == [(TODAY, "Umzug")]
