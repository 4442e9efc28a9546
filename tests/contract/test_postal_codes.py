"""What the table of postal codes promises."""

from attrs import evolve

from boona_core.geo import Point
from boona_core.postal_codes import PostalPlace
from tests.situations import Store

BERLIN = PostalPlace("10115", "Berlin", "BE", Point(52.532, 13.3849))
DRESDEN = PostalPlace("01067", "Dresden", None, Point(51.0547, 13.7269))


def known(store: Store, *codes: str) -> dict[str, PostalPlace]:
    with store.open_unit() as unit:
        return dict(unit.postal_codes.get_many(codes))


def keep(store: Store, *places: PostalPlace) -> None:
    with store.open_unit() as unit:
        unit.postal_codes.put(places)
        unit.commit()


def test_places_are_kept_with_their_codes(store: Store) -> None:
    keep(store, BERLIN, DRESDEN)

    assert known(store, "10115", "01067") == {"10115": BERLIN, "01067": DRESDEN}


def test_a_code_that_is_not_known_is_left_out(store: Store) -> None:
    keep(store, BERLIN)

    assert known(store, "10115", "99999", "not a code", "") == {"10115": BERLIN}


def test_a_place_takes_the_place_of_what_was_known(store: Store) -> None:
    keep(store, BERLIN, DRESDEN)
    moved = evolve(BERLIN, name="Berlin Mitte", land=None, point=Point(52.5, 13.4))

    keep(store, moved)

    assert known(store, "10115", "01067") == {"10115": moved, "01067": DRESDEN}


def test_leaving_without_commit_keeps_no_place(store: Store) -> None:
    with store.open_unit() as unit:
        unit.postal_codes.put([BERLIN])

    assert known(store, "10115") == {}


def test_keeping_nothing_is_allowed(store: Store) -> None:
    keep(store)

    assert known(store) == {}
