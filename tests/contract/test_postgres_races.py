"""Units that add emails for the same therapists at the same moment: one each, and nobody waits in a circle."""

import random
from concurrent.futures import ThreadPoolExecutor

from boona_core.ids import TherapistId
from tests.contract.acts import new_email
from tests.situations import NOW, Store


def add_for_all(store: Store, therapists: list[TherapistId], seed: int) -> list[TherapistId]:
    """Add an email for each, in an order of one's own; the therapists whose email was stored."""
    shuffled = random.Random(seed).sample(therapists, len(therapists))  # noqa: S311 - an order, no secret
    with store.open_unit() as unit:
        ids = unit.emails.new_ids(len(shuffled))
        new = {each: new_email(unit, therapist) for each, therapist in zip(ids, shuffled, strict=True)}
        stored = unit.emails.add(new, now=NOW)
        unit.commit()
    return [new[each].therapist_id for each in stored]


def test_of_units_that_add_for_the_same_therapists_each_therapist_is_written_to_once(postgres_store: Store) -> None:
    store = postgres_store
    therapists = [store.seed.therapist() for _ in range(40)]

    with ThreadPoolExecutor(4) as pool:
        stored = list(pool.map(lambda seed: add_for_all(store, therapists, seed), range(12)))

    assert sorted(each for part in stored for each in part) == therapists


def test_of_units_that_add_for_colleagues_each_mailbox_is_written_to_once(postgres_store: Store) -> None:
    store = postgres_store
    mailboxes = [store.seed.mailbox() for _ in range(15)]
    therapists = [store.seed.therapist(mailbox_id=mailbox) for mailbox in mailboxes for _ in range(3)]

    with ThreadPoolExecutor(4) as pool:
        stored = list(pool.map(lambda seed: add_for_all(store, therapists, seed), range(12)))

    with store.open_unit() as unit:
        known = unit.therapists.get_many([each for part in stored for each in part])
    assert sorted(each.mailbox_id or 0 for each in known.values()) == mailboxes
