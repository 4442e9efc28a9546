"""Who may take patients: a therapist as a value.

Days are local dates of the agency.  What is kept by the system (the dates of the last contacts) is read here and
written by the use cases that make the contact.
"""

from datetime import date, datetime
from enum import StrEnum

from attrs import field, frozen
from attrs.converters import optional

from boona_core.ids import MailboxId, TherapistId
from boona_core.instants import utc
from boona_core.patients import Gender, PreferredGender
from boona_core.windows import WeeklyWindows


class TherapistStatus(StrEnum):
    """Whether the agency works with a therapist."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    INACTIVE = "inactive"


class GroupTherapy(StrEnum):
    """In which setting a therapist treats; ``both`` was asked for, unlike unknown."""

    INDIVIDUAL = "individual"
    GROUP = "group"
    BOTH = "both"


@frozen(kw_only=True)
class Therapist:
    """A person who may take patients.

    Text fields are None where unknown; the representation shows the id only.

    Attributes:
        other_addresses: Where sessions take place besides, each in one line with its postal code.
        email: The address as it was given; None: there is none.
        mailbox_id: The mailbox behind *email*, shared by colleagues; None: no address.
        phone: The number as it was given; None: there is none.
        phone_hours: When the phone is answered; None: unknown, empty: never.
        potentially_available: Somebody heard that there may be places; puts first in the order, makes nobody due.
        blocked_until: The first day after the block; None while blocked: for good.
        absent_until: The first day back from a known absence; None: not absent.
        languages: Languages besides German, as names.
        therapy_methods: The approved methods, as names.
        availability: Weekly hours in which sessions can take place; None: unknown, empty: never.
        patient_age_from: The youngest patients taken, in years; None: no lower bound.
        patient_age_to: The oldest patients taken, in years; None: no upper bound.
        patient_gender: Patients of which gender are taken; None: not asked.
        accepted_diagnoses: ICD-10 codes and groups (``F32``, ``F30-F39``) that are taken; empty: all.
        refused_diagnoses: ICD-10 codes and groups that are not taken.
        group_therapy: Whether sessions are alone or in a group; None: unknown.
        merged_into: The entry that is kept of a person who was entered twice; None: this one was not merged.
        erased_at: When the personal fields were emptied; None: not erased.
    """

    id: TherapistId
    external_id: str | None = None
    salutation: str | None = field(default=None, repr=False)
    title: str | None = field(default=None, repr=False)
    first_name: str = field(default="", repr=False)
    last_name: str = field(default="", repr=False)
    gender: Gender | None = field(default=None, repr=False)
    street: str | None = field(default=None, repr=False)
    postal_code: str | None = field(default=None, repr=False)
    city: str | None = field(default=None, repr=False)
    other_addresses: tuple[str, ...] = field(default=(), repr=False)
    phone: str | None = field(default=None, repr=False)
    fax: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    mailbox_id: MailboxId | None = field(default=None, repr=False)
    website: str | None = field(default=None, repr=False)
    insurance_seat: bool | None = field(default=None, repr=False)
    phone_hours: WeeklyWindows | None = field(default=None, repr=False)
    languages: tuple[str, ...] = field(default=(), repr=False)
    therapy_methods: tuple[str, ...] = field(default=(), repr=False)
    qualifications: str | None = field(default=None, repr=False)
    special_services: str | None = field(default=None, repr=False)
    potentially_available: bool = field(default=False, repr=False)
    potentially_available_notes: str | None = field(default=None, repr=False)
    status: TherapistStatus = field(default=TherapistStatus.ACTIVE, repr=False)
    blocked_reason: str | None = field(default=None, repr=False)
    blocked_on: date | None = field(default=None, repr=False)
    blocked_until: date | None = field(default=None, repr=False)
    do_not_contact: bool = field(default=False, repr=False)
    absent_until: date | None = field(default=None, repr=False)
    individual_places_from: date | None = field(default=None, repr=False)
    group_places_from: date | None = field(default=None, repr=False)
    last_email_on: date | None = field(default=None, repr=False)
    last_call_on: date | None = field(default=None, repr=False)
    last_conversation_on: date | None = field(default=None, repr=False)
    availability: WeeklyWindows | None = field(default=None, repr=False)
    patient_age_from: int | None = field(default=None, repr=False)
    patient_age_to: int | None = field(default=None, repr=False)
    patient_gender: PreferredGender | None = field(default=None, repr=False)
    accepted_diagnoses: tuple[str, ...] = field(default=(), repr=False)
    refused_diagnoses: tuple[str, ...] = field(default=(), repr=False)
    group_therapy: GroupTherapy | None = field(default=None, repr=False)
    merged_into: TherapistId | None = field(default=None, repr=False)
    erased_at: datetime | None = field(default=None, repr=False, converter=optional(utc))
