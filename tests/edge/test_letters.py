"""Letters in words: correct for one and for several, numbered, without names, harmless in both forms."""

import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError

from boona_adapters.letters import JinjaLetters, wrapped
from boona_adapters.resources import MissingResource, resource_folder
from boona_core.diagnoses import read_diagnoses
from boona_core.ids import PatientId
from boona_core.letters import (
    Addressee,
    Agency,
    Attendance,
    Letter,
    LetterPatient,
    LetterRequest,
    Sender,
    Template,
    letter_patient,
)
from boona_core.patients import Gender, Patient
from boona_core.windows import Weekday, WeeklyWindows, Window

TODAY = date(2026, 11, 23)
LETTERS = JinjaLetters()
AGENCY = Agency(
    name="Vermittlung Brückenweg",
    address="Lindenstraße 14\n10969 Berlin",
    phone="+49 (0)30 123 45-67",
    imprint_url="https://brueckenweg.example/impressum",
)
SENDER = Sender(email="anfragen@brueckenweg.example", name="Jana Vogt")
EVA = Addressee(salutation="Frau", title="Dr.", first_name="Eva", last_name="Müller")
OFFERS = [Template.INITIAL_CONTACT, Template.BATCH_REQUEST, Template.FOLLOW_UP]
CANARY = "Zxqvcanary"


def numbered(count: int) -> tuple[LetterPatient, ...]:
    return tuple(LetterPatient(number=number, concerns=f"Anliegen {number}") for number in range(1, count + 1))


def offer(template: Template, *patients: LetterPatient, to: Addressee = EVA) -> Letter:
    return LETTERS.compose(
        LetterRequest(template=template, addressee=to, agency=AGENCY, sender=SENDER, patients=patients)
    )


def confirmation(*numbers: int) -> Letter:
    return LETTERS.compose(
        LetterRequest(
            template=Template.CONFIRMATION,
            addressee=EVA,
            agency=AGENCY,
            sender=SENDER,
            accepted_numbers=numbers,
            answered_on=date(2026, 10, 12),
        )
    )


def flowing(text: str) -> str:
    """The words without the line breaks between them."""
    return " ".join(text.split())


class Page(HTMLParser):
    """What a mail program sees: words outside of the head, tags, addresses."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(html.partition("</head>")[2])
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note tag and attributes."""
        self.tags.append(tag)
        self.attributes.extend((name, value or "") for name, value in attrs)

    def handle_data(self, data: str) -> None:
        """Note the words."""
        self.words.append(data)

    @property
    def text(self) -> str:
        """The words without the line breaks between them."""
        return flowing(" ".join(self.words))


# --- one and several

INITIAL, BATCH, FOLLOW_UP = OFFERS
SENTENCES = [
    (INITIAL, 1, "Heute schreiben wir Ihnen für eine Person, deren Anliegen zu Ihrer Praxis passen könnte."),
    (INITIAL, 1, "Haben Sie in absehbarer Zeit einen Therapieplatz frei?"),
    (INITIAL, 2, "Heute schreiben wir Ihnen für zwei Menschen, deren Anliegen zu Ihrer Praxis passen könnten."),
    (INITIAL, 2, "Haben Sie in absehbarer Zeit einen oder mehrere Therapieplätze frei?"),
    (BATCH, 1, "wir schreiben Ihnen heute für eine Person, die einen ambulanten Psychotherapieplatz sucht"),
    (
        BATCH,
        1,
        "und deren Anliegen zu Ihrer Praxis passen könnte. Könnten Sie sich vorstellen, diese Person aufzunehmen?",
    ),
    (BATCH, 5, "um Ihre Zeit zu schonen, bündeln wir unsere Anfragen in einer E-Mail:"),
    (BATCH, 5, "Heute schreiben wir Ihnen für fünf Menschen, die einen ambulanten Psychotherapieplatz suchen"),
    (BATCH, 5, "und deren Anliegen zu Ihrer Praxis passen könnten."),
    (BATCH, 5, "Könnten Sie sich vorstellen, eine oder mehrere dieser Personen aufzunehmen?"),
    (FOLLOW_UP, 1, "vor einiger Zeit haben wir Ihnen für eine Person geschrieben, die einen ambulanten"),
    (FOLLOW_UP, 1, "Psychotherapieplatz sucht. Sie sucht noch immer, und so fragen wir heute noch einmal nach."),
    (FOLLOW_UP, 1, "Könnten Sie sich vorstellen, diese Person aufzunehmen? Auch eine kurze Absage hilft uns weiter."),
    (FOLLOW_UP, 3, "vor einiger Zeit haben wir Ihnen für drei Menschen geschrieben, die einen ambulanten"),
    (FOLLOW_UP, 3, "Psychotherapieplatz suchen. Sie suchen noch immer, und so fragen wir heute noch einmal nach."),
    (FOLLOW_UP, 3, "Könnten Sie sich vorstellen, eine oder mehrere dieser Personen aufzunehmen?"),
]


