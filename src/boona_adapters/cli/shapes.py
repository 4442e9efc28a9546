"""What does ``--json`` print?

The shapes below are stable: names are not taken away and do not change their meaning, others may join them.  Days are
``2026-03-02``, instants ``2026-03-02T07:00:00+00:00`` (UTC), enumerated values as in the database, what is not known
or does not exist is ``null``.
"""

from datetime import date, datetime
from typing import Any

from boona_core.contact import ContactDecision
from boona_core.emails import Email
from boona_core.geo import UNKNOWN
from boona_core.matching import Match
from boona_core.usecases.deciding import Queuing
from boona_core.usecases.explaining import Explanation
from boona_core.usecases.offering import Offered
from boona_core.usecases.planning import PlanRun
from boona_core.usecases.sending import Drained

Json = dict[str, Any]


def decision_json(decision: ContactDecision) -> Json:
    """A decision; an until of null: no day helps.

    ``{"allowed", "next_allowed_on", "reasons": [{"reason", "until"}], "ahead": [{"reason", "since", "until"}]}``
    """
    return {
        "allowed": decision.allowed,
        "next_allowed_on": _day(decision.next_allowed_on),
        "reasons": [{"reason": hold.reason.value, "until": _day(hold.until)} for hold in decision.holds],
        "ahead": [
            {"reason": hold.reason.value, "since": _day(hold.since), "until": _day(hold.until)}
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
        "day": _day(run.plan.day),
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
    """``send``: numbers of emails, and ``pause``, null or ``{"until", "words"}`` of a server that does not work."""
    pause = drained.pause
    return {
        "sent": drained.sent,
        "failed": drained.failed,
        "deferred": drained.deferred,
        "uncertain": drained.uncertain,
        "canceled": drained.canceled,
        "pause": None if pause is None else {"until": _instant(pause.until), "words": pause.words},
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
        "queued_at": _instant(email.queued_at),
        "not_before": _instant(email.not_before),
        "sent_at": _instant(email.sent_at),
        "retry_count": email.retry_count,
        "error_message": email.error_message,
        "message_id": email.message_id,
        "overridden": sorted(reason.value for reason in email.overridden),
        "override_reason": email.override_reason,
        "bounced_at": _instant(email.bounced_at),
        "response_received": email.response_received,
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


def explanation_json(explanation: Explanation) -> Json:
    """``why``: for each channel a decision, then the requests."""
    return {
        "therapist_id": explanation.therapist_id,
        "decisions": {channel.value: decision_json(each) for channel, each in explanation.decisions.items()},
        "next_requests": list(explanation.next_requests),
        "other_requests": [
            {"request_id": request_id, **decision_json(decision)}
            for request_id, decision in explanation.request_decisions.items()
        ],
        "outstanding": [email_json(email) for email in explanation.outstanding],
    }


def match_json(match: Match) -> Json:
    """One pair of ``match``; ``unknown``: not known to fit."""
    return {
        "patient_id": match.patient_id,
        "therapist_id": match.therapist_id,
        "fits": match.fits,
        "distance_km": None if match.distance is UNKNOWN else round(match.distance, 3),
        "way_minutes": None if match.way is UNKNOWN else match.way,
        "likelihood": round(match.likelihood, 4),
        "waiting_since": _day(match.waiting_since),
        "limit_assumed": match.limit_assumed,
        "reasons": [
            {"reason": each.reason.value, "unknown": each.unknown, "until": _day(each.until)}
            for each in match.mismatches
        ],
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


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
