"""Which agency does the demo show?  Therapists, patients and requests, invented by chance but the same for one seed.

Nobody in it is real, and nobody real can be reached: addresses end in ``.example``, telephone numbers are those that
are kept for films.  The rows are those of the import files: field names as keys, texts, numbers, yes and no, lists.
"""

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any, TypeVar

from attrs import frozen

from boona_adapters.demo import names, stories
from boona_adapters.demo.places import PLACES, Place

T = TypeVar("T")
Row = Mapping[str, Any]

_NEAR_KM = 60.0
_SEARCH_DAYS = 270
_UMLAUTS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ł": "l", "\N{LATIN SMALL LETTER DOTLESS I}": "i"}
)
_WEIGHTED_PLACES = tuple((place, place.weight) for place in PLACES)
_PRIORITIES = ((1, 90), (2, 8), (3, 2))
_METHODS = (
    ("Verhaltenstherapie", 48),
    ("Tiefenpsychologisch fundierte Psychotherapie", 34),
    ("Analytische Psychotherapie", 9),
    ("Systemische Therapie", 9),
)
_LANGUAGES = (("Englisch", 30), ("Türkisch", 6), ("Russisch", 6), ("Polnisch", 4), ("Arabisch", 3), ("Französisch", 5))
_TITLES = ((None, 70), ("Dr.", 14), ("Dr. med.", 8), ("Dr. phil.", 5), ("Prof. Dr.", 1))
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
_HOURS = (("08:00", "08:50"), ("12:00", "12:50"), ("12:30", "13:20"), ("13:00", "14:00"), ("17:00", "17:50"))
_FREE_TIMES = (
    {day: [("08:00", "20:00")] for day in _DAYS},
    {day: [("16:00", "20:00")] for day in _DAYS},
    {day: [("09:00", "13:00")] for day in _DAYS},
    {"monday": [("15:00", "19:00")], "wednesday": [("15:00", "19:00")], "friday": [("12:00", "18:00")]},
    {"tuesday": [("08:00", "12:00"), ("16:00", "19:00")], "thursday": [("08:00", "12:00")]},
    {"monday": [("10:00", "18:00")], "tuesday": [("10:00", "18:00")]},
)


@frozen
class Sizes:
    """How many of each.

    Attributes:
        requests: Spread evenly over the patients; no pair of patient and therapist occurs twice.
    """

    therapists: int = 2_000
    patients: int = 300
    requests: int = 6_000


@frozen(repr=False)
class InventedAgency:
    """The rows of its import files."""

    therapists: Sequence[Row]
    patients: Sequence[Row]
    requests: Sequence[Row]


@frozen
class _Practice:
    """Where one therapist, or several together, work.

    Attributes:
        members: How many they are.
        shared: They read one mailbox together.
    """

    place: Place
    street: str
    postal_code: str
    domain: str
    members: int
    shared: bool


def invent(*, today: date, seed: int = 2026, sizes: Sizes | None = None) -> InventedAgency:
    """The same agency for the same *seed*, *sizes* and day; the day moves all dates along."""
    sizes = sizes or Sizes()
    chance = Random(seed)  # noqa: S311 - to be repeatable is the point
    homes: list[Place] = []
    therapists = list(_therapists(chance, today, sizes.therapists, homes))
    patients: list[Row] = []
    requests: list[Row] = []
    by_distance = {place.city: _by_distance(place, homes) for place in PLACES}
    for number in range(1, sizes.patients + 1):
        place = _weighted(chance, _WEIGHTED_PLACES)
        patients.append(_patient(chance, today, number, place))
        count = number * sizes.requests // sizes.patients - (number - 1) * sizes.requests // sizes.patients
        near, ranked = by_distance[place.city]
        for index in sorted(chance.sample(ranked[: max(near, count)], count)):
            row = {
                "patient_external_id": patients[-1]["external_id"],
                "therapist_external_id": therapists[index]["external_id"],
                "priority": _weighted(chance, _PRIORITIES),
            }
            requests.append(row)
    return InventedAgency(therapists, patients, requests)


def _by_distance(place: Place, homes: Sequence[Place]) -> tuple[int, Sequence[int]]:
    """How many therapists are near *place*, and all of them (by their place in the list), the nearest first."""
    distances = {home.city: place.kilometres_to(home) for home in PLACES}
    ranked = sorted(range(len(homes)), key=lambda index: distances[homes[index].city])
    return sum(distances[home.city] <= _NEAR_KM for home in homes), ranked


