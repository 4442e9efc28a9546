"""How an email of the agency comes about: from requests to a letter to the bytes that are sent.

Used by every use case that writes or rewrites an email, inside the unit that it is given.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime

from attrs import frozen

from boona_core.emails import Email
from boona_core.errors import InvalidValue
from boona_core.letters import (
    Addressee,
    Agency,
    Letter,
    LetterDetail,
    LetterRequest,
    Sender,
    Template,
    letter_patient,
)
from boona_core.patients import Patient
from boona_core.ports import Content, Envelopes, Letters
from boona_core.therapists import Therapist

_DIRECTION_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@frozen(kw_only=True)
class Stationery:
    """What every letter of the agency shares: its head, its sender, and who writes and seals it."""

    letters: Letters
    envelopes: Envelopes
    agency: Agency
    sender: Sender
    letter_detail: LetterDetail = LetterDetail.FULL

    def write(self, template: Template, therapist: Therapist, patients: Sequence[Patient], *, today: date) -> Letter:
        """The letter to *therapist* about these patients, numbered from 1 in this order."""
        return self.letters.compose(
            LetterRequest(
                template=template,
                addressee=addressee_of(therapist),
                agency=self.agency,
                sender=self.sender,
                patients=tuple(
                    letter_patient(patient, number, today=today) for number, patient in enumerate(patients, start=1)
                ),
                letter_detail=self.letter_detail,
            )
        )

    def confirm(self, therapist: Therapist, numbers: Sequence[int], *, answered_on: date) -> Letter:
        """The letter that thanks for a yes to these numbers of the letter of *answered_on*."""
        return self.letters.compose(
            LetterRequest(
                template=Template.CONFIRMATION,
                addressee=addressee_of(therapist),
                agency=self.agency,
                sender=self.sender,
                accepted_numbers=tuple(numbers),
                answered_on=answered_on,
                letter_detail=self.letter_detail,
            )
        )

    def seal(
        self,
        letter: Letter,
        therapist: Therapist,
        *,
        now: datetime,
        message_id: str | None = None,
        recipient_name: str | None = None,
    ) -> Content:
        """The letter as it will be sent to the therapist's address, and in another's name only where one is given.

        Raises:
            InvalidValue: the therapist has no address.
            BoonaError: the address, or a value of a header, cannot be sent.
        """
        if therapist.email is None:
            raise InvalidValue("email", f"therapist {therapist.id} has no address")
        return self.envelopes.seal(
            letter,
            sender=self.sender,
            recipient_email=therapist.email,
            recipient_name=name_of(therapist) if recipient_name is None else recipient_name,
            now=now,
            message_id=message_id,
        )

    def draft(self, letter: Letter, therapist: Therapist) -> Content:
        """The letter as a person reads it before it is queued; not sealed yet."""
        return Content(
            subject=letter.subject,
            body_html=letter.body_html,
            body_text=letter.body_text,
            recipient_email=therapist.email or "",
            recipient_name=name_of(therapist),
            sender_email=self.sender.email,
            sender_name=self.sender.name,
        )


def addressee_of(therapist: Therapist) -> Addressee:
    """The therapist as a letter, or a caller, addresses them."""
    return Addressee(
        salutation=therapist.salutation,
        title=therapist.title,
        first_name=therapist.first_name,
        last_name=therapist.last_name,
        gender=therapist.gender,
    )


def name_of(therapist: Therapist) -> str:
    """Title, first and last name, as far as they are known, without marks that turn the direction of writing."""
    name = " ".join(part for part in (therapist.title, therapist.first_name, therapist.last_name) if part)
    return _DIRECTION_MARKS.sub("", name)


def letter_of(email: Email) -> Letter:
    """The letter as it is stored: what a person has read is what is sent."""
    return Letter(subject=email.subject, body_html=email.body_html, body_text=email.body_text)
