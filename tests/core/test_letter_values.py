"""What goes into a letter, and what stays out of it."""

from datetime import date, timedelta

import pytest
from attrs import evolve, fields
from hypothesis import example, given
from hypothesis import strategies as st

from boona_core.diagnoses import Diagnosis, read_diagnoses, words_of
from boona_core.errors import InvalidValue
from boona_core.ids import PatientId
from boona_core.letters import (
    Addressee,
    Agency,
    Attendance,
    LetterPatient,
    LetterRequest,
    Sender,
    Template,
    age_on,
    attendance_of,
    letter_patient,
)
from boona_core.patients import Gender, Patient
from boona_core.redaction import one_line
from boona_core.windows import Weekday, WeeklyWindows, Window

TODAY = date(2026, 11, 23)
AGENCY = Agency(name="Brückenweg", address="Lindenstraße 14, 10969 Berlin")
SENDER = Sender(email="anfragen@brueckenweg.example", name="Jana Vogt")
PATIENT = Patient(
    id=PatientId(1),
    first_name="Anna-Maria",
    last_name="von der Heide",
    birth_date=date(1990, 3, 9),
    street="Am Markt 7",
    email="anna@privat.example",
    phone="030 998877",
    insurance_number="A123456789",
)

any_text = st.text(alphabet=st.characters(), max_size=300)


def request_for(template: Template, **changes: object) -> LetterRequest:
    values = {"addressee": Addressee(last_name="Kim"), "agency": AGENCY, "sender": SENDER, **changes}
    return LetterRequest(template=template, **values)  # type: ignore[arg-type]


# --- ages and hours


@pytest.mark.parametrize(
    ("birth_date", "today", "age"),
    [
        (date(1990, 11, 23), date(2026, 11, 22), 35),
        (date(1990, 11, 23), date(2026, 11, 23), 36),
        (date(2000, 2, 29), date(2027, 2, 28), 26),
        (date(2000, 2, 29), date(2027, 3, 1), 27),
        (date(2000, 2, 29), date(2028, 2, 29), 28),
    ],
)
def test_a_patient_grows_older_on_the_birthday(birth_date: date, today: date, age: int) -> None:
    assert age_on(birth_date, today) == age


def birthday(birth_date: date, year: int) -> date:
    """The birthday in *year*: 1 March for those born on 29 February, in a common year."""
    try:
        return birth_date.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


@given(st.dates(date(1900, 1, 1), date(2026, 1, 1)), st.integers(0, 40_000))
@example(date(2000, 2, 29), 366 + 365)
def test_age_counts_the_birthdays_that_have_come(birth_date: date, days: int) -> None:
    today = birth_date + timedelta(days=days)
    birthdays = [birthday(birth_date, year) for year in range(birth_date.year + 1, today.year + 1)]

    assert age_on(birth_date, today) == sum(day <= today for day in birthdays)


@pytest.mark.parametrize("birth_date", [date(2027, 1, 1), date(1890, 1, 1)])
def test_an_impossible_age_is_left_out(birth_date: date) -> None:
    assert letter_patient(evolve(PATIENT, birth_date=birth_date), 1, today=TODAY).age is None


def test_days_in_a_row_with_the_same_hours_become_one_line() -> None:
    morning, evening = Window(540, 720), Window(1080, 1200)
    availability = WeeklyWindows(
        {
            Weekday.MONDAY: (morning,),
            Weekday.TUESDAY: (morning,),
            Weekday.THURSDAY: (morning,),
            Weekday.FRIDAY: (morning, evening),
        }
    )

    assert attendance_of(availability) == (
        Attendance(Weekday.MONDAY, Weekday.TUESDAY, (morning,)),
        Attendance(Weekday.THURSDAY, Weekday.THURSDAY, (morning,)),
        Attendance(Weekday.FRIDAY, Weekday.FRIDAY, (morning, evening)),
    )


def test_unknown_and_empty_weeks_give_no_line() -> None:
    assert attendance_of(None) == ()
    assert attendance_of(WeeklyWindows({})) == ()


weeks = st.dictionaries(st.sampled_from(Weekday), st.sampled_from([(Window(540, 600),), (Window(600, 660),), ()])).map(
    WeeklyWindows
)


@given(weeks)
def test_grouped_days_lose_no_hour(week: WeeklyWindows) -> None:
    order = list(Weekday)
    spread = {
        day: line.windows
        for line in attendance_of(week)
        for day in order[order.index(line.first) : order.index(line.last) + 1]
    }

    assert spread == dict(week.days())


# --- diagnoses


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("F32.1", "Mittelgradige depressive Episode"),
        ("f32.1 g", "Mittelgradige depressive Episode"),
        ("F32.1G", "Mittelgradige depressive Episode"),
        ("F22.8", "Anhaltende wahnhafte Störungen"),
        ("F40.01", "Agoraphobie mit Panikstörung"),
        ("F40.08", "Agoraphobie"),
        ("Z73", None),
        ("unklar", None),
        ("", None),
    ],
)
def test_a_code_has_its_own_words_or_those_of_its_parent(code: str, words: str | None) -> None:
    assert words_of(code) == words


def test_several_diagnoses_are_read_in_the_order_written() -> None:
    assert read_diagnoses("F32.1, Z73; F41.0") == (
        Diagnosis("F32.1", "Mittelgradige depressive Episode"),
        Diagnosis("Z73", None),
        Diagnosis("F41.0", "Panikstörung"),
    )


@pytest.mark.parametrize("text", [None, "", "  ", " , ; "])
def test_no_diagnosis_is_none(text: str | None) -> None:
    assert read_diagnoses(text) == ()


