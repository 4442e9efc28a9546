"""Thank a therapist for a yes: the confirmation, released by a person, once for each answer.

It is limited by no interval, cooldown or cap and reserves nothing.  It says which numbers of the letter were accepted
and that these patients will get in touch: no name, no health data, and no batch rows.
"""

from zoneinfo import ZoneInfo

from attrs import frozen

from boona_core.contact import ContactPolicy, decide_confirmation
from boona_core.emails import EmailState
from boona_core.errors import IllegalTransition
from boona_core.events import EventType
from boona_core.ids import EmailId
from boona_core.instants import local_day
from boona_core.letters import Template
from boona_core.ports import NewEmail, OpenUnit
from boona_core.usecases.answering import accepted_numbers
from boona_core.usecases.composing import Stationery
from boona_core.usecases.deciding import Queuing
from boona_core.usecases.telling import email_event


@frozen(kw_only=True)
class Confirmation:
    """Whether a confirmation was released.

    Attributes:
        answered_email_id: The email whose answer it confirms.
        numbers: Those of the letter that were accepted.
        queuing: Its own email, and whether it is in the queue; without an id of its own where it is not.
    """

    answered_email_id: EmailId
    numbers: tuple[int, ...]
    queuing: Queuing


@frozen(kw_only=True)
class ReleaseConfirmation:
    """Put the confirmation of an answer into the queue."""

    open_unit: OpenUnit
    stationery: Stationery
    policy: ContactPolicy
    zone: ZoneInfo

    def __call__(self, email_id: EmailId, *, dry_run: bool = False) -> Confirmation:
        """Release the confirmation of the answer to one email.

        Raises:
            UnknownId: there is no such email.
            IllegalTransition: its answer accepted nobody, or is confirmed already.
            BoonaError: the therapist's address cannot be written to.
        """
        with self.open_unit() as unit:
            unit.therapists.lock([unit.emails.get(email_id).therapist_id])
            email = unit.emails.get(email_id)
            numbers = accepted_numbers(unit, email)
            if not numbers or email.marked_at is None:
                raise IllegalTransition(f"email {email_id}", "without an acceptance that holds", "confirmed")
            if (earlier := unit.answers.confirmation_of(email_id)) is not None:
                raise IllegalTransition(f"email {email_id}", f"confirmed by email {earlier}", "confirmed")
            now = unit.now()
            today = local_day(now, self.zone)
            history = unit.therapists.histories([email.therapist_id], self.policy, today=today)[email.therapist_id]
            decision = decide_confirmation(history, self.policy, today=today)
            (own_id,) = unit.emails.new_ids(1)
            if decision.allowed:
                therapist = unit.therapists.get(email.therapist_id)
                letter = self.stationery.confirm(therapist, numbers, answered_on=local_day(email.marked_at, self.zone))
                new = NewEmail(
                    therapist_id=therapist.id,
                    mailbox_id=therapist.mailbox_id,
                    request_ids=(),
                    content=self.stationery.seal(letter, therapist, now=now),
                    state=EmailState.QUEUED,
                    day=today,
                    template=Template.CONFIRMATION,
                    answered_email_id=email_id,
                )
                unit.emails.add({own_id: new}, now=now)
                kinds = (EventType.EMAIL_CREATED, EventType.EMAIL_QUEUED)
                unit.outbox.put([email_event(kind, own_id, therapist.id) for kind in kinds])
                if not dry_run:
                    unit.commit()
        return Confirmation(
            answered_email_id=email_id, numbers=numbers, queuing=Queuing(email_id=own_id, decision=decision)
        )
