"""What does ``--json`` print?

The shapes below are stable: names are not taken away and do not change their meaning, others may join them.  Days are
``2026-03-02``, instants ``2026-03-02T07:00:00+00:00`` (UTC), enumerated values as in the database, what is not known
or does not exist is ``null``.
"""

from datetime import date, datetime
from typing import Any

from boona_core.contact import ContactDecision
from boona_core.emails import Email
from boona_core.event_ports import SetAside
from boona_core.geo import UNKNOWN
from boona_core.ids import PlacementRequestId
from boona_core.matching import Match
from boona_core.usecases.answering import Answered
from boona_core.usecases.asked import Asked
from boona_core.usecases.confirming import Confirmation
from boona_core.usecases.deciding import Queuing
from boona_core.usecases.displacing import Undone
from boona_core.usecases.finding import WaitingAnswers
from boona_core.usecases.holding import Hold
from boona_core.usecases.offering import Offered
from boona_core.usecases.outcomes import Recorded
from boona_core.usecases.planning import PlanRun
from boona_core.usecases.sending import Drained

Json = dict[str, Any]


def decision_json(decision: ContactDecision) -> Json:
    """A decision; an until of null: no day helps.

    ``{"allowed", "next_allowed_on", "reasons": [{"reason", "until"}], "ahead": [{"reason", "since", "until"}]}``
    """
    return {
        "allowed": decision.allowed,
        "next_allowed_on": day_json(decision.next_allowed_on),
        "reasons": [{"reason": hold.reason.value, "until": day_json(hold.until)} for hold in decision.holds],
        "ahead": [
            {"reason": hold.reason.value, "since": day_json(hold.since), "until": day_json(hold.until)}
            for hold in decision.ahead
        ],
    }


def plan_json(run: PlanRun) -> Json:
    """``plan emails``.

    ``emails`` are those made (to be made, with ``dry_run``), ``refusals`` the therapists who get none though requests
    wait, ``left_over`` the requests without room in the emails, ``held`` how many requests each reason of their own
    holds back, ``reopened`` the requests whose silence was over, ``unwritable`` what could not be written, ``taken``
    the therapists whom somebody else reserved meanwhile.
    """
    return {
        "batch_id": run.batch_id,
        "day": day_json(run.plan.day),
        "dry_run": run.dry_run,
        "drafts": run.drafts,
        "emails": [
            {
                "therapist_id": email.therapist_id,
                "request_ids": [request.id for request in email.requests],
                "template": email.template.value,
            }
            for email in run.plan.emails
        ],
        "refusals": [
            {"therapist_id": refusal.therapist_id, "waiting": refusal.waiting, **decision_json(refusal.decision)}
            for refusal in run.plan.refusals
        ],
        "left_over": run.plan.left_over,
        "held": {reason.value: number for reason, number in sorted(run.plan.held.items())},
        "reopened": run.reopened,
        "unwritable": [{"therapist_id": each.therapist_id, "fault": each.fault} for each in run.unwritable],
        "taken": list(run.taken),
    }


def drained_json(drained: Drained) -> Json:
    """``send``: numbers of emails, and ``pause``, null or ``{"until", "words"}`` of a server that does not work.

    ``hold``: null, or what tells that the database was restored.
    """
    pause = drained.pause
    return {
        "sent": drained.sent,
        "failed": drained.failed,
        "deferred": drained.deferred,
        "uncertain": drained.uncertain,
        "canceled": drained.canceled,
        "pause": None if pause is None else {"until": instant_json(pause.until), "words": pause.words},
        "hold": hold_json(drained.hold),
    }


def hold_json(hold: Hold | None) -> Json | None:
    """A hold after a restore: how far the mark outside is, and how far the database's; null: there is none."""
    return None if hold is None else {"outside": hold.outside, "inside": hold.inside}


def set_aside_json(message: SetAside) -> Json:
    """One of ``events``: a message of another system that waits for a person."""
    return {
        "id": message.id,
        "stream": message.source,
        "place": message.place,
        "reason": message.reason,
        "at": instant_json(message.at),
    }


def email_json(email: Email) -> Json:
    """One of ``emails``; requests in the order of the letter."""
    return {
        "id": email.id,
        "therapist_id": email.therapist_id,
        "status": email.state.status,
        "template": email.template.value if email.template else None,
        "batch_id": email.batch_id,
        "request_ids": [item.placement_request_id for item in email.included],
        "queued_at": instant_json(email.queued_at),
        "not_before": instant_json(email.not_before),
        "sent_at": instant_json(email.sent_at),
        "retry_count": email.retry_count,
        "error_message": email.error_message,
        "message_id": email.message_id,
        "overridden": sorted(reason.value for reason in email.overridden),
        "override_reason": email.override_reason,
        "bounced_at": instant_json(email.bounced_at),
        "response_received": email.response_received,
        "response_date": day_json(email.response_date),
        "follow_up_required": email.follow_up_required,
        "answered_email_id": email.answered_email_id,
    }


def email_detail_json(email: Email) -> Json:
    """``emails EMAIL``: the same, with what stands in it; ``batches`` hold those taken out, too."""
    return {
        **email_json(email),
        "subject": email.subject,
        "recipient_email": email.recipient_email,
        "recipient_name": email.recipient_name,
        "sender_email": email.sender_email,
        "sender_name": email.sender_name,
        "body_text": email.body_text,
        "body_html": email.body_html,
        "response_content": email.response_content,
        "follow_up_notes": email.follow_up_notes,
        "batches": [
            {
                "id": item.id,
                "placement_request_id": item.placement_request_id,
                "priority": item.rank,
                "included": item.included,
                "response_outcome": item.outcome,
            }
            for item in email.items
        ],
    }


