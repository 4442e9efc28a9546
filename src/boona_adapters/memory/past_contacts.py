"""What has passed with a therapist, from the emails and the calls in memory."""

from boona_adapters.memory.rows import EmailRow, Tables
from boona_adapters.memory.transactions import Transaction
from boona_core.calls import CallStatus, PhoneCall
from boona_core.contact import Channel
from boona_core.emails import EmailState
from boona_core.ids import TherapistId
from boona_core.letters import Template
from boona_core.past_contacts import PastContact, newest_first


def past_contacts_of(
    tables: Tables, transaction: Transaction, therapist_id: TherapistId, *, limit: int
) -> tuple[PastContact, ...]:
    """As ``ports.Therapists.past_contacts`` promises, of one therapist."""
    emails = map(_of_email, transaction.where(tables.emails, "therapist", therapist_id))
    calls = map(_of_call, transaction.where(tables.calls, "therapist", therapist_id))
    return newest_first((each for each in (*emails, *calls) if each is not None), limit=limit)


def _of_email(row: EmailRow) -> PastContact | None:
    email = row.email
    if email.state is not EmailState.SENT or row.marked_on is None or email.template is Template.CONFIRMATION:
        return None
    return PastContact(
        channel=Channel.EMAIL,
        id=email.id,
        day=row.marked_on,
        reached=email.bounced_at is None,
        answered_on=email.response_date,
        outcomes={item.placement_request_id: item.outcome for item in email.included},
        promises=(email.follow_up_notes,) if email.follow_up_notes else (),
    )


def _of_call(call: PhoneCall) -> PastContact | None:
    if call.status not in (CallStatus.COMPLETED, CallStatus.FAILED):
        return None
    day, held = call.actual_on or call.time.day, call.status is CallStatus.COMPLETED
    return PastContact(
        channel=Channel.PHONE,
        id=call.id,
        day=day,
        reached=held,
        answered_on=day if held else None,
        outcomes={item.placement_request_id: item.outcome for item in call.included},
        words="; ".join(text for text in (call.outcome, call.notes) if text is not None) or None,
        promises=tuple(item.follow_up_notes for item in call.included if item.follow_up_notes),
    )
