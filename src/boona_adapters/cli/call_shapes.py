"""What does ``--json`` print about calls?

The same promises as in :mod:`boona_adapters.cli.shapes`; planned times are a local date and a local time, ``09:10``.
"""

from boona_adapters.cli.shapes import Json, day_json, decision_json, instant_json, recorded_json
from boona_core.callers import Caller
from boona_core.calls import CallTime, PhoneCall
from boona_core.contact import Reason
from boona_core.past_contacts import PastContact
from boona_core.slots import Slot
from boona_core.usecases.changing_calls import Failing, Scheduling
from boona_core.usecases.completing_calls import Completion
from boona_core.usecases.composing import name_of
from boona_core.usecases.listing_calls import CallList, ListedCall, ListedPatient
from boona_core.usecases.planning_calls import CallPlanRun
from boona_core.usecases.replanning import Replanning
from boona_core.windows import clock


def time_json(time: CallTime) -> Json:
    """``{"scheduled_date", "scheduled_time", "duration_minutes"}``."""
    return {
        "scheduled_date": day_json(time.day),
        "scheduled_time": clock(time.start),
        "duration_minutes": time.minutes,
    }


def call_json(call: PhoneCall) -> Json:
    """A call by itself."""
    return {
        "id": call.id,
        "therapist_id": call.therapist_id,
        "caller_id": call.caller_id,
        **time_json(call.time),
        "status": call.status.value,
        "cause": call.cause.value,
        "attempt": call.attempt,
        "previous_call_id": call.previous_id,
        "actual_date": day_json(call.actual_on),
        "actual_time": None if call.actual_at is None else clock(call.actual_at),
        "outcome": call.outcome,
        "notes": call.notes,
        "retry_after": day_json(call.retry_after),
        "retry_due": call.retry_due,
        "waits_for_a_person": call.exhausted,
        "outside_hours": call.outside_hours,
        "assumed_hours": call.assumed_hours,
        "revision": call.revision,
        "changed_at": instant_json(call.changed_at),
    }


def listed_call_json(listed: ListedCall, words: str) -> Json:
    """One of ``calls``: the call, who is rung, about whom (no names), what has passed, and what to say."""
    promise, therapist = listed.promise, listed.therapist
    return {
        **call_json(listed.call),
        "caller": None if listed.caller is None else listed.caller.name,
        "attempts": listed.attempts,
        "therapist": {"name": name_of(therapist), "phone": therapist.phone, "city": therapist.city},
        "patients": [_patient_json(each) for each in listed.patients],
        "history": [_contact_json(each) for each in listed.history],
        "promise": None
        if promise is None
        else {"on": day_json(promise.answered_on or promise.day), "words": list(promise.promises)},
        "what_to_say": words,
    }


def call_list_json(calls: CallList, words: dict[int, str]) -> Json:
    """``calls``: canceled ones too, by caller, then time; *words* by call."""
    return {
        "first_day": day_json(calls.first),
        "last_day": day_json(calls.last),
        "calls": [listed_call_json(each, words[each.call.id]) for each in calls.calls],
    }


def call_plan_json(run: CallPlanRun) -> Json:
    """``plan calls`` and ``follow-ups``.

    ``calls`` are those made (to be made, with ``dry_run``, and then without ids), ``unplaced`` those due without a
    time, ``refusals`` those due who must not be called now, ``upper_bound`` what no plan surpasses,
    ``placed_with_one_more_caller`` the calls of a plan with one more caller, ``more_callers_for_all`` how many more
    callers place everybody (null: no number does), ``taken`` who was called off or taken in the same moment.
    """
    ids = run.call_ids or (None,) * len(run.planned)
    return {
        "dry_run": run.dry_run,
        "calls": [
            {
                "id": call_id,
                "therapist_id": call.due.therapist_id,
                "caller_id": call.caller_id,
                **time_json(call.time),
                "cause": call.due.cause.value,
                "attempt": call.due.attempt,
                "request_ids": [request.id for request in call.due.requests],
                "email_ids": list(call.due.email_ids),
                "assumed_hours": call.due.assumed_hours,
            }
            for call_id, call in zip(ids, run.planned, strict=True)
        ],
        "unplaced": [
            {"therapist_id": each.due.therapist_id, "cause": each.due.cause.value, "reason": each.reason.value}
            for each in run.unplaced
        ],
        "refusals": [{"therapist_id": each.therapist_id, **decision_json(each.decision)} for each in run.refusals],
        "upper_bound": run.upper_bound,
        "placed_with_one_more_caller": run.relief.placed_with_one_more,
        "more_callers_for_all": run.relief.callers_for_all,
        "taken": list(run.taken),
    }


