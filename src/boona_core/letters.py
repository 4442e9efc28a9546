"""What does a letter to a therapist say, and what does it never say?

The values here are everything that a letter is made of.  A patient goes into a letter as a number and a
profile, never as a name: ``letter_patient`` leaves out name, address, birth date and insurance number, and
hides them where somebody wrote them into a free text.  Every text is cleaned when a value is made: one line,
no control characters, bounded in length.  The words around the values belong to the templates.
"""

import re
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Any

from attrs import Attribute, field, frozen

from boona_core.diagnoses import Diagnosis, read_diagnoses
from boona_core.errors import InvalidValue
from boona_core.patients import Gender, Patient
from boona_core.redaction import one_line, private_words, without
from boona_core.windows import Weekday, WeeklyWindows, Window

LONGEST_TEXT = 1_000
LONGEST_NAME = 200

_LINE_BREAK = re.compile(r"[ \t,]*[\r\n]+[ \t,]*")
_URL = re.compile(r"https?://[^\s\"'<>\\]{1,500}", re.ASCII)


class Template(StrEnum):
    """Which letter: it follows from what the email holds."""

    INITIAL_CONTACT = "initial_contact"
    BATCH_REQUEST = "batch_request"
    FOLLOW_UP = "follow_up"
    CONFIRMATION = "confirmation"


class LetterDetail(StrEnum):
    """How much of a patient stands in the email itself."""

    FULL = "full"


def _name(text: str) -> str:
    return one_line(text, longest=LONGEST_NAME)


def _postal_address(text: str) -> str:
    """An address on one line: its line breaks are commas."""
    return _name(_LINE_BREAK.sub(", ", text.strip()))


def _optional_name(text: str | None) -> str | None:
    """A short text; None when nothing is left of it."""
    return _name(text) or None if text else None


def _optional_text(text: str | None) -> str | None:
    """A free text; None when nothing is left of it."""
    return one_line(text, longest=LONGEST_TEXT) or None if text else None


def _filled(_: object, attribute: "Attribute[str]", value: str) -> None:
    if not value:
        raise InvalidValue(attribute.name, "is empty")


def _web_address(_: object, attribute: "Attribute[str | None]", value: str | None) -> None:
    """A link is followed by a press: nothing but http and https may stand behind it."""
    if value is not None and _URL.fullmatch(value) is None:
        raise InvalidValue(attribute.name, "is not an address that starts with https://")


@frozen(kw_only=True)
class Agency:
    """The letterhead.

    Attributes:
        name: The agency's name, not empty.
        address: Postal address; line breaks become commas.  Not empty.
        phone: For therapists who would rather call; None leaves it out.
        imprint_url: Where the imprint stands, ``https://…``; None leaves it out.

    Raises:
        InvalidValue: name or address is empty, or the imprint is not a web address.
    """

    name: str = field(converter=_name, validator=_filled)
    address: str = field(converter=_postal_address, validator=_filled)
    phone: str | None = field(default=None, converter=_optional_name)
    imprint_url: str | None = field(default=None, validator=_web_address)


@frozen(kw_only=True)
class Sender:
    """Whom a therapist answers.

    Raises:
        InvalidValue: one of them is empty.
    """

    email: str = field(converter=_name, validator=_filled)
    name: str = field(converter=_name, validator=_filled)


@frozen(kw_only=True)
class Addressee:
    """The therapist as a letter addresses them.

    Attributes:
        salutation: How the therapist wishes to be addressed, as the directory has it; goes before the gender.
        title: Academic title, such as ``Dr.``; None means none.
    """

    salutation: str | None = field(default=None, converter=_optional_name)
    title: str | None = field(default=None, converter=_optional_name)
    first_name: str | None = field(default=None, converter=_optional_name)
    last_name: str | None = field(default=None, converter=_optional_name)
    gender: Gender | None = None


@frozen
class Attendance:
    """Weekdays in a row, *first* to *last*, with the same hours."""

    first: Weekday
    last: Weekday
    windows: tuple[Window, ...]


