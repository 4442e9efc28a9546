"""What answers ask of a store, as promises; a unit keeps them together with those of ``boona_core.ports``.

Locks are taken in the order that is told there: who writes here has locked the patients and therapists before.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Protocol

from attrs import field, frozen

from boona_core.calls import Outcome
from boona_core.ids import EmailId, PatientId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.requests import PlacementRequest, RequestStatus
from boona_core.texts import check_texts


@frozen(kw_only=True)
class Standing:
    """Where a request stands, where it stood before, and what was said about it.

    Attributes:
        held_by_email: The email through which it is in progress.
        held_by_call: The call through which it is in progress.
        answer: What the therapist said last, wherever the request stands; None: nothing that counts.
        answered_on: The local day of that.
        before: Of one that is accepted, rejected or canceled: where it stood, open or in progress; None: not known.
        held_before: The email that held it then.
        call_asked_before: The day from which a call about it was asked for then.
        canceled_by: The request whose placement canceled it.
        places: Its patient has a place by it.
        too_late: It was accepted when it was canceled already, and nobody has looked at it yet.
    """

    id: PlacementRequestId
    patient_id: PatientId
    therapist_id: TherapistId
    status: RequestStatus
    held_by_email: EmailId | None = None
    held_by_call: PhoneCallId | None = None
    answer: Outcome | None = None
    answered_on: date | None = None
    before: RequestStatus | None = None
    held_before: EmailId | None = None
    call_asked_before: date | None = None
    canceled_by: PlacementRequestId | None = None
    places: bool = False
    too_late: bool = False


@frozen(kw_only=True)
class EmailAnswer:
    """What is written to an email that was answered.

    Attributes:
        day: The local day of the answer.
        outcomes: Of these requests; those of the others stay as they are.
        content: What it said; None: what is stored stays.
        follow_up_required: Somebody of the staff has to look at it.
        follow_up_notes: What they should know; None: what is stored stays.

    Raises:
        InvalidValues: texts that no store can keep, each with its field and without the text.
    """

    day: date
    outcomes: Mapping[PlacementRequestId, Outcome] = field(factory=dict)
    content: str | None = field(default=None, repr=False)
    follow_up_required: bool = False
    follow_up_notes: str | None = field(default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        check_texts((("response_content", self.content, None), ("follow_up_notes", self.follow_up_notes, None)))


class Answers(Protocol):
    """What therapists said, and the places that came of it.

    A patient has a place by one request at most.
    """

    def standings(self, request_ids: Collection[PlacementRequestId]) -> Mapping[PlacementRequestId, Standing]:
        """Where those of these requests stand that exist, by id."""

    def canceled_by(self, request_id: PlacementRequestId) -> Sequence[Standing]:
        """The requests that the placement by this one canceled, by id."""

    def write_email(self, email_id: EmailId, answer: EmailAnswer) -> None:
        """Write an answer to its email and to the batch rows: from now on the email is answered.

        Raises:
            UnknownId: there is no such email.
        """

    def write_outcomes(self, email_id: EmailId, outcomes: Mapping[PlacementRequestId, Outcome]) -> None:
        """Write to batch rows of an email what was said about their requests by another way."""

    def settle(self, email_id: EmailId) -> None:
        """A person has looked at the answer of an email: it waits for nobody, nor does what came too late by it."""

    def note(
        self,
        outcomes: Mapping[PlacementRequestId, Outcome],
        *,
        day: date,
        pair_rests_until: date,
        words: str | None = None,
    ) -> None:
        """Keep with each request what was said about it on a local day, and that its cooldown counts from there.

        Args:
            pair_rests_until: The first day on which the pair of a request that was rejected may be offered again.
            words: Of an answer that came by no email; None: what is stored stays.
        """

    def forget(self, request_ids: Collection[PlacementRequestId]) -> None:
        """Nothing was said about these requests after all, and their pairs do not rest."""

    def count_from(self, day: date, *, settled: Collection[PlacementRequestId]) -> None:
        """Let the cooldowns count from *day*, unless they do from a later one, of the answers that left these open.

        These are the answers, by an email or in a call, in which one of *settled* needed a follow-up.
        """

    def take(self, request_ids: Collection[PlacementRequestId]) -> frozenset[PlacementRequestId]:
        """Move open requests to in progress through no email and no call; returns those that were open."""

    def decide(self, request_ids: Collection[PlacementRequestId], status: RequestStatus) -> Sequence[PlacementRequest]:
        """Accept or reject those of these requests that are in progress; returns them, by id.

        Where they stood is remembered for ``restore``.
        """

    def restore(self, requests: Mapping[PlacementRequestId, RequestStatus]) -> Sequence[PlacementRequest]:
        """Lead accepted, rejected and canceled requests back to open or in progress; returns those led back, by id.

        One in progress is so through the email that held it before, and a call about it is asked for as it was.
        One whose pair has another open request or one in progress by now stays as it is.
        """

    def mark_too_late(self, request_ids: Collection[PlacementRequestId], *, too_late: bool) -> None:
        """Put these acceptances before a person, or take them from there."""

    def place(self, request_id: PlacementRequestId, *, on: date) -> None:
        """The patient of an accepted request has a place by it, and nothing else places them any more.

        They are in therapy; the day is kept as that of their first place unless they had one before.

        Raises:
            UnknownId: there is no such request.
        """

    def displace(self, request_id: PlacementRequestId, *, placed_on: date | None) -> None:
        """The patient of a request has no place by it after all, and searches again.

        Args:
            placed_on: The day of the placement, forgotten again as that of the first place; None: not known.

        Raises:
            UnknownId: there is no such request.
        """

    def placing(self, patient_ids: Collection[PatientId]) -> Mapping[PatientId, PlacementRequestId]:
        """The requests by which these patients have a place; those who have none are left out."""

    def follow_up_calls(self, email_ids: Collection[EmailId]) -> Mapping[EmailId, PhoneCallId]:
        """The first call that followed up each of these emails; those that none followed up are left out."""

    def confirmation_of(self, email_id: EmailId) -> EmailId | None:
        """The confirmation of an email's answer that is not canceled; None: there is none."""

    def accepted_in(self, request_id: PlacementRequestId) -> Sequence[EmailId]:
        """The emails whose answers accepted this request, by id."""

    def waiting_emails(self, *, limit: int = 100) -> Sequence[EmailId]:
        """The emails whose answers wait for a person, by id."""

    def late_acceptances(self, *, limit: int = 100) -> Sequence[Standing]:
        """The acceptances that came too late and wait for a person, by id."""