def scheduling_json(scheduling: Scheduling) -> Json:
    """``call CALL moved``: the decision, and the call as it is planned now, null: it is not."""
    return {
        "call": None if scheduling.call is None else call_json(scheduling.call),
        "closed_requests": list(scheduling.closed),
        **decision_json(scheduling.decision),
    }


def completion_json(completion: Completion) -> Json:
    """``call CALL completed``: the call, what was said about which request, and what followed."""
    return {
        "call": call_json(completion.call),
        "outcomes": [
            {
                "request_id": item.placement_request_id,
                "number": number,
                "outcome": None if item.outcome is None else item.outcome.value,
                "follow_up_notes": item.follow_up_notes,
            }
            for number, item in completion.call.numbered.items()
        ],
        **recorded_json(completion.recorded),
    }


def failing_json(failing: Failing) -> Json:
    """``call CALL failed``: the call, its next attempt (null: none is planned), and what is left to do."""
    return {
        "call": call_json(failing.call),
        "retry": None if failing.retry is None else call_json(failing.retry),
        "retry_due": failing.due,
        "waits_for_a_person": failing.exhausted,
    }


def next_call_json(found: Slot | Reason | None) -> Json | None:
    """The ``next_call`` of ``why``: a time and who is free, or a ``reason``; null: no day would help."""
    if isinstance(found, Slot):
        return {**time_json(found.time), "caller_ids": list(found.callers), "reason": None}
    return None if found is None else {"reason": found.value}


def caller_json(caller: Caller) -> Json:
    """One of ``callers``."""
    return {
        "id": caller.id,
        "name": caller.name,
        "active": caller.active,
        "working_hours": caller.hours.working_hours.to_json(),
        "breaks": caller.hours.breaks.to_json(),
        "absences": [
            {"first": day_json(each.begins), "first_day_back": day_json(each.ends)} for each in caller.hours.absences
        ],
    }


def replanning_json(replanning: Replanning) -> Json:
    """What became of calls that could not stay: their ids."""
    return {"moved": list(replanning.moved), "due_again": list(replanning.due_again)}


def _patient_json(patient: ListedPatient) -> Json:
    profile, item = patient.profile, patient.item
    return {
        "number": patient.number,
        "placement_request_id": item.placement_request_id,
        "age": profile.age,
        "gender": profile.gender.value if profile.gender else None,
        "diagnoses": [{"code": each.code, "words": each.words} for each in profile.diagnoses],
        "symptoms_since": day_json(profile.since),
        "outcome": item.outcome.value if item.outcome else None,
        "follow_up_required": item.follow_up_required,
        "follow_up_notes": item.follow_up_notes,
    }


def _contact_json(contact: PastContact) -> Json:
    return {
        "channel": contact.channel.value,
        "id": contact.id,
        "on": day_json(contact.day),
        "reached": contact.reached,
        "answered_on": day_json(contact.answered_on),
        "outcomes": [
            {"placement_request_id": request_id, "outcome": None if outcome is None else outcome.value}
            for request_id, outcome in contact.outcomes.items()
        ],
        "words": contact.words,
    }