# -- therapists --------------------------------------------------------------------------------------------------------


def _therapists(chance: Random, today: date, count: int, homes: list[Place]) -> Iterator[Row]:
    telephone = _telephones(chance)
    domains: set[str] = set()
    while len(homes) < count:
        size = min(_weighted(chance, [(1, 82), (2, 10), (3, 5), (4, 3)]), count - len(homes))
        practice = _practice(chance, size, domains)
        for _ in range(practice.members):
            homes.append(practice.place)
            yield _therapist(chance, today, len(homes), practice, telephone)


def _practice(chance: Random, members: int, taken: set[str]) -> _Practice:
    place = _weighted(chance, _WEIGHTED_PLACES)
    town = _plain(place.city.split(" ")[0])
    kind = chance.choice(names.PRACTICES) if members > 1 else _plain(chance.choice(names.LAST_NAMES))
    domain = f"praxis-{kind}-{town}"
    while domain in taken:
        domain = f"praxis-{kind}-{town}-{chance.randrange(2, 1_000)}"
    taken.add(domain)
    return _Practice(
        place=place,
        street=_street(chance),
        postal_code=chance.choice(place.postal_codes),
        domain=f"{domain}.example",
        members=members,
        shared=members > 1 and chance.random() < 0.75,
    )


def _therapist(chance: Random, today: date, number: int, practice: _Practice, telephone: Callable[[Place], str]) -> Row:
    gender, salutation, first = _person(chance, women=0.72)
    last = chance.choice(names.LAST_NAMES)
    phone = telephone(practice.place) if chance.random() < 0.95 else None
    row = {
        "external_id": f"T{number:05}",
        "salutation": salutation,
        "title": _weighted(chance, _TITLES),
        "first_name": first,
        "last_name": last,
        "gender": gender,
        "street": practice.street,
        "postal_code": practice.postal_code,
        "city": practice.place.city,
        "phone": phone,
        "email": _practice_address(chance, practice, first, last) if chance.random() < 0.91 else None,
        "insurance_seat": chance.random() < 0.93,
        "phone_hours": _phone_hours(chance) if phone and chance.random() < 0.85 else None,
        "languages": [_weighted(chance, _LANGUAGES)] if chance.random() < 0.4 else None,
        "therapy_methods": [_weighted(chance, _METHODS)],
        **_readiness(chance, today),
    }
    return _known(row)


def _practice_address(chance: Random, practice: _Practice, first: str, last: str) -> str:
    if practice.shared:
        return f"kontakt@{practice.domain}"
    local = f"{_plain(first)}.{_plain(last)}" if practice.members > 1 else chance.choice(("praxis", "info", "mail"))
    return f"{local}@{practice.domain}"


def _readiness(chance: Random, today: date) -> dict[str, Any]:
    """Whether the therapist can be written to now, and whether somebody heard of places."""
    case = chance.random()
    if case < 0.07:
        note = chance.choice(("Platz ab nächstem Monat möglich", "Gruppe beginnt bald", "Bitte wieder anfragen"))
        return {"potentially_available": True, "potentially_available_notes": note}
    if case < 0.09:
        return {"status": "inactive"}
    if case < 0.105:
        return {"status": "blocked", "blocked_reason": "Nimmt auf absehbare Zeit niemanden auf"}
    if case < 0.11:
        return {"do_not_contact": True}
    if case < 0.13:
        return {"absent_until": today + timedelta(days=chance.randrange(5, 40))}
    return {}


def _phone_hours(chance: Random) -> Mapping[str, Any]:
    start, end = chance.choice(_HOURS)
    days = sorted(chance.sample(_DAYS, chance.randrange(1, 4)), key=_DAYS.index)
    return _windows({day: [(start, end)] for day in days})


def _telephones(chance: Random) -> Callable[[Place], str]:
    """Gives every caller another number, of the therapist's own city where one is kept there."""
    stock = {city: [f"{begin}{last:03}" for last in range(1, 1_000)] for city, begin in names.TELEPHONES.items()}
    for numbers in stock.values():
        chance.shuffle(numbers)

    def next_number(place: Place) -> str:
        fullest = max(stock, key=lambda city: len(stock[city]))
        numbers = stock.get(place.city) or stock[fullest]
        return numbers.pop()

    return next_number


# -- patients ----------------------------------------------------------------------------------------------------------


