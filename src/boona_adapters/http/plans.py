"""Planning over HTTP."""

from datetime import date, time
from typing import Any

from attrs import frozen

from boona_adapters.http.codec import UNNAMED
from boona_adapters.http.operations import Operation, Outcome, Shown, Understood
from boona_adapters.http.problems import DecisionShape, decision_shape
from boona_adapters.http.shaping import Tried
from boona_core.calls import Cause
from boona_core.contact import Reason
from boona_core.letters import Template
from boona_core.planned_calls import PlannedCall
from boona_core.usecases.planning import PlanRun
from boona_core.usecases.planning_calls import CallPlanRun
from boona_core.windows import clock


@frozen(kw_only=True)
class NewPlan(Tried):
    """A plan to be made."""


@frozen(kw_only=True)
class PlannedEmailShape:
    """An email that was made, or would be."""

    therapist_id: int
    template: Template
    placement_request_ids: tuple[int, ...]


@frozen(kw_only=True)
class PlanRefusalShape:
    """A therapist who gets no email though requests wait.

    Attributes:
        waiting: How many requests wait.
    """

    therapist_id: int
    waiting: int
    decision: DecisionShape


@frozen(kw_only=True)
class UnwritableShape:
    """An email that was planned and could not be written."""

    therapist_id: int
    fault: str


@frozen(kw_only=True)
class EmailPlanShape:
    """What a run did, or would do.

    Attributes:
        batch_id: The name of the run, kept with its emails.
        drafts: The emails wait for a person.
        refusals: The therapists who get none, and why not.
        held: How many requests each reason of their own holds back.
        left_over: Requests without room in the emails.
        reopened: Requests whose silence was over with no call possible.
        taken: Therapists whom somebody else reserved meanwhile.
    """

    batch_id: str
    day: date
    dry_run: bool
    drafts: bool
    emails: tuple[PlannedEmailShape, ...]
    refusals: tuple[PlanRefusalShape, ...]
    held: dict[str, int]
    left_over: int
    reopened: int
    unwritable: tuple[UnwritableShape, ...]
    taken: tuple[int, ...]


def plan_shape(run: PlanRun) -> EmailPlanShape:
    """A run, to be shown."""
    return EmailPlanShape(
        batch_id=run.batch_id,
        day=run.plan.day,
        dry_run=run.dry_run,
        drafts=run.drafts,
        emails=tuple(
            PlannedEmailShape(
                therapist_id=email.therapist_id,
                template=email.template,
                placement_request_ids=tuple(request.id for request in email.requests),
            )
            for email in run.plan.emails
        ),
        refusals=tuple(
            PlanRefusalShape(
                therapist_id=refusal.therapist_id,
                waiting=refusal.waiting,
                decision=decision_shape(refusal.decision),
            )
            for refusal in run.plan.refusals
        ),
        held={reason.value: count for reason, count in run.plan.held.items()},
        left_over=run.plan.left_over,
        reopened=run.reopened,
        unwritable=tuple(UnwritableShape(therapist_id=each.therapist_id, fault=each.fault) for each in run.unwritable),
        taken=run.taken,
    )


def plan_emails(asked: Understood) -> Outcome:
    """Plan the day's emails, and store what was planned."""
    body: Any = asked.body
    return Shown(plan_shape(asked.application.plan_emails(dry_run=body.is_dry)))


@frozen(kw_only=True)
class PlannedCallShape:
    """A call that was planned, or would be.

    Attributes:
        phone_call_id: The call; null: a dry run.
        caller_id: Who makes it; null: nobody in particular.
    """

    phone_call_id: int | None
    therapist_id: int
    caller_id: int | None
    cause: Cause
    scheduled_date: date
    scheduled_time: time
    duration_minutes: int
    placement_request_ids: tuple[int, ...]


@frozen(kw_only=True)
class UnplacedCallShape:
    """A therapist who is due for a call, and for whom there is no time."""

    therapist_id: int
    reason: Reason


@frozen(kw_only=True)
class CallRefusalShape:
    """A therapist who is due for a call, and must not be called now."""

    therapist_id: int
    decision: DecisionShape


@frozen(kw_only=True)
class CallPlanShape:
    """What a run did, or would do.

    Attributes:
        calls: By time.
        unplaced: They stay due.
        upper_bound: No plan of those who are due has more calls.
        placed_with_one_more: How many calls there would be with one more caller.
        callers_for_all: With how many more callers everybody would have a time; null: with none.
        taken: Therapists who were called off, or whose time was taken, meanwhile.
    """

    dry_run: bool
    calls: tuple[PlannedCallShape, ...]
    unplaced: tuple[UnplacedCallShape, ...]
    refusals: tuple[CallRefusalShape, ...]
    upper_bound: int
    placed_with_one_more: int
    callers_for_all: int | None
    taken: tuple[int, ...]


@frozen(kw_only=True)
class NewCallPlan(Tried):
    """A plan of calls to be made.

    Attributes:
        follow_ups: Of silent emails only.
    """

    follow_ups: bool = UNNAMED


def call_plan_shape(run: CallPlanRun) -> CallPlanShape:
    """A run, to be shown."""
    ids: tuple[int | None, ...] = run.call_ids or (None,) * len(run.planned)
    return CallPlanShape(
        dry_run=run.dry_run,
        calls=tuple(_planned(call, number) for call, number in zip(run.planned, ids, strict=True)),
        unplaced=tuple(
            UnplacedCallShape(therapist_id=call.due.therapist_id, reason=call.reason) for call in run.unplaced
        ),
        refusals=tuple(
            CallRefusalShape(therapist_id=each.therapist_id, decision=decision_shape(each.decision))
            for each in run.refusals
        ),
        upper_bound=run.upper_bound,
        placed_with_one_more=run.relief.placed_with_one_more,
        callers_for_all=run.relief.callers_for_all,
        taken=run.taken,
    )


def _planned(call: PlannedCall, number: int | None) -> PlannedCallShape:
    start: Any = clock(call.time.start)
    return PlannedCallShape(
        phone_call_id=number,
        therapist_id=call.due.therapist_id,
        caller_id=call.caller_id,
        cause=call.due.cause,
        scheduled_date=call.time.day,
        scheduled_time=start,
        duration_minutes=call.time.minutes,
        placement_request_ids=tuple(request.id for request in call.due.requests),
    )


def plan_calls(asked: Understood) -> Outcome:
    """Plan the calls of everybody who is due, and store what was planned."""
    body: Any = asked.body
    plan = asked.application.follow_up if body.follow_ups is True else asked.application.plan_calls
    return Shown(call_plan_shape(plan(dry_run=body.is_dry)))


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/call-plans",
        name="planCalls",
        summary="Plan the calls of everybody who is due",
        description="As `boona plan calls`, or `boona follow-ups`: as many as possible, the more important first, the "
        "earliest times. With an Idempotency-Key all of it is one transaction.",
        tag="plans",
        act=plan_calls,
        body=NewCallPlan,
        answer=CallPlanShape,
        whole=False,
        example={"dry_run": True},
    ),
    Operation(
        method="POST",
        path="/api/email-plans",
        name="planEmails",
        summary="Plan the day's emails",
        description="As `boona plan emails`: stores and queues what is allowed today, and says about everything else "
        "why not. With an Idempotency-Key all of it is one transaction.",
        tag="plans",
        act=plan_emails,
        body=NewPlan,
        answer=EmailPlanShape,
        whole=False,
        example={"dry_run": True},
    ),
)
