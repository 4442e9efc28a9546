"""Free texts about phone hours are read in German and English; what is not understood is given back, not guessed."""

import time
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boona_core.phone_hours_text import HoursInText, read_days, read_phone_hours, read_times
from boona_core.windows import WEEK, Weekday, WeeklyWindows, Window, clock
from tests.core.strategies import weekly_windows

MORNING = "08:00-12:00"
AFTERNOON = "14:00-16:00"


def told(text: str) -> str:
    """What is understood of a text in full, in short: days by number (Monday is 1), windows as they are written."""
    read = read_phone_hours(text)
    assert read.not_understood == ()
    days = [f"{WEEK.index(day) + 1} {' '.join(map(str, windows))}" for day, windows in read.hours.days()]
    return "; ".join(days)


def each(days: str, *windows: str) -> str:
    return "; ".join(f"{day} {' '.join(windows)}" for day in days)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("Mo-Do 8-12 Uhr", each("1234", MORNING)),
        ("Mo.-Fr. 9:00 bis 12:30", each("12345", "09:00-12:30")),
        ("Mo bis Mi 8-12", each("123", MORNING)),
        ("Mo, Mi u. Fr 8-12 Uhr", each("135", MORNING)),
        ("Mo/Mi/Fr 8-12", each("135", MORNING)),
        ("Mo Mi Fr 8-12", each("135", MORNING)),
        ("Mo-Mi, Fr 8-12", each("1235", MORNING)),
        ("Montag und Donnerstag jeweils 8 bis 12 Uhr", each("14", MORNING)),
        ("montags 8-12 Uhr sowie 14-16 Uhr", each("1", MORNING, AFTERNOON)),
        ("Mo 8-12, 14-16, Di 9-10", f"1 {MORNING} {AFTERNOON}; 2 09:00-10:00"),
        ("Mo 8-12 Uhr Di 14-16 Uhr", f"1 {MORNING}; 2 {AFTERNOON}"),
        ("Mo 8-12 Uhr. Di 14-16 Uhr.", f"1 {MORNING}; 2 {AFTERNOON}"),
        ("Mo 8-12; Di 14-16", f"1 {MORNING}; 2 {AFTERNOON}"),
        ("Mo 8-12 | Mo 14-16", f"1 {MORNING} {AFTERNOON}"),
        ("Mo: 08.00 – 12.00 Uhr", each("1", MORNING)),
        ("Mo – 08:00—12:00", each("1", MORNING)),
        ("Mo 8h-12h", each("1", MORNING)),
        ("Mo von 8 bis 12 Uhr", each("1", MORNING)),
        ("Mo zwischen 8 und 12 Uhr", each("1", MORNING)),
        ("Sonnabend 8-12, So 8-12", each("67", MORNING)),
        ("Mo 0-24 Uhr", "1 00:00-24:00"),
        ("Mo 23:00-24:00", "1 23:00-24:00"),
        ("Mo 8-10, 9-12", each("1", MORNING)),
        ("Mo 8-12, Di geschlossen", each("1", MORNING)),
        ("Mo geschlossen\nDi 8-12", each("2", MORNING)),
        ("Telefonische Erreichbarkeit: Mo 8-12", each("1", MORNING)),
        ("MO-DI 8-12 UHR", each("12", MORNING)),
        ("Monday to Thursday 8am-12pm", each("1234", MORNING)),
        ("mon, wed and fri from 8:00 until 12:00", each("135", MORNING)),
        ("Tue & Thurs 8 a.m. - 12 p.m., 2-4 p.m.", each("24", MORNING, AFTERNOON)),
        ("Sat 12-1 pm", "6 12:00-13:00"),
        ("Mo 02:00-04:00", "1 02:00-04:00"),
        ("Sun 12am-1am", "7 00:00-01:00"),
        ("Montag:<br>08:00&nbsp;&ndash;&nbsp;12:00<br/>14:00-16:00", each("1", MORNING, AFTERNOON)),
        ("<p>Mo 8-12</p><p>Di&nbsp;14-16</p>", f"1 {MORNING}; 2 {AFTERNOON}"),
        ("<b>Mo</b>\u00a08\u202f\u2013\u202f12\u00a0Uhr\n\n", each("1", MORNING)),
        ("Mo\n8-12\n14-16\nDi\n8-12", f"1 {MORNING} {AFTERNOON}; 2 {MORNING}"),
    ],
)
def test_what_directories_write_is_read(text: str, meaning: str) -> None:
    assert told(text) == meaning


