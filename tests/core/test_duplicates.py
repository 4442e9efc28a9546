"""Which entries may be one therapist, and which may not."""

from random import Random
from time import process_time
from typing import Any

import pytest

from boona_adapters.demo.names import LAST_NAMES, MEN, STREETS, WOMEN
from boona_core.duplicates import MOST_ALIKE, Sign, Suggestion, find_duplicates
from boona_core.ids import MailboxId, TherapistId
from boona_core.patients import Gender
from boona_core.therapists import Therapist

PRACTICE: dict[str, Any] = {"street": "Lindenstraße 5", "postal_code": "10969", "city": "Berlin"}
NUMBER: dict[str, Any] = {"phone": "030 1234567"}
MAILBOX: dict[str, Any] = {"email": "praxis@example.org"}
OLD_ADDRESS: dict[str, Any] = {"email": "anna.tietz@example.org"}

S = Sign


def therapist(number: int, first_name: str, last_name: str, **fields: Any) -> Therapist:
    return Therapist(id=TherapistId(number), first_name=first_name, last_name=last_name, **fields)


def signs(*both: tuple[str, str, dict[str, Any]]) -> tuple[Sign, ...]:
    """What a suggestion about two entries rests on; empty: there is none."""
    found = find_duplicates([therapist(n, *each[:2], **each[2]) for n, each in enumerate(both, start=1)])
    return found[0].signs if found else ()


NAMED = [
    (("Anna", "Tietz", {**PRACTICE, **NUMBER}), ("Anna", "Roder", {**PRACTICE, **NUMBER}), S.NAME_CHANGED),
    (("Anna", "Tietz", {**PRACTICE, **OLD_ADDRESS}), ("Anna", "Roder", {**PRACTICE, **OLD_ADDRESS}), S.NAME_CHANGED),
    (("Anna", "Tietz", NUMBER), ("", "Tietz", NUMBER), S.FIRST_NAME_MISSING),
    (("Anna", "Tietz", NUMBER), ("Null", "Tietz", NUMBER), S.FIRST_NAME_MISSING),
    (("Anna", "Tietz-Roder", NUMBER), ("Anna", "Tietz -Roder", NUMBER), S.SAME_NAME),
    (("Anna", "Tietz", NUMBER), ("Anna", "Tietz -Roder", NUMBER), S.NAME_JOINED),
    (("Dr. phil. Anna", "Tietz", NUMBER), ("Anna", "Dipl.-Psych. Tietz", NUMBER), S.SAME_NAME),
    (("Jörg", "Müller", MAILBOX), ("Joerg", "Mueller", MAILBOX), S.SAME_NAME),
    (("Jörg", "Müller", MAILBOX), ("Jorg", "Muller", MAILBOX), S.SAME_NAME),
]
"""The cases that the agency met."""

WAYS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("mailbox", {"email": "Praxis@Example.org "}, {"email": "praxis@example.org"}),
    ("mailbox row", {"mailbox_id": MailboxId(7)}, {"mailbox_id": MailboxId(7)}),
    ("number", {"phone": "+49 30 1234567"}, {"phone": "030/12345-67"}),
    ("practice", {**PRACTICE}, {**PRACTICE, "street": "Lindenstr. 5", "postal_code": "D-10969"}),
    ("website", {"website": "https://www.praxis.example/"}, {"website": "praxis.example"}),
]
PAIRS = [
    (("Anna", "Weiß"), ("Anna", "Weiss")),
    (("Anna Maria", "Weber"), ("Anna", "Weber")),
    (("A.", "Weber"), ("Anna", "Weber")),
    (("Weber", "Anna"), ("Anna", "Weber")),
    (("Anna", "Kowalski"), ("Anna", "Kowalsky")),
    (("Katharina", "Weber"), ("Katarina", "Weber")),
    (("Anna-Lena", "Weber"), ("Anna Lena", "Weber")),
    (("Annalena", "Weber"), ("Anna-Lena", "Weber")),
    (("unbekannt", "Weber"), ("Anna", "Weber")),
    (("", "Weber, Anna"), ("Anna", "Weber")),
    (("ANNA", "WEBER"), ("Frau Anna", "Weber (MSc)")),
]
"""Names that one person may have been entered under; with each of the ways, 55 cases."""


@pytest.mark.parametrize(("one", "other", "sign"), NAMED)
def test_the_cases_that_the_agency_met_are_found(one: Any, other: Any, sign: Sign) -> None:
    assert signs(one, other)[:1] == (sign,)


@pytest.mark.parametrize("way", WAYS, ids=[name for name, *_ in WAYS])
@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_a_person_entered_twice_is_found_by_each_way(
    one: tuple[str, str], other: tuple[str, str], way: tuple[str, dict[str, Any], dict[str, Any]]
) -> None:
    assert signs((*one, way[1]), (*other, way[2])) != ()


def test_a_suggestion_says_everything_that_it_rests_on() -> None:
    both = {**PRACTICE, **NUMBER, **MAILBOX}

    assert find_duplicates([therapist(9, "Anna", "Weber", **both), therapist(3, "", "Weber", **both)]) == [
        Suggestion(
            TherapistId(3),
            TherapistId(9),
            (S.FIRST_NAME_MISSING, S.SAME_MAILBOX, S.SAME_NUMBER, S.SAME_PRACTICE),
        )
    ]


