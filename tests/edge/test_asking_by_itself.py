"""The sweep asks the services of maps by itself, as a process, where one is named; no worker is kept by it."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.edge.office import Office, office_on, until
from tests.edge.test_cli_geocode import CONTACT, HAMBURG
from tests.edge.test_roles import NO_REDIS, make_due
from tests.map_server import Answer, MapServer, map_server, said

KNOWN = "SELECT count(*) FROM communication_service.schedule WHERE name = 'geocode'"
STANDS = "SELECT {} FROM communication_service.schedule WHERE name = 'geocode'"
ANSWERS = "SELECT count(*) FROM geocoding_service.addresses"


@pytest.fixture
def maps() -> Iterator[MapServer]:
    with map_server(said([HAMBURG])) as server:
        yield server


@pytest.fixture
def named(maps: MapServer) -> dict[str, str | None]:
    return {**NO_REDIS, "BOONA_GEOCODING__NOMINATIM_URL": maps.url, "BOONA_GEOCODING__CONTACT": CONTACT}


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with office_on(database_url) as ready:
        [ready.seed.therapist(street=f"Kanarienweg {n}", postal_code="20095", city="Hamburg") for n in range(3)]
        yield ready


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    folder = tmp_path / "outputs"
    folder.mkdir()
    return folder


def test_the_sweep_asks_what_is_not_known_when_it_is_time_and_once(
    office: Office, maps: MapServer, named: dict[str, str | None], outputs: Path
) -> None:
    with office.started("sweep", folder=outputs, **named) as sweep:
        make_due(office, "geocode")
        until(lambda: office.one(STANDS.format("ended_at IS NOT NULL")), "it never ended")
        sweep.end()

    assert sorted(question.values["street"] for question in maps.questions) == [f"Kanarienweg {n}" for n in range(3)]
    assert office.one(ANSWERS) == 3
    assert office.one(STANDS.format("next_at > now() AND failures = 0"))
    assert '"event": "maps"' in sweep.said()
    assert "Kanarien" not in sweep.said()


def test_two_sweeps_ask_nothing_twice_and_once_a_second_together(
    office: Office, maps: MapServer, named: dict[str, str | None], outputs: Path
) -> None:
    with ExitStack() as sweeps:
        running = [sweeps.enter_context(office.started("sweep", folder=outputs, **named)) for _ in range(2)]
        make_due(office, "geocode")
        until(lambda: office.one(STANDS.format("ended_at IS NOT NULL")), "it never ended")
        ended = [sweep.end()[0] for sweep in running]

    assert ended == [0, 0]
    assert len(maps.questions) == 3
    assert min(maps.gaps()) >= 1.0


def test_a_sweep_that_is_told_to_end_leaves_a_resting_service_at_once_and_another_goes_on(
    office: Office, maps: MapServer, named: dict[str, str | None], outputs: Path
) -> None:
    with office.started("sweep", folder=outputs, **named) as sweep:
        make_due(office, "geocode")
        until(lambda: len(maps.questions) > 0, "it never asked")
        with office.engine.begin() as connection:  # so that it waits for the turn of the next question
            connection.execute(
                sa.text("UPDATE geocoding_service.service_turns SET next_at = now() + interval '25 seconds'")
            )
        until(lambda: office.one("SELECT count(*) = 1 FROM communication_service.leases"), "it does not wait")
        status, seconds = sweep.end()
    first = office.one(ANSWERS)
    due = office.one(STANDS.format("next_at <= now() AND token IS NULL"))
    leases = office.one("SELECT count(*) FROM communication_service.leases")
    with office.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM geocoding_service.service_turns"))
    with office.started("sweep", folder=outputs, **named):
        until(lambda: office.one(f"{ANSWERS} HAVING count(*) = 3"), "nobody went on")

    assert (status, seconds < 8) == (0, True)
    assert (first < 3, due, leases) == (True, True, 0)
    assert len(maps.questions) == 3


def test_a_service_that_fails_fails_no_work_and_is_asked_again_the_next_time(
    office: Office, maps: MapServer, named: dict[str, str | None], outputs: Path
) -> None:
    maps.answer = lambda _: Answer(status=500)

    with office.started("sweep", folder=outputs, **named) as sweep:
        make_due(office, "geocode")
        until(lambda: office.one(STANDS.format("ended_at IS NOT NULL")), "it never ended")
        sweep.end()

    assert len(maps.questions) == 3
    assert office.one(STANDS.format("failures = 0 AND next_at > now()"))
    assert "nominatim: failed (500)" in sweep.said()


def test_where_no_service_is_named_nobody_knows_of_the_work(office: Office, outputs: Path) -> None:
    with office.started("sweep", folder=outputs, **NO_REDIS):
        make_due(office, "forget")
        until(
            lambda: office.one("SELECT ended_at IS NOT NULL FROM communication_service.schedule WHERE name = 'forget'"),
            "the sweep does nothing",
        )

    assert office.one(KNOWN) == 0


def test_where_a_service_is_named_no_more_the_work_is_given_up(office: Office, outputs: Path) -> None:
    with office.engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO communication_service.schedule (name, expression, next_at)"
                " VALUES ('geocode', '15 1-4 * * *', now() - interval '61 minutes')"
            )
        )

    with office.started("sweep", folder=outputs, **NO_REDIS):
        until(lambda: office.one(KNOWN) == 0, "it is still known")