@pytest.mark.parametrize(("template", "count", "sentence"), SENTENCES)
def test_a_letter_speaks_correctly_of_one_and_of_several(template: Template, count: int, sentence: str) -> None:
    letter = offer(template, *numbered(count))

    assert sentence in flowing(letter.body_text)
    assert sentence in Page(letter.body_html).text


@pytest.mark.parametrize("template", OFFERS)
def test_one_patient_is_answered_with_yes_or_no(template: Template) -> None:
    letter = offer(template, *numbered(1))

    assert "ein kurzes „Ja“ oder „Nein“ genügt." in flowing(letter.body_text)
    assert "Zum Schutz der Person nennen wir hier keinen Namen." in flowing(letter.body_text)
    assert "ein kurzes „Ja“ oder „Nein“ genügt." in Page(letter.body_html).text
    assert "Zum Schutz der Person nennen wir hier keinen Namen." in Page(letter.body_html).text


@pytest.mark.parametrize("template", OFFERS)
def test_several_patients_are_answered_by_number(template: Template) -> None:
    letter = offer(template, *numbered(2))

    assert "nennen Sie uns die Nummern, die für Sie infrage kommen" in flowing(letter.body_text)
    assert "„1 ja, 2 nein“" in flowing(letter.body_text)
    assert "Zum Schutz der Personen nennen wir hier keine Namen." in flowing(letter.body_text)
    assert "nennen Sie uns die Nummern, die für Sie infrage kommen" in Page(letter.body_html).text
    assert "Zum Schutz der Personen nennen wir hier keine Namen." in Page(letter.body_html).text


@pytest.mark.parametrize(
    ("template", "count", "subject"),
    [
        (Template.INITIAL_CONTACT, 1, "Anfrage für einen Therapieplatz"),
        (Template.INITIAL_CONTACT, 2, "Anfrage für 2 Therapieplätze"),
        (Template.BATCH_REQUEST, 1, "Anfrage für einen Therapieplatz"),
        (Template.BATCH_REQUEST, 5, "Anfrage für 5 Therapieplätze"),
        (Template.FOLLOW_UP, 1, "Nachfrage zu einem Therapieplatz"),
        (Template.FOLLOW_UP, 4, "Nachfrage zu 4 Therapieplätzen"),
    ],
)
def test_a_subject_counts_and_says_no_more(template: Template, count: int, subject: str) -> None:
    letter = offer(template, *numbered(count))

    assert letter.subject == subject
    assert f"<title>{subject}</title>" in letter.body_html
    assert subject not in letter.body_text


def test_many_patients_are_counted_in_figures() -> None:
    assert "für 13 Menschen" in flowing(offer(Template.BATCH_REQUEST, *numbered(13)).body_text)
    assert "für zwölf Menschen" in flowing(offer(Template.BATCH_REQUEST, *numbered(12)).body_text)


# --- the confirmation


def test_a_confirmation_of_one_names_its_number() -> None:
    letter = confirmation(2)
    sentences = (
        "herzlichen Dank für Ihre Zusage! Aus unserer E-Mail vom 12. Oktober 2026 haben Sie die Nummer 2 angenommen."
        " Die Person wird sich in Kürze selbst bei Ihnen melden, um ein erstes Gespräch zu vereinbaren."
    )

    assert letter.subject == "Vielen Dank für Ihre Zusage"
    assert sentences in flowing(letter.body_text)
    assert sentences in Page(letter.body_html).text


@pytest.mark.parametrize(("numbers", "listed"), [((1, 3), "1 und 3"), ((1, 2, 4), "1, 2 und 4")])
def test_a_confirmation_of_several_names_their_numbers(numbers: tuple[int, ...], listed: str) -> None:
    letter = confirmation(*numbers)
    sentences = (
        f"herzlichen Dank für Ihre Zusagen! Aus unserer E-Mail vom 12. Oktober 2026 haben Sie die Nummern {listed}"
        " angenommen. Die Personen werden sich in Kürze selbst bei Ihnen melden, um ein erstes Gespräch zu vereinbaren."
    )

    assert letter.subject == "Vielen Dank für Ihre Zusagen"
    assert sentences in flowing(letter.body_text)
    assert sentences in Page(letter.body_html).text