def _patient(chance: Random, today: date, number: int, place: Place) -> Row:
    gender, salutation, first = _person(chance, women=0.64)
    last = chance.choice(names.LAST_NAMES)
    story = _weighted(chance, [(each, each.weight) for each in stories.STORIES])
    registered = today - timedelta(days=int(_SEARCH_DAYS * chance.random() ** 1.3) + 1)
    experienced = chance.random() < 0.42
    insurer = _weighted(chance, names.INSURERS)
    row = {
        "external_id": f"P{number:04}",
        "salutation": salutation,
        "first_name": first,
        "last_name": last,
        "gender": gender,
        "birth_date": today - timedelta(days=int(365.25 * chance.triangular(18, 74, 33)) + 1),
        "street": _street(chance),
        "postal_code": chance.choice(place.postal_codes),
        "city": place.city,
        "email": f"{_plain(first)}.{_plain(last)}.{number}@post.example",
        "insurer": names.REGIONAL_AOK[place.land] if insurer == "AOK" else insurer,
        "insurance_number": f"X{chance.randrange(100_000_000, 1_000_000_000)}",
        "diagnosis": chance.choice(story.codes),
        "consultation_attended": True,
        "registered_on": registered,
        "referred_by": chance.choice(stories.REFERRALS),
        "availability": _windows(chance.choice(_FREE_TIMES)),
        "travel_limit": {"max_km": chance.choice((10, 15, 20, 30))},
        "travel_mode": _weighted(chance, [("transit", 55), ("car", 25), ("bike", 15), ("foot", 5)]),
        "open_to_group_therapy": chance.random() < 0.35,
        "open_to_digital_therapy": chance.random() < 0.25,
        "preferred_therapist_gender": _weighted(chance, [("any", 62), ("female", 30), ("male", 8)]),
        "occupation": chance.choice(stories.OCCUPATIONS),
        "family_status": chance.choice(stories.FAMILY),
        "symptoms": " ".join(chance.sample(story.symptoms, min(len(story.symptoms), chance.choice((1, 1, 2))))),
        "symptoms_since": registered - timedelta(days=chance.randrange(60, 2_000)),
        "reason_for_search": chance.choice(story.reasons),
        "goals": chance.choice(story.goals),
        "expectations": chance.choice(stories.EXPECTATIONS) if chance.random() < 0.7 else None,
        "stressors": chance.choice(stories.STRESSORS),
        "support": chance.choice(stories.SUPPORT),
        "medication": chance.choice(story.medication) if story.medication and chance.random() < 0.5 else None,
        "therapy_experience": experienced,
        "earlier_therapies": chance.choice(stories.EARLIER_THERAPIES) if experienced else None,
        "earlier_treatments": chance.choice(stories.EARLIER_TREATMENTS) if chance.random() < 0.3 else None,
        "inpatient_treatment": chance.random() < 0.2,
        **_search(chance, today),
    }
    return _known(row)


def _search(chance: Random, today: date) -> dict[str, Any]:
    """Most patients search; some rest, and some have not signed yet."""
    case = chance.random()
    if case < 0.04:
        pause = today + timedelta(days=chance.randrange(5, 50))
        return {"status": "searching", "contracts_signed": True, "search_paused_until": pause}
    if case < 0.07:
        return {"status": "open", "contracts_signed": False}
    return {"status": "searching", "contracts_signed": True}


# -- what both need ----------------------------------------------------------------------------------------------------


def _person(chance: Random, *, women: float) -> tuple[str, str | None, str]:
    """Gender, salutation and first name."""
    if chance.random() < 0.012:
        return "diverse", None, chance.choice(names.WOMEN + names.MEN)
    if chance.random() < women:
        return "female", "Frau", chance.choice(names.WOMEN)
    return "male", "Herr", chance.choice(names.MEN)


def _street(chance: Random) -> str:
    return f"{chance.choice(names.STREETS)} {chance.randrange(1, 120)}"


def _windows(by_day: Mapping[str, Sequence[tuple[str, str]]]) -> Mapping[str, Any]:
    return {day: [{"start": start, "end": end} for start, end in windows] for day, windows in by_day.items()}


def _weighted(chance: Random, choices: Sequence[tuple[T, int]]) -> T:
    return chance.choices([value for value, _ in choices], [weight for _, weight in choices])[0]


def _plain(text: str) -> str:
    """Lower-case ASCII, fit for an address."""
    folded = unicodedata.normalize("NFKD", text.lower().translate(_UMLAUTS))
    return "".join(char for char in folded if char.isascii() and char.isalnum())


def _known(row: Mapping[str, Any]) -> Row:
    return {name: value for name, value in row.items() if value is not None}
