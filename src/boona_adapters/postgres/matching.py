"""What matching asks of Postgres.

A box narrows to the postal codes in it, and these to the therapists who have them, both by an index; what was written
into an address in another form is read here, because no index could.  Who is at no code of the table is looked for
among the addresses that a geocoder knows, where it knows any.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import sqlalchemy as sa
from attrs import field, frozen

from boona_adapters.postgres import patients as patient_rows
from boona_adapters.postgres import therapists as therapist_rows
from boona_adapters.postgres.connection import Connection, Timeouts, storable
from boona_adapters.postgres.geocoding import PostgresAddresses, PostgresRoutes, PostgresTurns
from boona_adapters.postgres.patients import patient_of
from boona_adapters.postgres.postal_codes import PostgresPostalCodes
from boona_adapters.postgres.running import PostgresRunningUnit
from boona_adapters.postgres.tables import mailboxes, patients, therapists
from boona_adapters.postgres.therapists import therapist_of
from boona_core.geo import Box, Point
from boona_core.geocoding import (
    Address,
    Sought,
    addresses_of_home,
    addresses_of_line,
    addresses_of_practice,
    place_of,
)
from boona_core.ids import PatientId, TherapistId
from boona_core.pairing import Pair, Practice, Seeker
from boona_core.patients import PatientStatus
from boona_core.postal_codes import postal_code_in, postal_code_of
from boona_core.therapists import TherapistStatus

_IDS = sa.bindparam("ids", type_=sa.ARRAY(sa.Integer))
_CODES = sa.bindparam("codes", type_=sa.ARRAY(sa.String))

_PATIENTS = sa.select(*patient_rows.COLUMNS).order_by(patients.c.id)
_SEEKERS = _PATIENTS.where(patients.c.id == sa.any_(_IDS))
_WAITING = _PATIENTS.where(patients.c.status == sa.literal_column(f"'{PatientStatus.SEARCHING}'"))
_WAITING_BEHIND = _WAITING.where(patients.c.id > sa.bindparam("after", type_=sa.Integer)).limit(
    sa.bindparam("limit", type_=sa.Integer)
)

_CLOSED = (
    sa.select(sa.true())
    .where(mailboxes.c.id == therapists.c.mailbox_id, mailboxes.c.do_not_contact)
    .exists()
    .label("mailbox_closed")
)
_THERAPISTS = sa.select(*therapist_rows.COLUMNS, _CLOSED).order_by(therapists.c.id)
_PRACTICES = _THERAPISTS.where(therapists.c.id == sa.any_(_IDS))
_LIVING = _THERAPISTS.where(therapists.c.erased_at.is_(None))
_WITH_CODE = _LIVING.where(therapists.c.postal_code == sa.any_(_CODES))
_WITH_ODD_CODE = _LIVING.where(sa.text("postal_code !~ '^[0-9]{5}$'"))

_WITH_CODE_OR_NONE = _LIVING.where(
    sa.or_(therapists.c.postal_code.is_(None), therapists.c.postal_code == sa.any_(_CODES))
)
_ELSEWHERE = _LIVING.where(
    sa.text("""other_addresses IS NOT NULL AND EXISTS (
        SELECT FROM jsonb_array_elements_text(other_addresses) AS address
         WHERE substring(address from '[0-9]{5}') = ANY(CAST(:codes AS text[]))
            OR address ~ '[0-9]{5}.*[0-9]{5}')""")
)

_AT_A_CODE = "EXISTS (SELECT FROM geocoding_service.postal_codes AS c WHERE c.postal_code = {}.postal_code)"
_ADDRESSES_OF_PRACTICES = sa.text(f"""
SELECT id, street, postal_code, city, other_addresses FROM therapist_service.therapists AS t
 WHERE erased_at IS NULL AND status <> '{TherapistStatus.INACTIVE}' AND NOT do_not_contact
   AND (other_addresses IS NOT NULL OR NOT {_AT_A_CODE.format("t")})
 ORDER BY id
""")
_CODES_OF_HOMES = sa.text(f"""
SELECT id, postal_code FROM patient_service.patients AS p
 WHERE status = '{PatientStatus.SEARCHING}' AND NOT {_AT_A_CODE.format("p")} ORDER BY id
""")

_IN_BOX = """latitude BETWEEN :south AND :north
   AND (longitude BETWEEN :west AND :east OR longitude - 360 BETWEEN :west AND :east
        OR longitude + 360 BETWEEN :west AND :east)"""
_CODES_IN = sa.text(f"SELECT postal_code, latitude, longitude FROM geocoding_service.postal_codes WHERE {_IN_BOX}")
_ADDRESSES_IN = sa.text(f"""
SELECT DISTINCT postal_code FROM geocoding_service.addresses WHERE {_IN_BOX} AND ends_at > :now
""")
_KNOWS_ADDRESSES = sa.text("""
SELECT EXISTS (SELECT FROM geocoding_service.addresses WHERE latitude IS NOT NULL AND ends_at > :now)
""")
_ANSWERS = """
SELECT therapist_id, count(*) AS answered, count(*) FILTER (WHERE status = 'accepted') AS accepted
  FROM matching_service.placement_requests
 WHERE response_date IS NOT NULL AND status IN ('accepted', 'rejected'){}
 GROUP BY therapist_id
