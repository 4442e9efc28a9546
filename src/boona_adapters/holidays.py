"""Which dates are public holidays in a Land?

The library ``holidays`` knows the laws.  Where a holiday holds in a part of a Land only, it counts for all of it,
because nobody shall be called on a holiday: the Assumption in Bavaria (most of its municipalities), the Peace Festival
(the city of Augsburg), Corpus Christi in Saxony and Thuringia (some municipalities).  Sundays are not named unless a
law names that Sunday; Hesse's law calls every Sunday a holiday, which is a matter of the calendar's days of rest.
"""

from datetime import date
from functools import lru_cache

from holidays import country_holidays

from boona_core.lands import Land

_IN_PARTS = frozenset({Land.BAVARIA, Land.SAXONY, Land.THURINGIA})


@lru_cache(maxsize=1024)
def german_holidays(land: Land, year: int) -> frozenset[date]:
    """Keeps `boona_core.calendar.PublicHolidays`; the answers are kept in this process."""
    categories = ("public", "catholic") if land in _IN_PARTS else ("public",)
    known = set(country_holidays("DE", subdiv=land.value, years=year, categories=categories))
    if land is Land.BAVARIA:
        known |= set(country_holidays("DE", subdiv="Augsburg", years=year))
    return frozenset(day for day in known if day.year == year)
