"""One patient against 50,000 therapists beside a slow check of every pair, and thousands of patients against all.

The therapists live where people do: about half of them around the large cities, the others anywhere in Germany.
"""

import json
import random
import time
from collections.abc import Iterator

import sqlalchemy as sa

from benchmarks.agency import BERLIN, database
from benchmarks.measuring import Figure, in_turn
from boona_adapters.demo.places import PLACES
from boona_adapters.postgres.engine import create_engine
from boona_adapters.postgres.matching import OpenPostgresMatchingUnit
from boona_core.ids import PatientId
from boona_core.instants import local_day
from boona_core.matching import Match, decide_match, in_order
from boona_core.pairing import STRANGERS, MatchingPolicy
from boona_core.usecases.matching import FindMatches

_THERAPISTS = 50_000
_PATIENTS = 5_000
_CODES = 8_000
_CHECKED = 20
_POLICY = MatchingPolicy()
_WEEKS = [
    {"monday": ["08:00-12:00"], "thursday": ["14:00-19:00"]},
    {"tuesday": ["09:00-18:00"]},
    {"wednesday": ["16:00-20:00"], "friday": ["08:00-13:00"]},
]
_INSERT = {
    "geocoding_service.postal_codes": "postal_code text, place text, land text, latitude float8, longitude float8",
    "therapist_service.therapists": "first_name text, last_name text, gender text, postal_code text,"
    " therapy_methods jsonb, availability jsonb, patient_age_from int, status text",
    "patient_service.patients": "first_name text, last_name text, gender text, postal_code text, diagnosis text,"
    " preferred_therapist_gender text, therapy_methods jsonb, availability jsonb, travel_limit jsonb,"
    " travel_mode text, birth_date date, status text, registered_on date",
}
_REQUESTS = """
INSERT INTO matching_service.placement_requests (patient_id, therapist_id, status, response_date, next_contact_after)
SELECT p.id, (p.id * 131 + k * 7919) % :therapists + 1, CASE WHEN k % 4 = 0 THEN 'rejected' ELSE 'open' END,
       CASE WHEN k % 4 = 0 THEN date '2026-01-01' END, CASE WHEN k % 4 = 0 THEN date '2099-01-01' END
  FROM patient_service.patients p, generate_series(1, 20) k ON CONFLICT DO NOTHING
"""


def _codes(chance: random.Random) -> list[dict[str, object]]:
    weights = [place.weight for place in PLACES]
    rows: list[dict[str, object]] = []
    for number in range(_CODES):
        city = chance.choices(PLACES, weights)[0]
        if chance.random() < 0.5:
            latitude, longitude = chance.gauss(city.latitude, 0.07), chance.gauss(city.longitude, 0.11)
        else:
            latitude, longitude = chance.uniform(47.6, 54.8), chance.uniform(6.2, 14.8)
        code = f"{number + 1_000:05}"
        rows.append(
            {"postal_code": code, "place": city.city, "land": None, "latitude": latitude, "longitude": longitude}
        )
    return rows


def _week(chance: random.Random) -> object:
    week = chance.choice([None, *_WEEKS])
    return week and {
        day: [dict(zip(("start", "end"), w.split("-"), strict=True)) for w in ws] for day, ws in week.items()
    }


def _therapist(chance: random.Random, number: int, code: object) -> dict[str, object]:
    return {
        "first_name": "Andrea",
        "last_name": f"Muster{number}",
        "gender": chance.choice(["female", "female", "male"]),
        "postal_code": code,
        "therapy_methods": [chance.choice(["Verhaltenstherapie", "Tiefenpsychologisch fundierte Psychotherapie"])],
        "availability": _week(chance),
        "patient_age_from": chance.choice([None, None, 18]),
        "status": chance.choice(["active"] * 9 + ["inactive"]),
    }


def _patient(chance: random.Random, number: int, code: object) -> dict[str, object]:
    return {
        "first_name": "Kim",
        "last_name": f"Muster{number}",
        "gender": chance.choice(["female", "male", "diverse"]),
        "postal_code": code,
        "diagnosis": f"F{chance.randrange(30, 46)}.1",
        "preferred_therapist_gender": chance.choice([None, None, "any", "female"]),
        "therapy_methods": chance.choice([None, ["VT"], ["VT", "TP"]]),
        "availability": _week(chance),
        "travel_limit": chance.choice([{"max_km": 10}, {"max_km": 20}, {"max_km": 30}, {"max_minutes": 30}]),
        "travel_mode": chance.choice(["car", "transit", "bike"]),
        "birth_date": f"{chance.randrange(1950, 2012)}-05-01",
        "status": "searching",
        "registered_on": f"2026-{chance.randrange(1, 11):02}-01",
    }


