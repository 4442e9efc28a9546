"""A migration that is killed in the middle leaves the database where a step began or ended, and is done again."""

import time

import pytest
from attrs import evolve

from boona_adapters.postgres import migrating
from boona_adapters.postgres.migrating import Standing
from tests.chaos.judge import wait_for_the_dead
from tests.chaos.processes import Crew
from tests.chaos.worker import Orders, checkpoint_of_orders
from tests.contract.catalog import catalog

pytestmark = pytest.mark.chaos


def migrate(orders: Orders) -> None:
    """Take the database to the newest revision."""
    migrating.upgrade(orders.database_url, checkpoint=checkpoint_of_orders(orders))


@pytest.mark.parametrize("point", ["migration_middle@1", "migration_middle@4", "migration_committed@3"])
def test_a_killed_migration_is_finished_by_the_next(
    orders: Orders, empty_database_url: str, crew: Crew, point: str
) -> None:
    at_head = catalog(orders.database_url)
    orders = evolve(orders, database_url=empty_database_url)

    died = crew.start(migrate, evolve(orders, faults=point.replace("@", ":kill@"))).end()
    wait_for_the_dead(orders.libpq_url)
    between = migrating.check(orders.database_url)
    ended = crew.start(migrate, orders).end()

    assert (died, ended) == (-9, 0)
    assert between in (Standing.EMPTY, Standing.BEHIND)
    assert migrating.check(orders.database_url) is Standing.AT_HEAD
    assert catalog(orders.database_url) == at_head


@pytest.mark.parametrize("point", ["migration_middle@4", "migration_committed@3"])
def test_a_frozen_migration_that_wakes_beside_another_changes_nothing_twice(
    orders: Orders, empty_database_url: str, crew: Crew, point: str
) -> None:
    at_head = catalog(orders.database_url)
    orders = evolve(orders, database_url=empty_database_url)

    frozen = crew.start(migrate, evolve(orders, faults=point.replace("@", ":stop@")))
    frozen.wait_until_frozen()
    another = crew.start(migrate, orders)  # in the middle of a step it has to wait for it
    time.sleep(1)
    frozen.go_on()

    assert (frozen.end(), another.end()) == (0, 0)
    assert catalog(orders.database_url) == at_head


def test_a_migration_that_loses_its_database_between_two_steps_goes_on(
    orders: Orders, empty_database_url: str, crew: Crew
) -> None:
    orders = evolve(orders, database_url=empty_database_url)

    ended = crew.start(migrate, evolve(orders, drop_at="migration_committed", drop_times=2)).end()

    assert ended == 0
    assert migrating.check(orders.database_url) is Standing.AT_HEAD


def test_a_migration_that_loses_its_database_in_a_step_undoes_it(
    orders: Orders, empty_database_url: str, crew: Crew
) -> None:
    orders = evolve(orders, database_url=empty_database_url)

    failed = crew.start(migrate, evolve(orders, drop_at="migration_middle", drop_times=1)).end()
    wait_for_the_dead(orders.libpq_url)
    between = migrating.check(orders.database_url)
    ended = crew.start(migrate, orders).end()

    assert (failed, between, ended) == (1, Standing.EMPTY, 0)
    assert migrating.check(orders.database_url) is Standing.AT_HEAD