def queuing_json(queuing: Queuing) -> Json:
    """One of ``queue``, and the ``queuing`` of ``settle EMAIL again``."""
    return {
        "email_id": queuing.email_id,
        "queued": queuing.queued,
        "closed_requests": list(queuing.closed),
        "overridden": sorted(reason.value for reason in queuing.overridden),
        **decision_json(queuing.decision),
    }


def recorded_json(recorded: Recorded) -> Json:
    """What followed from outcomes that were recorded.

    ``moved`` is where each request stands that moved, those of other therapists included; ``placed`` and ``displaced``
    are patients, ``too_late`` acceptances of requests that were canceled already, ``canceled_calls`` planned calls that
    are not made.
    """
    return {
        "moved": [{"request_id": each, "status": status.value} for each, status in sorted(recorded.moved.items())],
        "placed": list(recorded.placed),
        "displaced": list(recorded.displaced),
        "too_late": list(recorded.too_late),
        "canceled_calls": list(recorded.canceled_calls),
    }


def match_json(match: Match) -> Json:
    """One pair of ``match``; ``unknown``: not known to fit.

    ``way_source``: ``estimate``, or which router has said how long the way is, ``way_asked_at`` when; a router that
    knows no way has said it with ``way_minutes`` null.
    """
    return {
        "patient_id": match.patient_id,
        "therapist_id": match.therapist_id,
        "fits": match.fits,
        "distance_km": None if match.distance is UNKNOWN else round(match.distance, 3),
        "way_minutes": None if match.way is UNKNOWN else match.way,
        "way_source": match.way_source,
        "way_asked_at": None if match.route is None else match.route.provenance.asked_at.isoformat(),
        "road_km": match.road_km,
        "likelihood": round(match.likelihood, 4),
        "waiting_since": day_json(match.waiting_since),
        "limit_assumed": match.limit_assumed,
        "reasons": [
            {"reason": each.reason.value, "unknown": each.unknown, "until": day_json(each.until)}
            for each in match.mismatches
        ],
    }


def geocoded_json(asked: Asked | None) -> Json | None:
    """One half of ``geocode``; null: there is nobody to ask."""
    if asked is None:
        return None
    return {
        "people": asked.people,
        "without_question": asked.without_question,
        "questions": asked.questions,
        "found": asked.found,
        "unknown": asked.unknown,
        "elsewhere": asked.elsewhere,
        "failed": asked.failed,
        "limited": asked.limited,
        "stopped": asked.stopped,
    }


def offered_json(offered: Offered | None) -> Json | None:
    """What ``match --create`` created; of a dry run the requests have no ids."""
    if offered is None:
        return None
    return {
        "dry_run": offered.dry_run,
        "created": [
            {
                "patient_id": patient_id,
                "therapist_id": therapist_id,
                "request_id": None if offered.dry_run else request_id,
            }
            for (patient_id, therapist_id), request_id in offered.request_ids.items()
        ],
        "refused": [match_json(match) for match in offered.refused],
    }


def answered_json(answered: Answered, *, dry_run: bool) -> Json:
    """``answer``: ``outcomes`` is what was said about which request, then what followed."""
    return {
        "email_id": answered.email_id,
        "day": day_json(answered.day),
        "dry_run": dry_run,
        "outcomes": [{"request_id": each, "outcome": said.value} for each, said in sorted(answered.outcomes.items())],
        **recorded_json(answered.recorded),
        "for_person": answered.for_person,
        "confirmation_offered": answered.confirmation_offered,
    }


def confirmation_json(confirmation: Confirmation, *, dry_run: bool) -> Json:
    """``confirm``: the email whose answer is confirmed, the numbers accepted in it, and the decision.

    ``confirmation_id`` is the letter's own id; null: it was not queued.
    """
    queuing = confirmation.queuing
    return {
        "email_id": confirmation.answered_email_id,
        "numbers": list(confirmation.numbers),
        "confirmation_id": queuing.email_id if queuing.queued and not dry_run else None,
        "queued": queuing.queued,
        "dry_run": dry_run,
        **decision_json(queuing.decision),
    }


def undone_json(request_id: PlacementRequestId, undone: Undone, *, dry_run: bool) -> Json:
    """``undo``: who searches again, and where the requests stand that the placement had canceled."""
    return {
        "request_id": request_id,
        "patient_id": undone.patient_id,
        "dry_run": dry_run,
        "restored": [{"request_id": each, "status": status.value} for each, status in sorted(undone.restored.items())],
    }


def waiting_json(waiting: WaitingAnswers) -> Json:
    """The ``answers`` of ``emails``: those that wait for a person."""
    return {
        "without_outcome": [email.id for email in waiting.without_outcome],
        "late_acceptances": [
            {
                "request_id": late.id,
                "patient_id": late.patient_id,
                "therapist_id": late.therapist_id,
                "answered_on": day_json(late.answered_on),
                "status": late.status.value,
                "placed_by_request_id": late.canceled_by,
            }
            for late in waiting.late_acceptances
        ],
    }


def day_json(day: date | None) -> str | None:
    """``2026-03-02``."""
    return None if day is None else day.isoformat()


def instant_json(instant: datetime | None) -> str | None:
    """``2026-03-02T07:00:00+00:00``."""
    return None if instant is None else instant.isoformat()