"""
_ALL_ANSWERS = sa.text(_ANSWERS.format(""))
_ANSWERS_OF = sa.text(_ANSWERS.format(" AND therapist_id = ANY(CAST(:ids AS integer[]))"))

_NO_ANSWERS = (0, 0)

_Spot = tuple[int, int]
"""A place of somebody: their id, and 0 for the usual place, 1 and so on for the others."""

_Written = tuple[str | None, Callable[[], tuple[Address, ...]]]
"""How it was written: the postal code, None where there is none, and what makes what may be asked about it."""

_PAIRS = """
SELECT patient_id, therapist_id, bool_or(status IN ('open', 'in_progress')) AS request_open,
       max(next_contact_after) AS resting_until
  FROM matching_service.placement_requests
 WHERE {} = ANY(CAST(:ids AS integer[]))
 GROUP BY patient_id, therapist_id
HAVING bool_or(status IN ('open', 'in_progress')) OR max(next_contact_after) IS NOT NULL
"""
_PAIRS_OF_PATIENTS = sa.text(_PAIRS.format("patient_id"))
_PAIRS_OF_THERAPISTS = sa.text(_PAIRS.format("therapist_id"))


@frozen
class PostgresMatching:
    """Patients and therapists, as ``boona_core.matching_ports.Matching`` promises them."""

    _connection: Connection

    def seekers(self, patient_ids: Collection[PatientId]) -> Mapping[PatientId, Seeker]:
        """Those of these patients that exist."""
        rows = self._connection.rows(_SEEKERS, {"ids": storable(patient_ids)})
        return {seeker.patient.id: seeker for seeker in self._seekers(rows)}

    def waiting(self, *, after: PatientId | None = None, limit: int | None = None) -> Sequence[Seeker]:
        """Patients who search, paused ones too, by id."""
        if after is None and limit is None:
            return self._seekers(self._connection.rows(_WAITING))
        return self._seekers(self._connection.rows(_WAITING_BEHIND, {"after": after or 0, "limit": limit}))

    def practices(self, therapist_ids: Collection[TherapistId]) -> Mapping[TherapistId, Practice]:
        """Those of these therapists that exist."""
        rows = self._connection.rows(_PRACTICES, {"ids": storable(therapist_ids)})
        return {practice.therapist.id: practice for practice in self._practices(rows)}

    def practices_in(self, box: Box) -> Sequence[Practice]:
        """All therapists in *box* that were not erased, by id; who is at an unknown place is in no box."""
        sides = {"south": box.south, "north": box.north, "west": box.west, "east": box.east}
        points = frozenset(self._connection.column(_CODES_IN, sides))
        geocoded = self._connection.column(_ADDRESSES_IN, {**sides, "now": self._connection.began_at()})
        if not points and not geocoded:
            return []
        codes, odd = {"codes": list(points)}, self._connection.rows(_WITH_ODD_CODE)
        rows = {row.id: row for row in self._connection.rows(_WITH_CODE, codes)}
        rows |= {row.id: row for row in odd if postal_code_of(row.postal_code) in points}
        rows |= {row.id: row for row in self._connection.rows(_ELSEWHERE, codes) if _is_in(row, points)}
        found = self._practices(list(rows.values()))
        if geocoded:
            more = [code for code in geocoded if code is not None and code not in points]
            others = {row.id: row for row in self._connection.rows(_WITH_CODE_OR_NONE, {"codes": more})}
            others |= {row.id: row for row in (*odd, *self._connection.rows(_ELSEWHERE, {"codes": more}))}
            placed = self._practices([row for number, row in others.items() if number not in rows])
            found += (practice for practice in placed if any(map(box.holds, practice.places)))
        return sorted(found, key=lambda practice: practice.therapist.id)

    def all_practices(self) -> Sequence[Practice]:
        """All therapists that were not erased, by id."""
        return self._practices(self._connection.rows(_LIVING), everybody=True)

    def sought(self) -> Sequence[Sought]:
        """Everybody of whom a place is not known and who may be matched: therapists by id, then patients by id."""
        practices = self._sought(_at_work(row) for row in self._connection.rows(_ADDRESSES_OF_PRACTICES))
        return [*practices, *self._sought(_at_home(row) for row in self._connection.rows(_CODES_OF_HOMES))]

    def pairs(
        self, *, patient_ids: Collection[PatientId] = (), therapist_ids: Collection[TherapistId] = ()
    ) -> Mapping[tuple[PatientId, TherapistId], Pair]:
        """What stands between these patients, or these therapists, and anybody; a pair with nothing is left out."""
        rows = [
            row
            for statement, ids in ((_PAIRS_OF_PATIENTS, patient_ids), (_PAIRS_OF_THERAPISTS, therapist_ids))
            if ids
            for row in self._connection.rows(statement, {"ids": storable(ids)})
        ]
        return {(row.patient_id, row.therapist_id): Pair(row.request_open, row.resting_until) for row in rows}

    def _seekers(self, rows: Sequence[sa.Row[Any]]) -> list[Seeker]:
        homes = self._places(dict(spot for row in rows for spot in _at_home(row)))
        return [Seeker(patient=patient_of(row), home=homes.get((row.id, 0))) for row in rows]

    def _practices(self, rows: Sequence[sa.Row[Any]], *, everybody: bool = False) -> list[Practice]:
        places = self._places(dict(spot for row in rows for spot in _at_work(row)))
        values = {} if everybody else {"ids": [row.id for row in rows]}
        answers = {
            row.therapist_id: (row.answered, row.accepted)
            for row in (self._connection.rows(_ALL_ANSWERS if everybody else _ANSWERS_OF, values) if rows else ())
        }
        return [
            Practice(
                therapist=therapist_of(row),
                place=places.get((row.id, 0)),
                elsewhere=_elsewhere(row, places) if row.other_addresses else (),
                mailbox_closed=row.mailbox_closed,
                answered=answers.get(row.id, _NO_ANSWERS)[0],
                accepted=answers.get(row.id, _NO_ANSWERS)[1],
            )
            for row in rows
        ]

    def _sought(self, people: Iterable[Iterator[tuple[_Spot, _Written]]]) -> list[Sought]:
        spots = [dict(person) for person in people]
        places = self._places({spot: written for person in spots for spot, written in person.items()})
        unknown = [
            (person, tuple(addresses_of() for spot, (_, addresses_of) in person.items() if spot not in places))
            for person in spots
        ]
        return [Sought(places=each, is_somewhere=len(each) < len(person)) for person, each in unknown if each]

    def _places(self, spots: Mapping[_Spot, _Written]) -> Mapping[_Spot, Point]:
        """Where each is: at its code, and where the table knows none, at what a geocoder knows."""
        points = self._points({code for code, _ in spots.values() if code is not None})
        places = {spot: points[code] for spot, (code, _) in spots.items() if code in points}
        now = self._connection.began_at()
        if len(places) == len(spots) or not self._connection.row(_KNOWS_ADDRESSES, {"now": now})[0]:
            return places
        addresses = {spot: addresses_of() for spot, (_, addresses_of) in spots.items() if spot not in places}
        keys = {each.key for asked in addresses.values() for each in asked}
        answers = PostgresAddresses(self._connection).get_many(keys, now=now)
        found = ((spot, place_of(asked, answers)) for spot, asked in addresses.items())
        return places | {spot: place for spot, place in found if place is not None}

    def _points(self, codes: Collection[str]) -> Mapping[str | None, Point]:
        return {code: place.point for code, place in PostgresPostalCodes(self._connection).get_many(codes).items()}


def _at_home(row: sa.Row[Any]) -> Iterator[tuple[_Spot, _Written]]:
    yield (row.id, 0), (postal_code_of(row.postal_code), partial(addresses_of_home, row.postal_code))


def _at_work(row: sa.Row[Any]) -> Iterator[tuple[_Spot, _Written]]:
    """Where there are sessions, the usual place first."""
    usual = partial(addresses_of_practice, row.street, row.postal_code, row.city)
    yield (row.id, 0), (postal_code_of(row.postal_code), usual)
    for number, line in enumerate(row.other_addresses or (), 1):
        yield (row.id, number), (postal_code_in(line), partial(addresses_of_line, line))


def _elsewhere(row: sa.Row[Any], places: Mapping[_Spot, Point]) -> tuple[Point, ...]:
    spots = [(row.id, number) for number, _ in enumerate(row.other_addresses, 1)]
    return tuple(places[spot] for spot in spots if spot in places)


def _codes_elsewhere(row: sa.Row[Any]) -> list[str]:
    return [code for address in row.other_addresses or () if (code := postal_code_in(address)) is not None]


def _is_in(row: sa.Row[Any], codes: Collection[str]) -> bool:
    return not frozenset(codes).isdisjoint(_codes_elsewhere(row))


class PostgresMatchingUnit(PostgresRunningUnit):
    """A unit, as ``boona_core.matching_ports.GeocodingUnit`` promises it."""

    @cached_property
    def postal_codes(self) -> PostgresPostalCodes:
        """The postal codes."""
        return PostgresPostalCodes(self._connection)

    @cached_property
    def addresses(self) -> PostgresAddresses:
        """What a geocoder said."""
        return PostgresAddresses(self._connection)

    @cached_property
    def routes(self) -> PostgresRoutes:
        """What a router said."""
        return PostgresRoutes(self._connection)

    @cached_property
    def turns(self) -> PostgresTurns:
        """When each service may be asked."""
        return PostgresTurns(self._connection)

    @cached_property
    def matching(self) -> PostgresMatching:
        """Patients and therapists as matching sees them."""
        return PostgresMatching(self._connection)


@frozen
class OpenPostgresMatchingUnit:
    """Opens units that can match: a ``boona_core.matching_ports.OpenGeocodingUnit``."""

    engine: sa.Engine
    timeouts: Timeouts = field(factory=Timeouts)

    def __call__(self) -> PostgresMatchingUnit:
        """A unit, to be entered once."""
        return PostgresMatchingUnit(self.engine, self.timeouts)