# --- names stay out


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Frau Heide schläft schlecht", "Frau […] schläft schlecht"),
        ("ANNA weint oft", "[…] weint oft"),
        ("Anna-Maria von der Heide weint oft", "[…] […] weint oft"),
        ("Heides Mutter, Annas Vater", "[…] Mutter, […] Vater"),
        ("geht gern in der heide spazieren", "geht gern in der heide spazieren"),
        ("Heidekraut und Annanas", "Heidekraut und Annanas"),
        ("geboren am 9.3.1990 oder 09.03.1990", "geboren am […] oder […]"),
        ("1990-03-09, A123456789, Am Markt 7", "[…], […], […]"),
        ("anna@privat.example, Tel. 030 998877", "[…], Tel. […]"),
        ("nichts davon", "nichts davon"),
    ],
)
def test_what_names_the_patient_is_hidden_in_a_free_text(text: str, shown: str) -> None:
    assert letter_patient(evolve(PATIENT, symptoms=text), 1, today=TODAY).concerns == shown


def test_a_patient_whose_personal_fields_are_empty_hides_nothing() -> None:
    erased = Patient(id=PatientId(1), first_name="", last_name="", symptoms="Angst")

    assert letter_patient(erased, 1, today=TODAY).concerns == "Angst"


def test_a_profile_has_no_place_for_what_names_a_patient() -> None:
    assert {field.name for field in fields(LetterPatient)} == {
        "number",
        "age",
        "gender",
        "diagnoses",
        "concerns",
        "since",
        "therapy_experience",
        "earlier_therapies",
        "earlier_treatments",
        "inpatient_treatment",
        "open_to_group_therapy",
        "expectations",
        "goals",
        "attendance",
        "insurer",
    }


def test_the_repr_of_a_profile_shows_its_number_and_nothing_else() -> None:
    profile = LetterPatient(number=3, concerns="Angst", gender=Gender.FEMALE)

    assert repr(profile) == "LetterPatient(number=3)"
    assert "Angst" not in repr(request_for(Template.INITIAL_CONTACT, patients=(profile,)))


# --- texts are harmless


@given(any_text, st.integers(10, 200))
@example("a\x00b\r\nc\x85d\u2028e\u202ef\ud800g", 100)
@example("wort " * 50, 20)
@example("x" * 300, 10)
def test_one_line_is_one_printable_line_within_its_bound(text: str, longest: int) -> None:
    line = one_line(text, longest=longest)

    assert len(line) <= longest
    assert len(line.splitlines()) <= 1
    assert line == line.strip()
    assert one_line(line, longest=longest) == line
    assert line.encode().decode() == line


def test_what_is_cut_ends_at_a_word_with_an_ellipsis() -> None:
    assert one_line("eins zwei drei vier fünf", longest=16) == "eins zwei drei …"


def test_a_text_of_megabytes_becomes_a_bounded_line() -> None:
    profile = letter_patient(evolve(PATIENT, symptoms="Angst " * 1_000_000), 1, today=TODAY)

    assert profile.concerns is not None
    assert len(profile.concerns) <= 1_000
    assert profile.concerns.endswith("…")


@pytest.mark.parametrize("blank", ["", "   ", "\r\n", "\x00"])
def test_a_text_of_nothing_is_left_out(blank: str) -> None:
    assert LetterPatient(number=1, concerns=blank, insurer=blank).concerns is None


def test_an_address_of_several_lines_is_written_on_one() -> None:
    assert Agency(name="A", address="Lindenstraße 14\r\n10969 Berlin\n").address == "Lindenstraße 14, 10969 Berlin"


# --- misuse is refused with its place


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "//imprint.example", "", "https://a.example/ x", 'https://a.example/"x', "ftp://a"],
)
def test_an_imprint_that_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidValue, match="imprint_url"):
        Agency(name="A", address="B", imprint_url=url)


@pytest.mark.parametrize(("name", "address", "place"), [("", "B", "name"), ("A", " \n", "address")])
def test_a_letterhead_without_name_or_address_is_refused(name: str, address: str, place: str) -> None:
    with pytest.raises(InvalidValue, match=place):
        Agency(name=name, address=address)


@pytest.mark.parametrize("template", [Template.INITIAL_CONTACT, Template.BATCH_REQUEST, Template.FOLLOW_UP])
def test_a_letter_without_patients_is_refused(template: Template) -> None:
    with pytest.raises(InvalidValue, match="patients"):
        request_for(template)


def test_a_confirmation_with_profiles_is_refused() -> None:
    with pytest.raises(InvalidValue, match="patients"):
        request_for(
            Template.CONFIRMATION,
            patients=(LetterPatient(number=1),),
            accepted_numbers=(1,),
            answered_on=TODAY,
        )


def test_a_confirmation_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidValue, match="accepted_numbers"):
        request_for(Template.CONFIRMATION, answered_on=TODAY)


def test_a_confirmation_names_the_letter_that_was_answered() -> None:
    with pytest.raises(InvalidValue, match="answered_on"):
        request_for(Template.CONFIRMATION, accepted_numbers=(1,))


def test_accepted_numbers_belong_to_a_confirmation_only() -> None:
    with pytest.raises(InvalidValue, match="accepted_numbers"):
        request_for(Template.FOLLOW_UP, patients=(LetterPatient(number=1),), accepted_numbers=(1,))


@pytest.mark.parametrize("numbers", [(0,), (2, 1), (1, 1), (-1, 2)])
def test_numbers_that_do_not_rise_from_one_are_refused(numbers: tuple[int, ...]) -> None:
    with pytest.raises(InvalidValue, match="numbers must rise"):
        request_for(Template.BATCH_REQUEST, patients=tuple(LetterPatient(number=n) for n in numbers))