@pytest.mark.parametrize(
    "part",
    [
        "nach Vereinbarung",
        "8-12 Uhr",
        "Mo",
        "Mo-Do",
        "Mo 8 Uhr",
        "Mo ab 8 Uhr",
        "Mo bis 12 Uhr",
        "Mo 8-12-14",
        "Mo 12-8 Uhr",
        "Mo 22-6 Uhr",
        "Mo 8-8",
        "Mo 8-25 Uhr",
        "Mo 9-24:30",
        "Mo 8.5-12",
        "Mo 8:60-12",
        "Mo 0800-1200",
        "Mo 030-12345",
        "Mo 8-12 Uhr 030 12345",
        "Mo 8 und 12 Uhr",
        "Mo 11-1 pm",
        "Mo 2-4 Uhr",
        "Mo 1:30-3:30",
        "Persönlich Mo 8-12",
        "Mo 8-12 telefonische Sprechzeiten",
        "Mo 14-16 pm",
        "Fr-Mo 8-12",
        "Mo-Mo 8-12",
        "Mo-Fr außer Mi 8-12",
        "Mo 8-12 (nicht in den Ferien)",
        "jeden 1. Mo 8-12",
        "1. Mo 8-12",
        "Mo 1.5. 8-12",
        "Mo ca. 8-12",
        "werktags 8-12 Uhr",
        "täglich 8-12 Uhr",
        "Mo vormittags",
        "Mo 8-12, Di",
        "Mo 8-12, Mo geschlossen",
        "Do \u0661\u0660-\u0661\u0662",
        "x",
    ],
)
def test_what_is_not_understood_is_given_back_and_not_guessed(part: str) -> None:
    assert read_phone_hours(part) == HoursInText(WeeklyWindows(), (part,))


def test_a_part_that_is_not_understood_leaves_the_others() -> None:
    read = read_phone_hours("Mo 8-12 Uhr<br>Di nach Vereinbarung; Mi 14-16 Uhr")

    assert read.not_understood == ("Di nach Vereinbarung",)
    assert read.hours == WeeklyWindows({Weekday.MONDAY: (Window(480, 720),), Weekday.WEDNESDAY: (Window(840, 960),)})


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Mo 8-12\nnach Absprache\n14-16", ("nach Absprache", "14-16")),
        ("Mo\nDi 8-12", ("Mo",)),
        ("Mo 8-12, Di\nMi 8-12", ("Mo 8-12, Di",)),
        ("Mo-Fr 8-12\nMi geschlossen\nSa 8-12", ("Mo-Fr 8-12", "Mi geschlossen")),
        ("Di geschlossen\n8-12", ("8-12",)),
        ("Mo 8-12\n1.-3. Di", ("1.-3. Di",)),
    ],
)
def test_times_belong_to_the_days_before_them_and_to_no_others(text: str, left: tuple[str, ...]) -> None:
    assert read_phone_hours(text).not_understood == left


@pytest.mark.parametrize("text", ["", " \n ", "<br>", "&nbsp;"])
def test_a_text_that_says_nothing_names_no_hours(text: str) -> None:
    assert read_phone_hours(text) == HoursInText(WeeklyWindows())


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Mo-Mi", WEEK[:3]),
        ("Montag:", WEEK[:1]),
        ("Sat", WEEK[5:6]),
        ("Mo 8-12", None),
        ("", None),
        ("Mo?", None),
        ("Fr-Mo", None),
    ],
)
def test_days_are_read_alone(text: str, days: tuple[Weekday, ...] | None) -> None:
    assert read_days(text) == days


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        ("8-12 Uhr, 14-16 Uhr", (Window(480, 720), Window(840, 960))),
        ("8", None),
        ("Mo 8-12", None),
        ("", None),
        ("12-8", None),
    ],
)
def test_times_are_read_alone(text: str, windows: tuple[Window, ...] | None) -> None:
    assert read_times(text) == windows


GERMAN = ("Montag", "Di.", "Mi", "donnerstags", "Fr.", "Sonnabend", "So")


@given(weekly_windows(), st.sampled_from([" - ", "–", " bis "]), st.sampled_from(["\n", "; ", ", ", "<br>", " "]))
def test_hours_that_are_written_are_read_back(weekly: WeeklyWindows, dash: str, between: str) -> None:
    text = between.join(
        f"{GERMAN[WEEK.index(day)]} " + ", ".join(f"{clock(w.start)}{dash}{clock(w.end)} Uhr" for w in windows)
        for day, windows in weekly.days()
    )

    assert read_phone_hours(text) == HoursInText(weekly)


WORDS = ["Mo", "Do", "-", "bis", ",", "u.", "8", "12:30", "Uhr", ":", "ab", "x", "\n", ";", "geschlossen", "1.", "von"]


@given(st.lists(st.sampled_from(WORDS), max_size=12))
def test_a_word_that_means_nothing_is_always_given_back(words: list[str]) -> None:
    read = read_phone_hours(" ".join([*words, "ungern"]))

    assert read.not_understood[-1].endswith("ungern")


@given(st.text())
def test_any_text_can_be_asked_about(text: str) -> None:
    read = read_phone_hours(text)

    assert all(part.strip() for part in read.not_understood)


@pytest.mark.parametrize("pair", list(combinations(["Mo ", "8-12 ", ", ", "8", "<", "- "], 2)), ids=repr)
def test_a_long_text_is_read_in_a_moment(pair: tuple[str, str]) -> None:
    text = "".join(pair) * (20_000 // len("".join(pair)))
    begun = time.perf_counter()

    read_phone_hours(text + "!")

    assert time.perf_counter() - begun < 2