def _fill(engine: sa.Engine) -> None:
    chance = random.Random(50_000)
    codes = _codes(chance)
    names = [row["postal_code"] for row in codes]
    rows = {
        "geocoding_service.postal_codes": codes,
        "therapist_service.therapists": [_therapist(chance, n, chance.choice(names)) for n in range(_THERAPISTS)],
        "patient_service.patients": [_patient(chance, n, chance.choice(names)) for n in range(_PATIENTS)],
    }
    with engine.begin() as connection:
        for table, columns in _INSERT.items():
            listed = ", ".join(column.split()[0] for column in columns.split(", "))
            statement = (
                f"INSERT INTO {table} ({listed}) SELECT {listed} FROM jsonb_to_recordset(:rows) AS new ({columns})"
            )
            connection.execute(
                sa.text(statement.replace(":rows", "CAST(:rows AS jsonb)")), {"rows": json.dumps(rows[table])}
            )
        connection.execute(sa.text(_REQUESTS), {"therapists": _THERAPISTS})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))


def _every_pair(open_unit: OpenPostgresMatchingUnit, patient_id: PatientId) -> list[Match]:
    """The slow check: all therapists are read and each is decided about."""
    with open_unit() as unit:
        today = local_day(unit.now(), BERLIN)
        seeker = unit.matching.seekers([patient_id])[patient_id]
        pairs = unit.matching.pairs(patient_ids=[patient_id])
        decided = [
            decide_match(
                seeker,
                practice,
                pairs.get((patient_id, practice.therapist.id), STRANGERS),
                policy=_POLICY,
                today=today,
            )
            for practice in unit.matching.all_practices()
        ]
    return in_order((match for match in decided if match.fits), _POLICY)


def rows() -> Iterator[Figure]:
    """Two rows: one patient, and how the time grows with the patients."""
    with database() as url:
        engine = create_engine(url, connections=2)
        _fill(engine)
        open_unit = OpenPostgresMatchingUnit(engine)
        find = FindMatches(open_unit=open_unit, policy=_POLICY, zone=BERLIN)
        patients = [PatientId(number) for number in range(1, _PATIENTS, _PATIENTS // _CHECKED)]
        yield _one(open_unit, find, patients)
        yield _all(engine, find)
        engine.dispose()


def _one(open_unit: OpenPostgresMatchingUnit, find: FindMatches, patients: list[PatientId]) -> Figure:
    slow = {patient: _every_pair(open_unit, patient) for patient in patients}
    fast = {patient: list(find.for_patient(patient).fitting) for patient in patients}
    assert fast == slow, "recall and precision are 1.0, or the ratio means nothing"

    def one_by_one() -> None:
        for patient in patients:
            find.for_patient(patient)

    seconds = in_turn(3, {"found": one_by_one, "every pair": lambda: _every_pair(open_unit, patients[0])})
    mean = seconds["found"] / len(patients)
    count = sum(map(len, slow.values()))
    return Figure(
        work="one patient's matching, 50,000 therapists",
        beside="reading and deciding about every pair",
        ratio=seconds["every pair"] / mean,
        wanted=20,
        seconds={"found": mean, "every pair": seconds["every pair"]},
        note=f"the mean of {len(patients)} patients; the same {count:,} matches in both",
    )


def _all(engine: sa.Engine, find: FindMatches) -> Figure:
    times = {}
    found = {}
    for size in (_PATIENTS // 4, _PATIENTS // 2, _PATIENTS):
        with engine.begin() as connection:
            connection.execute(
                sa.text(
                    "UPDATE patient_service.patients"
                    " SET status = CASE WHEN id % :k = 0 THEN 'searching' ELSE 'open' END"
                ),
                {"k": _PATIENTS // size},
            )
        begun = time.perf_counter()
        found[size] = sum(len(matches) for _, matches in find.for_everybody())
        times[size] = time.perf_counter() - begun
    return Figure(
        work="5,000 patients against 50,000 therapists",
        beside="four times 1,250 patients",
        ratio=times[_PATIENTS // 4] * 4 / times[_PATIENTS],
        wanted=0.8,
        seconds={f"{size:,}": seconds for size, seconds in times.items()},
        note=f"{found[_PATIENTS]:,} matches",
    )