def test_a_confirmation_asks_for_nothing_and_offers_nobody() -> None:
    letter = confirmation(1)

    assert "So antworten Sie uns" not in letter.body_text + letter.body_html
    assert "keine Anfragen mehr" not in letter.body_text + letter.body_html
    assert 'class="card"' not in letter.body_html


# --- who is addressed


@pytest.mark.parametrize(
    ("addressee", "greeting"),
    [
        (EVA, "Sehr geehrte Frau Dr. Müller,"),
        (Addressee(salutation="Herr", first_name="Jan", last_name="Roth"), "Sehr geehrter Herr Roth,"),
        (Addressee(gender=Gender.FEMALE, last_name="Roth"), "Sehr geehrte Frau Roth,"),
        (Addressee(gender=Gender.MALE, title="Prof. Dr.", last_name="Roth"), "Sehr geehrter Herr Prof. Dr. Roth,"),
        (Addressee(salutation="Frau", gender=Gender.MALE, last_name="Roth"), "Sehr geehrte Frau Roth,"),
        (Addressee(salutation="Herr", gender=Gender.FEMALE, last_name="Roth"), "Sehr geehrter Herr Roth,"),
        (Addressee(first_name="Alex", last_name="Kim"), "Guten Tag Alex Kim,"),
        (Addressee(gender=Gender.DIVERSE, first_name="Alex", last_name="Kim"), "Guten Tag Alex Kim,"),
        (Addressee(title="Dr.", last_name="Kim"), "Guten Tag Dr. Kim,"),
        (Addressee(salutation="Frau", first_name="Eva"), "Guten Tag Eva,"),
        (Addressee(), "Sehr geehrte Damen und Herren,"),
    ],
)  # fmt: skip
def test_a_therapist_is_addressed_formally_and_never_guessed(addressee: Addressee, greeting: str) -> None:
    letter = offer(Template.INITIAL_CONTACT, *numbered(1), to=addressee)

    assert f"\n{greeting}\n" in letter.body_text
    assert f">{greeting}</p>" in letter.body_html


# --- the profile

FULL = LetterPatient(
    number=1,
    age=34,
    gender=Gender.FEMALE,
    diagnoses=read_diagnoses("F32.1, F99.99X"),
    concerns="Niedergeschlagenheit",
    since=date(2024, 3, 1),
    therapy_experience=True,
    earlier_therapies="Verhaltenstherapie 2016",
    earlier_treatments="Tagesklinik 2020",
    inpatient_treatment=False,
    open_to_group_therapy=True,
    expectations="ein wertschätzendes Gegenüber",
    goals="Rückkehr in den Beruf",
    attendance=(
        Attendance(Weekday.MONDAY, Weekday.WEDNESDAY, (Window(540, 720), Window(840, 960))),
        Attendance(Weekday.SATURDAY, Weekday.SUNDAY, (Window(600, 660),)),
    ),
    insurer="AOK Nordost",
)


def test_a_profile_says_all_that_is_known() -> None:
    letter = offer(Template.INITIAL_CONTACT, FULL)

    assert (
        """
1. Patientin, 34 Jahre
   Diagnosen: F32.1 – Mittelgradige depressive Episode;
     F99.99X – Psychische Störung ohne nähere Angabe
   Beschwerden: Niedergeschlagenheit
   Beschwerden seit: März 2024
   Frühere Psychotherapie: Verhaltenstherapie 2016
   Bisherige Behandlungen: Tagesklinik 2020
   Stationäre Behandlung: bisher keine
   Gruppentherapie: vorstellbar
   Wünsche: ein wertschätzendes Gegenüber
   Therapieziele: Rückkehr in den Beruf
   Zeitlich möglich: Mo–Mi 09:00–12:00 und 14:00–16:00 Uhr;
     Sa und So 10:00–11:00 Uhr
   Krankenkasse: AOK Nordost

"""
        in letter.body_text
    )


def test_both_forms_say_the_same_of_a_patient() -> None:
    letter = offer(Template.INITIAL_CONTACT, FULL)
    profile = flowing(letter.body_text.partition("1. Patientin")[2].partition("So antworten")[0])
    shown = Page(letter.body_html).text.partition("1. Patientin")[2].partition("So antworten")[0].strip()

    assert re.sub("[:;]", "", shown) == re.sub("[:;]", "", profile)


