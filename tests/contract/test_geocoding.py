"""What the answers of geocoder and router, and the turns to ask them, promise."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from attrs import evolve

from boona_core.geo import Box, Point, box_around
from boona_core.geocoding import Address, GeocodingPolicy, Located, Provenance, Service, Sought
from boona_core.patients import PatientStatus, TravelMode
from boona_core.postal_codes import PostalPlace
from boona_core.therapists import TherapistStatus
from boona_core.usecases.asking_in_turn import AskInTurn
from boona_core.usecases.locating import LocatePeople
from boona_core.ways import NoRoad, Road, Route, Routes, Way
from tests.contract.conftest import Second
from tests.situations import NOW, Store
from tests.usecases.maps import ScriptedGeocoder

LATER = NOW + timedelta(days=180)
PROVENANCE = Provenance(source="nominatim at maps.example", asked_at=NOW, ends_at=LATER)
MITTE = Point(52.532, 13.3849)
DRESDEN = Point(51.0547, 13.7269)
OFFICE = Address(street="Lindenstraße 1", postal_code="10115", city="Berlin")
TOWN = Address(postal_code="10115", city="Berlin")
CODE = Address(postal_code="10115")
NOWHERE = Address(city="Vineta")
VILLAGE = Address(city="Wandlitz")
ADDRESSES = {"office": OFFICE, "town": TOWN, "code": CODE, "nowhere": NOWHERE, "village": VILLAGE}

WAY = Way(MITTE, DRESDEN, TravelMode.CAR)
BACK = Way(DRESDEN, MITTE, TravelMode.CAR)
ON_FOOT = evolve(WAY, mode=TravelMode.FOOT)
ROAD = Route(Road(192.4, 118), evolve(PROVENANCE, source="osrm at maps.example"))

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def keep(store: Store, **answers: Located) -> None:
    """Keep what was said about some of the addresses above, by their names."""
    with store.open_unit() as unit:
        for name, located in answers.items():
            unit.addresses.put(ADDRESSES[name], located)
        unit.commit()


def say(store: Store, **places: Point | None) -> None:
    """The same, with answers that count at the moment."""
    with store.open_unit() as unit:
        now = unit.now()
    provenance = Provenance(source="nominatim", asked_at=now, ends_at=now + 60 * MINUTE)
    keep(store, **{name: Located(point, provenance) for name, point in places.items()})


def known(store: Store, *addresses: Address, now: datetime = NOW) -> dict[str, Located]:
    with store.open_unit() as unit:
        return dict(unit.addresses.get_many([address.key for address in addresses], now=now))


def keep_routes(store: Store, routes: Routes) -> None:
    with store.open_unit() as unit:
        unit.routes.put(routes)
        unit.commit()


def ways(store: Store, *homes: Point, to: Point | None = None, now: datetime = NOW) -> Routes:
    with store.open_unit() as unit:
        return unit.routes.known(homes=homes, places=() if to is None else (to,), now=now)


def reserve(store: Store, service: Service = Service.OSRM, patience: timedelta = MINUTE) -> timedelta | None:
    with store.open_unit() as unit:
        turn = unit.turns.reserve(service, spacing=SECOND, patience=patience)
        unit.commit()
        return turn


# Addresses


def test_an_answer_is_kept_with_where_it_comes_from_and_when_it_ends(store: Store) -> None:
    keep(store, office=Located(MITTE, PROVENANCE))

    assert known(store, OFFICE, TOWN) == {OFFICE.key: Located(MITTE, PROVENANCE)}


def test_that_nobody_knows_a_place_is_an_answer(store: Store) -> None:
    keep(store, nowhere=Located(None, PROVENANCE))

    assert known(store, NOWHERE) == {NOWHERE.key: Located(None, PROVENANCE)}


def test_an_answer_takes_the_place_of_an_earlier_one(store: Store) -> None:
    keep(store, office=Located(None, PROVENANCE))
    later = Located(DRESDEN, Provenance(source="another", asked_at=LATER, ends_at=LATER + MINUTE))

    keep(store, office=later)

    assert known(store, OFFICE) == {OFFICE.key: later}


def test_an_answer_counts_until_it_ends(store: Store) -> None:
    keep(store, office=Located(MITTE, PROVENANCE))

    assert OFFICE.key in known(store, OFFICE, now=LATER - timedelta(milliseconds=1))
    assert known(store, OFFICE, now=LATER) == {}


def test_what_has_ended_is_forgotten_and_the_rest_stays(store: Store) -> None:
    longer = evolve(PROVENANCE, ends_at=LATER + MINUTE)
    keep(store, office=Located(MITTE, PROVENANCE), town=Located(MITTE, longer))

    with store.open_unit() as unit:
        unit.addresses.forget_ended(now=LATER)
        unit.commit()

    assert list(known(store, OFFICE, TOWN)) == [TOWN.key]


def test_nothing_asked_is_nothing_known(store: Store) -> None:
    keep(store, office=Located(MITTE, PROVENANCE))

    assert known(store) == {}


def test_where_ways_begin_is_known_until_their_answers_end(store: Store) -> None:
    keep_routes(
        store, {WAY: ROAD, ON_FOOT: ROAD, BACK: evolve(ROAD, provenance=evolve(PROVENANCE, ends_at=NOW + SECOND))}
    )

    with store.open_unit() as unit:
        early, later = unit.routes.begun(now=NOW), unit.routes.begun(now=NOW + SECOND)

    of_home = {(WAY.here, TravelMode.CAR), (WAY.here, TravelMode.FOOT)}
    assert set(early) == {*of_home, (BACK.here, TravelMode.CAR)}
    assert set(later) == of_home


def test_leaving_without_commit_keeps_no_answer(store: Store) -> None:
    with store.open_unit() as unit:
        unit.addresses.put(OFFICE, Located(MITTE, PROVENANCE))
        unit.routes.put({WAY: ROAD})

    assert known(store, OFFICE) == {}
    assert ways(store, MITTE) == {}


# Routes


@pytest.mark.parametrize("found", [Road(192.4, 118), Road(0.0, 0), NoRoad.NO_WAY, NoRoad.OFF_MAP])
def test_what_was_said_about_a_way_is_kept(store: Store, found: Road | NoRoad) -> None:
    keep_routes(store, {WAY: Route(found, PROVENANCE)})

    assert ways(store, MITTE) == {WAY: Route(found, PROVENANCE)}


def test_ways_are_found_by_where_they_begin_or_end(store: Store) -> None:
    keep_routes(store, {WAY: ROAD, BACK: ROAD, ON_FOOT: ROAD})

    assert ways(store, MITTE).keys() == {WAY, ON_FOOT}
    assert ways(store, DRESDEN, MITTE).keys() == {WAY, BACK, ON_FOOT}
    assert ways(store, to=MITTE).keys() == {BACK}
    assert ways(store, MITTE, to=MITTE).keys() == {WAY, BACK, ON_FOOT}
    assert ways(store) == {}


def test_a_way_is_found_again_from_a_point_that_differs_by_less_than_a_metre(store: Store) -> None:
    keep_routes(store, {WAY: ROAD})

    assert ways(store, Point(MITTE.latitude + 0.000001, MITTE.longitude - 0.000004)) == {WAY: ROAD}
    assert ways(store, Point(MITTE.latitude + 0.0001, MITTE.longitude)) == {}


def test_a_way_whose_latitude_alone_agrees_is_another(store: Store) -> None:
    keep_routes(store, {WAY: ROAD})

    assert ways(store, Point(MITTE.latitude, DRESDEN.longitude), Point(DRESDEN.latitude, MITTE.longitude)) == {}


def test_a_newer_answer_about_a_way_takes_the_place_of_an_earlier_one(store: Store) -> None:
    keep_routes(store, {WAY: ROAD, BACK: ROAD})
    newer = Route(NoRoad.NO_WAY, evolve(PROVENANCE, ends_at=LATER + MINUTE))

    keep_routes(store, {WAY: newer})

    assert ways(store, MITTE, DRESDEN) == {WAY: newer, BACK: ROAD}


def test_a_way_counts_until_its_answer_ends_and_is_forgotten_then(store: Store) -> None:
    keep_routes(store, {WAY: ROAD, ON_FOOT: evolve(ROAD, provenance=evolve(PROVENANCE, ends_at=LATER + MINUTE))})

    assert ways(store, MITTE, now=LATER).keys() == {ON_FOOT}
    with store.open_unit() as unit:
        unit.routes.forget_ended(now=LATER)
        unit.commit()
    assert ways(store, MITTE, now=NOW).keys() == {ON_FOOT}


# Turns


def test_the_first_turn_comes_at_once_and_each_next_one_a_spacing_later(store: Store) -> None:
    first, second, third = reserve(store), reserve(store), reserve(store)

    assert first == timedelta(0)
    assert second is not None
    assert third is not None
    assert timedelta(0) < second <= SECOND < third <= 2 * SECOND


def test_every_service_has_turns_of_its_own(store: Store) -> None:
    reserve(store, Service.OSRM)

    assert reserve(store, Service.NOMINATIM) == timedelta(0)


def test_a_turn_that_comes_too_late_is_not_taken(store: Store) -> None:
    reserve(store)
    reserve(store)

    refused = [reserve(store, patience=timedelta(milliseconds=1)) for _ in range(3)]
    taken = reserve(store)

    assert refused == [None, None, None]
    assert taken is not None
    assert taken <= 2 * SECOND


def test_a_service_that_rests_is_left_alone_for_so_long(store: Store) -> None:
    with store.open_unit() as unit:
        unit.turns.rest(Service.OSRM, span=10 * MINUTE)
        unit.commit()

    assert reserve(store) is None
    turn = reserve(store, patience=20 * MINUTE)
    assert turn is not None
    assert 9 * MINUTE < turn <= 10 * MINUTE


def test_a_rest_takes_no_turn_back_that_comes_later(store: Store) -> None:
    reserve(store)
    reserve(store)
    with store.open_unit() as unit:
        unit.turns.rest(Service.OSRM, span=timedelta(milliseconds=1))
        unit.commit()

    turn = reserve(store)

    assert turn is not None
    assert turn > SECOND / 2


def test_who_leaves_without_commit_took_no_turn(store: Store) -> None:
    with store.open_unit() as unit:
        unit.turns.reserve(Service.OSRM, spacing=SECOND, patience=MINUTE)

    assert reserve(store) == timedelta(0)


def test_a_second_unit_waits_for_the_turn_of_the_first_and_comes_after_it(store: Store, second: Second) -> None:
    with store.open_unit() as unit:
        unit.turns.reserve(Service.OSRM, spacing=MINUTE, patience=MINUTE)
        other = second.does(reserve, store, patience=2 * MINUTE)
        assert second.waits(other)
        unit.commit()

    turn = other.result(10)
    assert wait([other]).done == {other}
    assert turn > 30 * SECOND


def test_many_who_ask_at_once_ask_everything_once(store: Store) -> None:
    [store.seed.therapist(city=f"Stadt {number}") for number in range(8)]
    geocoder = ScriptedGeocoder(lambda: NOW)
    locate = LocatePeople(
        open_unit=store.open_unit,
        geocoder=geocoder,
        ask_in_turn=AskInTurn(
            open_unit=store.open_unit,
            service=Service.NOMINATIM,
            new_token=uuid4,
            elapsed=lambda: 0.0,
            sleep=lambda _: None,
        ),
        policy=GeocodingPolicy(),
    )

    with ThreadPoolExecutor(4) as pool:
        runs = [run.result(60) for run in [pool.submit(locate) for _ in range(4)]]

    assert len(geocoder.asked) == len(set(geocoder.asked)) == 8
    assert sum(run.questions for run in runs) == sum(run.unknown for run in runs) == 8


@pytest.mark.parametrize(
    ("table", "values", "constraint"),
    [
        ("addresses", "'0', NULL, 52.5, NULL, 's', now(), now()", "ck_addresses_place"),
        ("routes", "1, 1, 1, 1, 'car', 'road', 5, NULL, 's', now(), now()", "ck_routes_road"),
        ("routes", "1, 1, 1, 1, 'car', 'no_way', 5, 7, 's', now(), now()", "ck_routes_road"),
        ("routes", "1, 1, 1, 1, 'car', 'road', -5, 7, 's', now(), now()", "ck_routes_amount"),
        ("routes", "1, 1, 1, 1, 'mule', 'road', 5, 7, 's', now(), now()", "ck_routes_travel_mode"),
        ("routes", "1, 1, 1, 1, 'car', 'perhaps', NULL, NULL, 's', now(), now()", "ck_routes_outcome"),
        ("service_turns", "'another', now()", "ck_service_turns_service"),
    ],
)
def test_the_database_keeps_no_half_answer(
    contract_engine: sa.Engine, table: str, values: str, constraint: str
) -> None:
    with contract_engine.connect() as connection, pytest.raises(sa.exc.IntegrityError) as refused:
        connection.execute(sa.text(f"INSERT INTO geocoding_service.{table} VALUES ({values})"))

    assert constraint in str(refused.value)


# Where somebody is


def test_who_is_at_no_code_of_the_table_is_where_the_geocoder_says(store: Store) -> None:
    say(store, office=MITTE, code=DRESDEN)
    patient = store.seed.patient(street="Lindenstraße 1", postal_code="10115", city="Berlin")
    therapist = store.seed.therapist(street=" lindenstr. 1", postal_code="D-10115", city="BERLIN")

    with store.open_unit() as unit:
        seeker = unit.matching.seekers([patient])[patient]
        practice = unit.matching.practices([therapist])[therapist]

    assert practice.place == MITTE
    assert seeker.home == DRESDEN


def test_the_table_of_postal_codes_comes_before_the_geocoder(store: Store) -> None:
    say(store, office=DRESDEN, code=DRESDEN)
    with store.open_unit() as unit:
        unit.postal_codes.put([PostalPlace("10115", "Berlin", "BE", MITTE)])
        unit.commit()
    patient = store.seed.patient(postal_code="10115")
    therapist = store.seed.therapist(street="Lindenstraße 1", postal_code="10115", city="Berlin")

    with store.open_unit() as unit:
        assert unit.matching.seekers([patient])[patient].home == MITTE
        assert unit.matching.practices([therapist])[therapist].place == MITTE
        assert unit.matching.practices_in(box_around(DRESDEN, 5)) == []


def test_a_practice_is_in_its_town_where_its_street_is_not_known(store: Store) -> None:
    say(store, office=None, town=MITTE)
    therapist = store.seed.therapist(street="Lindenstraße 1", postal_code="10115", city="Berlin")

    with store.open_unit() as unit:
        assert unit.matching.practices([therapist])[therapist].place == MITTE


def test_an_answer_that_has_ended_puts_nobody_anywhere(store: Store) -> None:
    with store.open_unit() as unit:
        ended = Provenance(source="x", asked_at=unit.now() - MINUTE, ends_at=unit.now())
        unit.addresses.put(OFFICE, Located(MITTE, ended))
        unit.commit()
    therapist = store.seed.therapist(street="Lindenstraße 1", postal_code="10115", city="Berlin")

    with store.open_unit() as unit:
        assert unit.matching.practices([therapist])[therapist].place is None
        assert unit.matching.practices_in(box_around(MITTE, 5)) == []


def test_a_box_holds_those_whom_the_geocoder_puts_into_it_and_no_others(store: Store) -> None:
    say(store, office=MITTE, village=MITTE, town=DRESDEN)
    with store.open_unit() as unit:
        unit.postal_codes.put([PostalPlace("12163", "Berlin", "BE", Point(52.4602, 13.3195))])
        unit.commit()
    by_code = store.seed.therapist(postal_code="12163")
    by_street = store.seed.therapist(street="Lindenstraße 1", postal_code="10115", city="Berlin")
    store.seed.therapist(postal_code="10115", city="Berlin")
    by_town = store.seed.therapist(city="wandlitz")
    oddly = store.seed.therapist(street="Lindenstraße 1", postal_code="D 10115", city="Berlin")
    store.seed.therapist(street="Lindenstraße 1", postal_code="10115", city="Berlin", erased_at=NOW)
    store.seed.therapist(postal_code=None)

    with store.open_unit() as unit:
        found = unit.matching.practices_in(box_around(MITTE, 20))
        everybody = [each for each in unit.matching.all_practices() if each.place is not None]

    assert [each.therapist.id for each in found] == [by_code, by_street, by_town, oddly]
    assert found == [each for each in everybody if Box(52.3, 52.7, 13.0, 13.8).holds(each.place or DRESDEN)]


def test_a_second_place_that_the_table_does_not_know_is_where_the_geocoder_says(store: Store) -> None:
    say(store, office=MITTE, code=DRESDEN)
    with store.open_unit() as unit:
        unit.postal_codes.put([PostalPlace("01067", "Dresden", "SN", DRESDEN)])
        unit.commit()
    therapist = store.seed.therapist(
        postal_code="01067",
        other_addresses=(
            "Weg 3, 20095 Hamburg",
            "Lindenstr. 1, 10115 Berlin",
            "Lindenstraße 1, Berlin",
            "01067 Dresden",
        ),
    )
    elsewhere = store.seed.therapist(postal_code="01067", other_addresses=("Weg 3, 20095 Hamburg",))

    with store.open_unit() as unit:
        practices = unit.matching.practices([therapist, elsewhere])
        near = unit.matching.practices_in(box_around(MITTE, 5))
        everybody = unit.matching.all_practices()

    assert (practices[therapist].place, practices[therapist].elsewhere) == (DRESDEN, (MITTE, DRESDEN))
    assert practices[elsewhere].elsewhere == ()
    assert near == [practices[therapist]]
    assert everybody == [practices[therapist], practices[elsewhere]]


def test_a_second_place_whose_answer_has_ended_is_unknown_again(store: Store) -> None:
    with store.open_unit() as unit:
        ended = Provenance(source="x", asked_at=unit.now() - MINUTE, ends_at=unit.now())
        unit.addresses.put(OFFICE, Located(MITTE, ended))
        unit.commit()
    therapist = store.seed.therapist(postal_code=None, other_addresses=("Lindenstraße 1, 10115 Berlin",))

    with store.open_unit() as unit:
        assert unit.matching.practices([therapist])[therapist].places == ()
        assert unit.matching.practices_in(box_around(MITTE, 5)) == []


# Who is sought


def sought(store: Store) -> list[Sought]:
    with store.open_unit() as unit:
        return list(unit.matching.sought())


def test_those_whose_place_is_not_known_are_sought_by_what_may_be_asked(store: Store) -> None:
    with store.open_unit() as unit:
        unit.postal_codes.put([PostalPlace("01067", "Dresden", "SN", DRESDEN)])
        unit.commit()
    store.seed.patient(street="Lindenstraße 1", postal_code="D-10115", city="Berlin")
    store.seed.patient(postal_code=" 01067")
    store.seed.therapist(street="Lindenstraße 1", postal_code="10115", city="Berlin")
    store.seed.therapist(postal_code="D 01067", other_addresses=("01067 Dresden",))
    store.seed.therapist(
        postal_code="01067", other_addresses=("Lindenstraße 1, 10115 Berlin", "01067 Dresden", "10115 Berlin", "Weg 1")
    )
    store.seed.therapist(street="Lindenstraße 1")

    assert sought(store) == [
        Sought(places=((OFFICE, TOWN),)),
        Sought(places=((OFFICE, TOWN), (TOWN,), ()), is_somewhere=True),
        Sought(places=((),)),
        Sought(places=((CODE,),)),
    ]


def test_whose_place_a_geocoder_knows_is_not_sought_and_whose_it_does_not_know_is(store: Store) -> None:
    say(store, office=MITTE, town=None, code=None)
    store.seed.patient(postal_code="10115")
    store.seed.therapist(street="Lindenstraße 1", postal_code="10115", city="Berlin")
    store.seed.therapist(postal_code="10115", city="Berlin", other_addresses=("Lindenstraße 1, 10115 Berlin",))

    assert sought(store) == [Sought(places=((TOWN,),), is_somewhere=True), Sought(places=((CODE,),))]


def test_nobody_is_sought_who_is_not_matched(store: Store) -> None:
    store.seed.therapist(city="Wandlitz", status=TherapistStatus.INACTIVE)
    store.seed.therapist(city="Wandlitz", do_not_contact=True)
    store.seed.therapist(city="Wandlitz", erased_at=NOW)
    store.seed.patient(postal_code="10115", status=PatientStatus.IN_THERAPY)
    blocked = store.seed.therapist(city="Wandlitz", status=TherapistStatus.BLOCKED)

    assert blocked
    assert sought(store) == [Sought(places=((VILLAGE,),))]


def test_of_an_address_nothing_can_be_read_in_the_store(postgres_store: Store, contract_engine: sa.Engine) -> None:
    keep(postgres_store, office=Located(MITTE, PROVENANCE))

    with contract_engine.connect() as connection:
        row = connection.execute(sa.text("SELECT a::text FROM geocoding_service.addresses a")).scalar_one()

    assert "maps.example" in row
    assert "inden" not in row.casefold()
