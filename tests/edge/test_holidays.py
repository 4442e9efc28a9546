"""The public holidays of 2026 to 2028, against a table written from the laws of the Länder."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest

from boona_adapters.holidays import german_holidays
from boona_core.calendar import Calendar
from boona_core.lands import Land

YEARS = (2026, 2027, 2028)
DAYS = [date(2026, 1, 1) + timedelta(days=ahead) for ahead in range(365 + 365 + 366)]

EVERYWHERE = "01-01 05-01 10-03 12-25 12-26 good_friday easter_monday ascension whit_monday"
"""Neujahr, Tag der Arbeit, Tag der Deutschen Einheit (Einigungsvertrag), Weihnachten; Karfreitag, Ostermontag,
Christi Himmelfahrt, Pfingstmontag."""

BY_LAND: Mapping[str, str] = {
    # Feiertagsgesetz § 1: Erscheinungsfest, Fronleichnam, Allerheiligen
    "BW": "01-06 corpus_christi 11-01",
    # Feiertagsgesetz Art. 1: Heilige Drei Könige, Fronleichnam, Allerheiligen; Mariä Himmelfahrt in Gemeinden mit mehr
    # katholischen Einwohnern; das Friedensfest in der Stadt Augsburg
    "BY": "01-06 corpus_christi 11-01 08-15 08-08",
    # Gesetz über die Sonn- und Feiertage § 1: Frauentag; einmal der 75. Jahrestag des 17. Juni 1953
    "BE": "03-08 2028-06-17",
    # Feiertagsgesetz § 2: Ostersonntag, Pfingstsonntag, Reformationstag
    "BB": "easter whit_sunday 10-31",
    "HB": "10-31",
    "HH": "10-31",
    # Feiertagsgesetz § 1: Fronleichnam
    "HE": "corpus_christi",
    # Feiertagsgesetz § 2: Frauentag (seit 2023), Reformationstag
    "MV": "03-08 10-31",
    "NI": "10-31",
    # Feiertagsgesetz NW § 2: Fronleichnam, Allerheiligen
    "NW": "corpus_christi 11-01",
    # Landesgesetz § 2: Fronleichnam, Allerheiligen
    "RP": "corpus_christi 11-01",
    # Sonn- und Feiertagsgesetz § 2: Fronleichnam, Mariä Himmelfahrt, Allerheiligen
    "SL": "corpus_christi 08-15 11-01",
    # Gesetz über Sonn- und Feiertage § 1: Reformationstag, Buß- und Bettag; Fronleichnam in einigen Gemeinden
    "SN": "10-31 repentance corpus_christi",
    # Feiertagsgesetz § 2: Heilige Drei Könige, Reformationstag
    "ST": "01-06 10-31",
    # Gesetz über Sonn- und Feiertage § 2: Reformationstag (seit 2018)
    "SH": "10-31",
    # Feiertagsgesetz § 2: Weltkindertag, Reformationstag; Fronleichnam in einigen Gemeinden
    "TH": "09-20 10-31 corpus_christi",
}


def easter_of(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the anonymous computus of 1876 (Meeus, Jones, Butcher)."""
    golden = year % 19
    century, of_century = divmod(year, 100)
    leaps, rest = divmod(century, 4)
    moon = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leaps - moon + 15) % 30
    weekday = (32 + 2 * rest + 2 * (of_century // 4) - epact - of_century % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def repentance_of(year: int) -> date:
    """Buß- und Bettag: the Wednesday before 23 November."""
    return next(day for back in range(1, 8) if (day := date(year, 11, 23) - timedelta(days=back)).weekday() == 2)


AROUND_EASTER = {
    "good_friday": -2,
    "easter": 0,
    "easter_monday": 1,
    "ascension": 39,
    "whit_sunday": 49,
    "whit_monday": 50,
    "corpus_christi": 60,
}


def dates_of(word: str) -> list[date]:
    """What one word of the table means in these years."""
    if word in AROUND_EASTER:
        return [easter_of(year) + timedelta(days=AROUND_EASTER[word]) for year in YEARS]
    if word == "repentance":
        return [repentance_of(year) for year in YEARS]
    if len(word) == len("2028-06-17"):
        return [date.fromisoformat(word)]
    return [date.fromisoformat(f"{year}-{word}") for year in YEARS]


def by_law(land: str) -> set[date]:
    return {day for word in f"{EVERYWHERE} {BY_LAND[land]}".split() for day in dates_of(word)}


@pytest.mark.parametrize(
    ("year", "easter"),
    [
        (1961, date(1961, 4, 2)),
        (2000, date(2000, 4, 23)),
        (2008, date(2008, 3, 23)),
        (2011, date(2011, 4, 24)),
        (2026, date(2026, 4, 5)),
        (2027, date(2027, 3, 28)),
        (2028, date(2028, 4, 16)),
    ],
)
def test_the_computus_of_the_table_finds_easter(year: int, easter: date) -> None:
    assert easter_of(year) == easter


def test_the_table_has_every_land() -> None:
    assert set(BY_LAND) == {land.value for land in Land}


@pytest.mark.parametrize("land", Land)
def test_every_date_of_three_years_is_a_holiday_exactly_where_the_law_says_so(land: Land) -> None:
    named = by_law(land.value)

    wrong = [day for day in DAYS if (day in german_holidays(land, day.year)) != (day in named)]

    assert wrong == []


@pytest.mark.parametrize("land", Land)
def test_a_call_is_never_on_a_holiday_and_else_on_any_day(land: Land) -> None:
    calendar = Calendar(holidays=german_holidays)
    named = by_law(land.value)

    working = [day for day in DAYS if calendar.is_working_day(day, land)]

    assert working == [day for day in DAYS if day not in named]


def test_without_a_land_the_holidays_of_all_close_a_day() -> None:
    calendar = Calendar(holidays=german_holidays)
    named = set().union(*map(by_law, BY_LAND))

    working = [day for day in DAYS if calendar.is_working_day(day, None)]

    assert working == [day for day in DAYS if day not in named]


def test_the_holidays_of_a_year_lie_in_it() -> None:
    years = [(year, day.year) for land in Land for year in range(2020, 2035) for day in german_holidays(land, year)]

    assert [each for each in years if each[0] != each[1]] == []
