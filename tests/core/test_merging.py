"""What one entry of a person fills in the other, and what stands against it."""

from typing import Any

import pytest

from boona_core.importing import FieldChange
from boona_core.merging import MergeRefusal, filled_from, refusals_of_standing


def test_only_what_is_not_known_is_filled() -> None:
    kept: dict[str, Any] = {
        "first_name": "Null",
        "last_name": "Tietz",
        "phone": None,
        "languages": [],
        "fax": "1",
        "title": "Dr.",
    }
    merged = {
        "first_name": "Anna",
        "last_name": "Roder",
        "phone": "2",
        "languages": ["Farsi"],
        "fax": "3",
        "title": None,
    }

    assert filled_from(merged, kept) == (
        FieldChange("first_name", "Null", "Anna"),
        FieldChange("languages", [], ["Farsi"]),
        FieldChange("phone", None, "2"),
    )


def test_an_address_comes_with_its_mailbox_and_a_mailbox_never_alone() -> None:
    theirs = {"email": "A@example.org", "mailbox": "a@example.org"}

    assert filled_from(theirs, {"email": None, "mailbox": None}) == (
        FieldChange("email", None, "A@example.org"),
        FieldChange("mailbox", None, "a@example.org"),
    )
    assert filled_from(theirs, {"email": "b@example.org", "mailbox": None}) == ()


@pytest.mark.parametrize("name", ["external_id", "status", "blocked_reason", "blocked_on", "blocked_until"])
def test_ids_and_standings_are_never_filled(name: str) -> None:
    assert filled_from({name: "x"}, {name: None}) == ()


@pytest.mark.parametrize(
    ("kept", "merged", "refusals"),
    [
        ({"status": "active"}, {"status": "active"}, []),
        ({"status": "active"}, {"status": "inactive"}, []),
        ({"status": "blocked"}, {"status": "blocked"}, []),
        ({"status": "inactive"}, {"status": "blocked"}, []),
        ({"status": "inactive"}, {"status": "inactive"}, []),
        ({"status": "inactive"}, {"status": "active"}, [MergeRefusal.KEPT_INACTIVE]),
        ({"status": "active"}, {"status": "blocked"}, [MergeRefusal.STANDING]),
        ({"status": "active"}, {"status": "active", "do_not_contact": True}, [MergeRefusal.STANDING]),
        ({"status": "active", "do_not_contact": True}, {"status": "active", "do_not_contact": True}, []),
    ],
)
def test_a_wish_or_a_block_does_not_get_lost(
    kept: dict[str, Any], merged: dict[str, Any], refusals: list[MergeRefusal]
) -> None:
    assert list(refusals_of_standing(kept, merged)) == refusals