def test_what_is_not_known_is_left_out() -> None:
    letter = offer(Template.INITIAL_CONTACT, LetterPatient(number=1))

    assert "\n1. Person\n\nSo antworten Sie uns" in letter.body_text
    assert not {"table", "tr", "td"} & set(Page(letter.body_html).tags)
    assert "None" not in letter.body_text + letter.body_html


@pytest.mark.parametrize(
    ("patient", "line"),
    [
        (LetterPatient(number=1, gender=Gender.MALE, age=46), "1. Patient, 46 Jahre"),
        (LetterPatient(number=1, gender=Gender.DIVERSE, age=1), "1. Person (divers), 1 Jahr"),
        (LetterPatient(number=1, age=0), "1. Person, 0 Jahre"),
        (LetterPatient(number=1, therapy_experience=False), "   Frühere Psychotherapie: bisher keine"),
        (LetterPatient(number=1, therapy_experience=True), "   Frühere Psychotherapie: ja"),
        (LetterPatient(number=1, inpatient_treatment=True), "   Stationäre Behandlung: ja, bereits erfolgt"),
        (LetterPatient(number=1, open_to_group_therapy=False), "   Gruppentherapie: nein, Einzeltherapie gewünscht"),
        (LetterPatient(number=1, diagnoses=read_diagnoses("Z73")), "   Diagnose: Z73"),
    ],
)  # fmt: skip
def test_a_profile_speaks_in_whole_words(patient: LetterPatient, line: str) -> None:
    assert line in offer(Template.INITIAL_CONTACT, patient).body_text.splitlines()


@given(st.lists(st.integers(1, 99), min_size=1, max_size=7, unique=True).map(sorted))
def test_patients_stand_in_their_order_under_their_numbers(numbers: list[int]) -> None:
    patients = [LetterPatient(number=number, concerns=f"Anliegen-{number}-") for number in numbers]
    letter = offer(Template.BATCH_REQUEST, *patients)
    page = Page(letter.body_html).text

    assert re.findall(r"^(\d+)\. Person$", letter.body_text, re.MULTILINE) == [str(n) for n in numbers]
    assert re.findall(r"(\d+)\. Person", page) == [str(n) for n in numbers]
    assert re.findall(r"Anliegen-(\d+)-", letter.body_text) == [str(n) for n in numbers]
    assert re.findall(r"Anliegen-(\d+)-", page) == [str(n) for n in numbers]


# --- the letterhead


def test_every_letter_carries_the_letterhead_and_a_way_out() -> None:
    letter = offer(Template.INITIAL_CONTACT, *numbered(1))

    assert letter.body_text.startswith(
        "Vermittlung Brückenweg\nLindenstraße 14, 10969 Berlin\nTelefon: +49 (0)30 123 45-67\n\n"
    )
    assert "\nJana Vogt\nVermittlung Brückenweg\n\n-- \n" in letter.body_text
    assert letter.body_text.endswith("Impressum:\nhttps://brueckenweg.example/impressum\n")
    assert "Sie möchten keine Anfragen mehr von uns erhalten?" in letter.body_text
    assert 'href="tel:+49301234567"' in letter.body_html
    assert 'href="https://brueckenweg.example/impressum"' in letter.body_html
    assert 'href="mailto:anfragen@brueckenweg.example?subject=Keine%20weiteren%20Anfragen"' in letter.body_html


def test_what_means_something_in_a_link_is_encoded_in_the_way_out() -> None:
    letter = LETTERS.compose(
        LetterRequest(
            template=Template.INITIAL_CONTACT,
            addressee=EVA,
            agency=AGENCY,
            sender=Sender(email="a?b&c@brueckenweg.example", name="Jana Vogt"),
            patients=numbered(1),
        )
    )

    assert 'href="mailto:a%3Fb%26c@brueckenweg.example?subject=' in letter.body_html


def test_a_letterhead_without_phone_and_imprint_shows_neither() -> None:
    bare = LetterRequest(
        template=Template.INITIAL_CONTACT,
        addressee=EVA,
        agency=Agency(name="Brückenweg", address="Berlin"),
        sender=Sender(email="a@b.example", name="Brückenweg"),
        patients=numbered(1),
    )

    letter = LETTERS.compose(bare)

    assert not re.search("Telefon|anrufen|Impressum|tel:", letter.body_text + letter.body_html)
    assert letter.body_text.count("Brückenweg\n") == 2


# --- what never appears