@frozen(kw_only=True, repr=False)
class LetterPatient:
    """One patient as a letter shows it; None, or nothing in it, is left out of the letter.

    Attributes:
        number: The number in the letter, from 1, by which the answer refers to this patient.
        age: Full years on the day of the letter.
        since: Since when the concerns are there.
        attendance: Weekly hours in which the patient can come.
    """

    number: int
    age: int | None = None
    gender: Gender | None = None
    diagnoses: tuple[Diagnosis, ...] = ()
    concerns: str | None = field(default=None, converter=_optional_text)
    since: date | None = None
    therapy_experience: bool | None = None
    earlier_therapies: str | None = field(default=None, converter=_optional_text)
    earlier_treatments: str | None = field(default=None, converter=_optional_text)
    inpatient_treatment: bool | None = None
    open_to_group_therapy: bool | None = None
    expectations: str | None = field(default=None, converter=_optional_text)
    goals: str | None = field(default=None, converter=_optional_text)
    attendance: tuple[Attendance, ...] = ()
    insurer: str | None = field(default=None, converter=_optional_name)

    def __repr__(self) -> str:
        return f"LetterPatient(number={self.number})"


def _counted_upwards(_: object, attribute: "Attribute[Any]", patients: tuple[LetterPatient, ...]) -> None:
    numbers = [0, *(patient.number for patient in patients)]
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        raise InvalidValue(attribute.name, "numbers must rise, from 1 on")


@frozen(kw_only=True)
class LetterRequest:
    """One letter to be written.

    Attributes:
        template: Which letter.
        patients: In rank order, numbers rising; at least one, and none in a confirmation.
        accepted_numbers: For a confirmation: the numbers that the therapist accepted; empty otherwise.
        answered_on: For a confirmation: the day of the letter that holds these numbers.
        letter_detail: How much of a patient stands in the email itself.

    Raises:
        InvalidValue: the letter has nobody to speak of, or a confirmation carries profiles.
    """

    template: Template
    addressee: Addressee
    agency: Agency
    sender: Sender
    patients: tuple[LetterPatient, ...] = field(default=(), validator=_counted_upwards)
    accepted_numbers: tuple[int, ...] = ()
    answered_on: date | None = None
    letter_detail: LetterDetail = LetterDetail.FULL

    def __attrs_post_init__(self) -> None:
        confirms = self.template is Template.CONFIRMATION
        if bool(self.patients) is confirms:
            raise InvalidValue("patients", f"a {self.template} letter needs {'none' if confirms else 'at least one'}")
        if bool(self.accepted_numbers) is not confirms:
            raise InvalidValue(
                "accepted_numbers", f"a {self.template} letter needs {'at least one' if confirms else 'none'}"
            )
        if confirms and self.answered_on is None:
            raise InvalidValue("answered_on", "a confirmation names the day of the letter that was answered")


@frozen(kw_only=True)
class Letter:
    """A letter in words, in both forms; the ``repr`` shows none of them.

    Attributes:
        subject: At most 255 characters, without health data.
    """

    subject: str
    body_html: str = field(repr=False)
    body_text: str = field(repr=False)


def age_on(birth_date: date, today: date) -> int:
    """Full years on *today*; somebody born on 29 February turns a year older on 1 March of a common year.

    A birth date in the future gives a negative age.
    """
    return today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))


def attendance_of(availability: WeeklyWindows | None) -> tuple[Attendance, ...]:
    """Days in a row that share the same hours made one line; None and an empty week give no line."""
    lines: list[Attendance] = []
    week = tuple(Weekday)
    for day, windows in availability.days() if availability else ():
        before = lines[-1] if lines else None
        if before and before.windows == windows and week.index(before.last) + 1 == week.index(day):
            lines[-1] = Attendance(before.first, day, windows)
        else:
            lines.append(Attendance(day, day, windows))
    return tuple(lines)


def letter_patient(patient: Patient, number: int, *, today: date) -> LetterPatient:
    """The profile of *patient* as number *number* of a letter written on *today*.

    Ages outside 0 to 120 are wrong data and left out.
    """
    age = age_on(patient.birth_date, today) if patient.birth_date else None
    private = private_words(patient)

    def shown(text: str | None) -> str | None:
        return without(private, one_line(text, longest=LONGEST_TEXT)) if text else None

    return LetterPatient(
        number=number,
        age=age if age is not None and 0 <= age <= 120 else None,
        gender=patient.gender,
        diagnoses=read_diagnoses(shown(patient.diagnosis)),
        concerns=shown(patient.symptoms),
        since=patient.symptoms_since,
        therapy_experience=patient.therapy_experience,
        earlier_therapies=shown(patient.earlier_therapies),
        earlier_treatments=shown(patient.earlier_treatments),
        inpatient_treatment=patient.inpatient_treatment,
        open_to_group_therapy=patient.open_to_group_therapy,
        expectations=shown(patient.expectations),
        goals=shown(patient.goals),
        attendance=attendance_of(patient.availability),
        insurer=shown(patient.insurer),
    )
