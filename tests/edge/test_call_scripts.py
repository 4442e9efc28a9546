"""What a caller is given to say: German for nobody, one and several, and no name of a patient."""

import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boona_adapters.call_scripts import JinjaCallScripts
from boona_core.call_scripts import CallScript
from boona_core.calls import Cause
from boona_core.ids import PatientId
from boona_core.letters import Addressee, Agency, LetterPatient, letter_patient
from boona_core.patients import Gender, Patient
from boona_core.windows import WeeklyWindows

TODAY = date(2026, 3, 2)
SCRIPTS = JinjaCallScripts()
WOMAN = letter_patient(
    Patient(
        id=PatientId(1),
        first_name="Hildegard",
        last_name="Muster",
        gender=Gender.FEMALE,
        birth_date=date(1990, 1, 1),
        diagnosis="F32.1, F41.0",
        symptoms_since=date(2024, 3, 1),
        insurer="Kasse",
        therapy_experience=False,
        open_to_group_therapy=True,
        availability=WeeklyWindows.from_json({"monday": ["09:00-12:00"], "tuesday": ["09:00-12:00"]}),
    ),
    1,
    today=TODAY,
)
MAN = LetterPatient(number=3, gender=Gender.MALE)


def said(*patients: LetterPatient, **fields: Any) -> str:
    """The text, its broken lines made whole."""
    usual: dict[str, Any] = {
        "agency": Agency(name="Vermittlung Beispiel", address="Beispielweg 1, 10115 Berlin", phone="030 1234"),
        "caller": "Anna",
        "addressee": Addressee(title="Dr.", last_name="Müller", gender=Gender.MALE),
        "cause": Cause.SILENT,
        "patients": patients,
    }
    return SCRIPTS.compose(CallScript(**{**usual, **fields}))


def whole(text: str) -> str:
    return " ".join(text.split())


def test_one_patient_is_spoken_of_in_the_singular() -> None:
    text = whole(said(WOMAN))

    assert "„Eine Person sucht einen ambulanten Psychotherapieplatz.“" in text
    assert "„Haben Sie in absehbarer Zeit einen Platz für diese Person frei?“" in text
    assert "„Wie soll sich die Person bei Ihnen melden?“" in text
    assert "nichts über die Person sagen, nur um Rückruf bitten: 030 1234." in text
    assert "Den Namen nennen wir am Telefon nicht." in text


def test_several_patients_are_spoken_of_in_the_plural() -> None:
    text = whole(said(WOMAN, MAN))

    assert "„Zwei Personen suchen einen ambulanten Psychotherapieplatz.“" in text
    assert "„Haben Sie in absehbarer Zeit einen oder mehrere Plätze frei, und für wen kämen sie infrage?“" in text
    assert "„Wie sollen sich die Personen bei Ihnen melden?“" in text
    assert "Bedanken und die Nummern wiederholen." in text
    assert "Namen nennen wir am Telefon nicht." in text


def test_a_call_about_nobody_asks_for_places() -> None:
    text = whole(said())

    assert "„Haben Sie in absehbarer Zeit freie Plätze, wie viele und ab wann?“" in text
    assert "Nach einem Ja" not in text


def test_a_patient_stands_under_the_number_of_the_call_with_the_short_facts() -> None:
    lines = said(WOMAN, MAN).splitlines()
    place = lines.index("1. Patientin, 36 Jahre")

    assert lines[place : place + 9] == [
        "1. Patientin, 36 Jahre",
        "   F32.1 – Mittelgradige depressive Episode; F41.0 – Panikstörung",
        "   Beschwerden seit März 2024",
        "   Frühere Psychotherapie: bisher keine",
        "   Gruppentherapie: vorstellbar",
        "   Zeitlich möglich: Mo und Di 09:00–12:00 Uhr",
        "   Krankenkasse: Kasse",
        "",
        "3. Patient",
    ]


@pytest.mark.parametrize(
    ("addressee", "words"),
    [
        (Addressee(title="Dr.", last_name="Müller", gender=Gender.FEMALE), "mit Frau Dr. Müller?"),
        (Addressee(last_name="Müller", gender=Gender.MALE), "mit Herrn Müller?"),
        (Addressee(salutation="Frau", last_name="Müller", gender=Gender.MALE), "mit Frau Müller?"),
        (Addressee(first_name="Kim", last_name="Müller", gender=Gender.DIVERSE), "mit Kim Müller?"),
        (Addressee(), "mit der Praxisleitung?"),
    ],
)
def test_the_caller_asks_for_the_therapist(addressee: Addressee, words: str) -> None:
    assert words in whole(said(WOMAN, addressee=addressee))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"written_on": date(2026, 2, 23)}, "„Wir haben Ihnen am 23. Februar 2026 geschrieben und noch keine Antwort"),
        ({"cause": Cause.ASKED_FOR}, "„Wir hatten vereinbart, dass wir uns noch einmal bei Ihnen melden.“"),
        ({"cause": Cause.NO_ADDRESS}, "„Wir rufen an, weil wir Sie per E-Mail nicht erreichen können.“"),
        ({"cause": Cause.RETRY, "missed_on": date(2026, 3, 1)}, "„Am 1. März 2026 haben wir Sie am Telefon leider"),
    ],
)
def test_the_caller_says_why_they_call(fields: dict[str, Any], words: str) -> None:
    assert words in whole(said(WOMAN, **fields))


def test_what_was_promised_stands_before_what_to_ask() -> None:
    text = whole(said(WOMAN, promised_on=date(2026, 2, 1), promises=("im März fragen",)))

    assert "Zuletzt vereinbart, am 1. Februar 2026 im März fragen Darum geht es" in text


def test_after_a_no_the_caller_says_until_when_the_practice_is_left_alone() -> None:
    assert "Vor dem 30. März 2026 melden wir uns nicht wieder" in whole(said(WOMAN, rests_until=date(2026, 3, 30)))
    assert "melden wir uns nicht" not in said(WOMAN)


def test_a_caller_without_a_name_is_to_say_theirs() -> None:
    assert "„Guten Tag, hier ist (Ihr Name), Vermittlung Beispiel." in whole(said(caller=None))


@given(st.integers(0, 20), st.sampled_from(Cause))
def test_no_line_is_too_long_and_none_is_left_open(count: int, cause: Cause) -> None:
    patients = [LetterPatient(number=number, age=30 + number) for number in range(1, count + 1)]

    text = said(*patients, cause=cause)

    assert max(map(len, text.splitlines())) <= 78
    assert "\n\n\n" not in text
    assert text.count("„") == text.count("“")
    assert [int(found) for found in re.findall(r"(?m)^(\d+)\. Person", text)] == list(range(1, count + 1))