canaries = st.builds(
    lambda first, last, birth, number: Patient(
        id=PatientId(1),
        salutation=CANARY,
        title=CANARY,
        first_name=f"{CANARY}{first}",
        last_name=f"{last} {CANARY}",
        birth_date=birth,
        street=f"{CANARY}weg 3",
        postal_code=CANARY,
        city=CANARY,
        email=f"{CANARY}@privat.example",
        phone=CANARY,
        insurance_number=f"{CANARY}{number}",
        external_id=CANARY,
        general_practitioner=CANARY,
        referred_by=CANARY,
        occupation=CANARY,
        family_status=CANARY,
        medication=CANARY,
        physical_illnesses=CANARY,
        stressors=CANARY,
        support=CANARY,
        reason_for_search=CANARY,
        symptoms=f"Frau {CANARY}{first}, geboren {birth:%d.%m.%Y}, ist oft müde",
        goals=f"{last} {CANARY} will arbeiten",
        availability=WeeklyWindows({Weekday.MONDAY: (Window(540, 600),)}),
    ),
    st.text(alphabet="abcäöß", max_size=5),
    st.text(alphabet="ABCÄÖ", min_size=1, max_size=5),
    st.dates(date(1920, 1, 1), date(2020, 1, 1)),
    st.integers(0, 10**9),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(canaries, min_size=1, max_size=3), st.sampled_from(OFFERS))
def test_no_letter_names_a_patient(patients: list[Patient], template: Template) -> None:
    profiles = [letter_patient(patient, n, today=TODAY) for n, patient in enumerate(patients, start=1)]
    letter = offer(template, *profiles)
    everything = letter.subject + letter.body_text + letter.body_html

    assert CANARY.casefold() not in everything.casefold()
    assert not [p for p in patients if p.birth_date and f"{p.birth_date:%d.%m.%Y}" in everything]
    assert "ist oft müde" in flowing(letter.body_text)


@given(st.sampled_from(OFFERS), st.integers(1, 5))
def test_a_subject_holds_no_health_data(template: Template, count: int) -> None:
    patients = [evolve(FULL, number=number, concerns=CANARY, insurer=CANARY) for number in range(1, count + 1)]
    subject = offer(template, *patients).subject

    assert not re.search(rf"{CANARY}|F32|Episode|34|Patient", subject)


@pytest.mark.parametrize("letter", [offer(t, FULL) for t in OFFERS] + [confirmation(1)])
def test_nothing_is_fetched_from_the_net(letter: Letter) -> None:
    page = Page(letter.body_html)
    links = [value for name, value in page.attributes if name == "href"]

    assert not {"img", "link", "script", "iframe", "object", "video", "base", "form", "svg"} & set(page.tags)
    assert not {"src", "srcset", "background", "action"} & {name for name, _ in page.attributes}
    assert not re.search(r"url\(|@import|@font-face", letter.body_html)
    assert {link.partition(":")[0] for link in links} <= {"https", "mailto", "tel"}
    assert {link for link in links if link.startswith("http")} == {AGENCY.imprint_url}
    assert set(re.findall("https?://[^\"'<> ]+", letter.body_html)) == {AGENCY.imprint_url}


# --- hostile values

ATTACK = f'<script>alert("{CANARY}")</script>\r\n\r\n{{{{ 7*7 }}}} </td></table> & \'"\x00\x1b[31m\u202e'
ESCAPED = (
    "&lt;script&gt;alert(&#34;Zxqvcanary&#34;)&lt;/script&gt; {{ 7*7 }} &lt;/td&gt;&lt;/table&gt; &amp; &#39;&#34;"
)


def attacked() -> Letter:
    patient = LetterPatient(
        number=1,
        diagnoses=read_diagnoses("<b>F32.1</b>"),
        concerns=ATTACK,
        earlier_therapies=ATTACK,
        earlier_treatments=ATTACK,
        expectations=ATTACK,
        goals=ATTACK,
        insurer=ATTACK,
    )
    return LETTERS.compose(
        LetterRequest(
            template=Template.FOLLOW_UP,
            addressee=Addressee(salutation=ATTACK, title=ATTACK, first_name=ATTACK, last_name=ATTACK),
            agency=Agency(name=ATTACK, address=ATTACK, phone=ATTACK),
            sender=Sender(email=ATTACK, name=ATTACK),
            patients=(patient,),
        )
    )