NOT_ONE = [
    ("strangers with one name", ("Anna", "Weber", NUMBER), ("Anna", "Weber", {"phone": "030 7654321"})),
    ("nothing is known but the name", ("Anna", "Weber", {}), ("Anna", "Weber", {})),
    (
        "colleagues",
        ("Anna", "Weber", {**PRACTICE, **NUMBER, **MAILBOX}),
        ("Jan", "Kaya", {**PRACTICE, **NUMBER, **MAILBOX}),
    ),
    ("a couple", ("Anna", "Weber", {**PRACTICE, **NUMBER}), ("Jan", "Weber", {**PRACTICE, **NUMBER})),
    (
        "a couple with like names",
        ("Christian", "Weber", {**NUMBER, "gender": Gender.MALE}),
        ("Christiane", "Weber", {**NUMBER, "gender": Gender.FEMALE}),
    ),
    ("one first name, one house", ("Anna", "Weber", PRACTICE), ("Anna", "Kaya", PRACTICE)),
    ("one first name, one number", ("Anna", "Weber", NUMBER), ("Anna", "Kaya", NUMBER)),
    (
        "one first name, other mailboxes",
        ("Anna", "Weber", {**PRACTICE, **NUMBER, "email": "a@example.org"}),
        ("Anna", "Kaya", {**PRACTICE, **NUMBER, "email": "b@example.org"}),
    ),
    (
        "one first name, other methods",
        ("Anna", "Weber", {**PRACTICE, **NUMBER, "therapy_methods": ("VT",)}),
        ("Anna", "Kaya", {**PRACTICE, **NUMBER, "therapy_methods": ("Psychoanalyse",)}),
    ),
    ("no name at all", ("Null", "Null", NUMBER), ("Null", "Null", NUMBER)),
    ("short names a letter apart", ("Jan", "Koch", NUMBER), ("Jan", "Voss", NUMBER)),
]


@pytest.mark.parametrize(("one", "other"), [each[1:] for each in NOT_ONE], ids=[each[0] for each in NOT_ONE])
def test_two_people_are_no_suggestion(one: Any, other: Any) -> None:
    assert signs(one, other) == ()


def test_in_a_practice_of_three_one_first_name_is_no_changed_name() -> None:
    shared = {**PRACTICE, **NUMBER}
    three = [
        therapist(1, "Anna", "Weber", **shared),
        therapist(2, "Anna", "Kaya", **shared),
        therapist(3, "Jan", "Koch", **shared),
    ]

    assert find_duplicates(three) == []


def test_a_pair_that_a_person_dismissed_is_not_suggested_again() -> None:
    both = [therapist(1, "Anna", "Weber", **NUMBER), therapist(2, "", "Weber", **NUMBER)]

    assert find_duplicates(both, dismissed=[(TherapistId(1), TherapistId(2))]) == []


def test_the_same_entries_in_another_order_give_the_same() -> None:
    three = [therapist(number, first, "Weber", **NUMBER) for number, first in enumerate(("Anna", "", "A."), start=1)]

    assert find_duplicates(reversed(three)) == find_duplicates(three)
    assert len(find_duplicates(three)) == 3


def distinct(count: int, chance: Random) -> list[Therapist]:
    """So many people of whom no two are one; a third share a house, most of these a number, a mailbox and a website."""
    made: list[Therapist] = []
    names: set[tuple[object, ...]] = set()
    while len(made) < count:
        members = chance.choices((1, 2, 3, 5), (78, 12, 6, 4))[0]
        number = len(made)
        house = {"street": f"{chance.choice(STREETS)} {number}", "postal_code": f"{10_000 + number % 7_000}"}
        if chance.random() < 0.6:
            house["phone"] = f"030 {2_000_000 + number}"
        if chance.random() < 0.75:
            house["email"] = f"praxis{number}@example.org"
        for member in range(members):
            woman = chance.random() < 0.72
            own = {"phone": f"040 {9_000_000 + number * 9 + member}", "email": f"p{number}.{member}@example.org"}
            name = (chance.choice(WOMEN if woman else MEN), chance.choice(LAST_NAMES))
            if (house["street"], *name) not in names:
                names.add((house["street"], *name))
                gender = Gender.FEMALE if woman else Gender.MALE
                methods = (chance.choice(("Verhaltenstherapie", "Tiefenpsychologisch", "Analytische")),)
                made.append(therapist(len(made) + 1, *name, gender=gender, therapy_methods=methods, **{**own, **house}))
    return made


def test_ten_thousand_people_raise_fewer_than_ten_suggestions() -> None:
    suggestions = find_duplicates(distinct(10_000, Random(2026)))  # noqa: S311

    assert len(suggestions) < 10


def test_the_work_grows_with_the_entries_and_not_with_their_pairs() -> None:
    hotline = [therapist(n, "Null", LAST_NAMES[n % 100], phone="116 117 117") for n in range(1, 4_001)]
    begun = process_time()

    suggestions = find_duplicates(hotline)

    assert process_time() - begun < 10  # eight million pairs would take minutes
    assert len(suggestions) <= len(hotline) * MOST_ALIKE
