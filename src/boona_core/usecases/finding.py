"""Which emails and answers are there, and which of them wait for a person?"""

from collections.abc import Collection, Mapping, Sequence

from attrs import field, frozen

from boona_core.answer_ports import Standing
from boona_core.emails import Email, EmailState
from boona_core.ids import EmailId, TherapistId
from boona_core.ports import OpenUnit


@frozen(kw_only=True)
class FindEmails:
    """List emails, newest first."""

    open_unit: OpenUnit

    def __call__(
        self,
        *,
        states: Collection[EmailState] = (),
        therapist_id: TherapistId | None = None,
        batch_id: str | None = None,
        after: EmailId | None = None,
        limit: int = 100,
    ) -> Sequence[Email]:
        """The emails that fit, with ids below *after*, at most *limit*; no states: all."""
        with self.open_unit() as unit:
            return unit.emails.find(
                states=states, therapist_id=therapist_id, batch_id=batch_id, after=after, limit=limit
            )

    def one(self, email_id: EmailId) -> Email:
        """One email with its batch rows.

        Raises:
            UnknownId: there is none.
        """
        with self.open_unit() as unit:
            return unit.emails.get(email_id)

    def counts(self) -> Mapping[EmailState, int]:
        """How many emails stand in each state."""
        with self.open_unit() as unit:
            return unit.emails.counts()


@frozen(kw_only=True)
class WaitingAnswers:
    """The answers that a person has to look at.

    Attributes:
        without_outcome: The answered emails of whose answers nobody has said yet what they mean, by id.
        late_acceptances: The requests that were accepted when they were canceled already, by id.
    """

    without_outcome: Sequence[Email] = field(factory=tuple)
    late_acceptances: Sequence[Standing] = field(factory=tuple)


@frozen(kw_only=True)
class FindAnswers:
    """List the answers that wait for a person."""

    open_unit: OpenUnit

    def __call__(self, *, limit: int = 100) -> WaitingAnswers:
        """The answers that wait, of each kind at most *limit*."""
        with self.open_unit() as unit:
            return WaitingAnswers(
                without_outcome=[unit.emails.get(each) for each in unit.answers.waiting_emails(limit=limit)],
                late_acceptances=unit.answers.late_acceptances(limit=limit),
            )