def test_html_in_every_text_arrives_escaped() -> None:
    letter = attacked()

    assert "<script" not in letter.body_html
    assert letter.body_html.count(ESCAPED) >= 12
    assert "&lt;b&gt;F32.1&lt;" in letter.body_html
    assert set(Page(letter.body_html).tags) <= set(Page(offer(Template.FOLLOW_UP, FULL).body_html).tags)


def test_no_value_leaves_its_attribute() -> None:
    names = {name for name, _ in Page(attacked().body_html).attributes}

    assert names <= {"class", "style", "href", "role", "width", "align", "valign", "scope"}


def test_control_characters_arrive_nowhere() -> None:
    letter = attacked()

    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", letter.body_text + letter.body_html)


def test_a_value_cannot_start_a_line_of_its_own() -> None:
    forged = LetterPatient(number=1, concerns="müde\n\n2. Patientin, 20 Jahre\n   Diagnose: F20")

    letter = offer(Template.INITIAL_CONTACT, forged)

    assert "   Beschwerden: müde 2. Patientin, 20 Jahre Diagnose: F20" in letter.body_text.splitlines()


def test_fields_of_megabytes_give_a_letter_of_ordinary_size() -> None:
    huge = "Angst " * 1_000_000
    patients = [
        LetterPatient(number=n, concerns=huge, goals=huge, insurer=huge, expectations=huge, earlier_therapies=huge)
        for n in range(1, 6)
    ]

    letter = offer(Template.BATCH_REQUEST, *patients, to=Addressee(last_name=huge, title=huge))

    assert len(letter.body_text) < 40_000
    assert len(letter.body_html) < 60_000


# --- lines of the text


@given(st.text(max_size=600), st.integers(0, 6))
@example("wort " * 60, 3)
@example("w" * 500, 3)
@example("label: " + "w" * 500, 0)
def test_no_line_is_too_long_and_no_letter_is_lost(text: str, indent: int) -> None:
    given_text = " " * indent + " ".join(text.split())
    shown = wrapped(given_text)

    assert max(len(line) for line in shown.split("\n")) <= 78
    assert "".join(shown.split()) == "".join(given_text.split())


@given(st.text(max_size=2_000), st.text(max_size=300), st.sampled_from(OFFERS))
@settings(max_examples=30, deadline=None)
def test_every_line_of_a_letter_is_within_78_characters(text: str, name: str, template: Template) -> None:
    patient = LetterPatient(number=1, concerns=text, goals=name, insurer=name)
    letter = offer(template, patient, to=Addressee(last_name=name, title=text))

    assert max(len(line) for line in letter.body_text.split("\n")) <= 78


def test_a_web_address_on_its_own_line_is_never_cut() -> None:
    address = "https://brueckenweg.example/" + "a" * 100

    assert wrapped(f"Impressum:\n{address}\n") == f"Impressum:\n{address}\n"


# --- the templates


def test_a_name_that_a_letter_does_not_have_is_an_error(tmp_path: Path) -> None:
    names = [f"{template}.{form}" for template in Template for form in ("html", "txt")]
    written = [(tmp_path / name).write_text("{{ agency.fax }}", encoding="utf-8") for name in names]
    card = "{% macro who(patient) %}{% endmacro %}{% macro known(patient) %}{% endmacro %}"
    written += [(tmp_path / f"patient.{form}").write_text(card, encoding="utf-8") for form in ("html", "txt")]
    letters = JinjaLetters(tmp_path)
    request = LetterRequest(
        template=Template.INITIAL_CONTACT, addressee=EVA, agency=AGENCY, sender=SENDER, patients=numbered(1)
    )

    assert len(written) == 10
    with pytest.raises(UndefinedError, match="fax"):
        letters.compose(request)


def test_the_repr_of_a_letter_shows_its_subject_and_no_more() -> None:
    letter = offer(Template.INITIAL_CONTACT, FULL)

    assert repr(letter) == "Letter(subject='Anfrage für einen Therapieplatz')"


def test_both_forms_of_every_template_ship() -> None:
    folder = resource_folder("templates") / "emails"
    names = [f"{name}.{form}" for name in ("base_email", *Template) for form in ("html", "txt")]

    assert [name for name in names if not (folder / name).is_file()] == []


def test_a_folder_that_does_not_ship_is_named() -> None:
    with pytest.raises(MissingResource, match="'letters'"):
        resource_folder("letters")  # type: ignore[arg-type]


def test_the_same_request_gives_the_same_letter() -> None:
    assert offer(Template.FOLLOW_UP, FULL) == offer(Template.FOLLOW_UP, FULL)
