"""Which emails go out today, with which patients in which order, and what about the rest?

One email per therapist and per mailbox, oldest registration first; what does not fit waits for the next.  The same
input gives the same plan, whatever its order.  Days are local dates of the agency; nothing here reads a clock or a
store: a store may hand in the head of each therapist's requests, ranked by the order that :func:`rank` defines.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

from attrs import field, frozen

from boona_core.contact import (
    Channel,
    ContactDecision,
    ContactHistory,
    ContactPolicy,
    Hold,
    Reason,
    decide,
    decide_contact,
)
from boona_core.errors import InvalidValue
from boona_core.ids import MailboxId, PlacementRequestId, TherapistId
from boona_core.instants import days_after
from boona_core.letters import Template
from boona_core.requests import PlacementRequest, decide_request


def rank(request: PlacementRequest) -> tuple[bool, int, date, PlacementRequestId]:
    """The sort key of requests to one therapist.

    Those never sent to this therapist first (or the same few would come back for ever), then the higher priority, then
    the older registration, then the id.
    """
    return (request.offered, -request.priority, request.registered_on or date.max, request.id)


@frozen(kw_only=True)
class Candidate:
    """A therapist with open requests, as far as a plan needs them.

    Attributes:
        potentially_available: Puts the therapist before others.
        head: The first eligible requests by :func:`rank`, at least as many as an email holds if there are so many.
        eligible: How many requests could go out, the head included.
        held: How many requests each reason holds back (a request with two reasons counts for both).
    """

    history: ContactHistory
    potentially_available: bool = False
    head: tuple[PlacementRequest, ...] = ()
    eligible: int = 0
    held: Mapping[Reason, int] = field(factory=dict)


@frozen
class Selection:
    """The requests of one therapist, sorted out.

    Attributes:
        chosen: Those that go into the email, in order.
        decisions: For every other request, why not and from when.
    """

    chosen: tuple[PlacementRequest, ...]
    decisions: Mapping[PlacementRequestId, ContactDecision]


@frozen(kw_only=True)
class PlannedEmail:
    """One email to create: its therapist, and its requests in the order of the letter."""

    therapist_id: TherapistId
    mailbox_id: MailboxId
    requests: tuple[PlacementRequest, ...]
    template: Template


@frozen(kw_only=True)
class Refusal:
    """A therapist with open requests who gets no email today.

    Attributes:
        decision: Every reason, and the first day on which an email would be allowed.
        waiting: How many eligible requests wait for that day.
    """

    therapist_id: TherapistId
    decision: ContactDecision
    waiting: int


@frozen(kw_only=True)
class EmailPlan:
    """What one run does, and about everything else why not.

    Attributes:
        day: The local day of the plan.
        emails: The emails to create, the most important first.
        refusals: The therapists who get none although requests wait, in the same order.
        left_over: Eligible requests that found no room in the emails of the plan (``email_full``).
        held: How many open requests are held back by a reason of their own.
    """

    day: date
    emails: tuple[PlannedEmail, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    left_over: int = 0
    held: Mapping[Reason, int] = field(factory=dict)

    def __add__(self, other: "EmailPlan") -> "EmailPlan":
        """Both plans as one; the day is that of the first."""
        return EmailPlan(
            day=self.day,
            emails=self.emails + other.emails,
            refusals=self.refusals + other.refusals,
            left_over=self.left_over + other.left_over,
            held=dict(Counter(self.held) + Counter(other.held)),
        )


def select_requests(requests: Iterable[PlacementRequest], policy: ContactPolicy, *, today: date) -> Selection:
    """Choose the requests of one therapist's next email.

    What finds no room is ``email_full`` until the interval after an email of *today* is over.
    """
    chosen: list[PlacementRequest] = []
    decisions: dict[PlacementRequestId, ContactDecision] = {}
    for request in sorted(requests, key=rank):
        decision = decide_request(request, today=today)
        if decision.allowed and len(chosen) < policy.max_requests_per_email:
            chosen.append(request)
            continue
        if decision.allowed:
            full = Hold(Reason.EMAIL_FULL, days_after(today, policy.email_interval_days))
            decision = decide((full,), today=today)
        decisions[request.id] = decision
    return Selection(tuple(chosen), decisions)


def candidate_of(
    history: ContactHistory,
    requests: Iterable[PlacementRequest],
    policy: ContactPolicy,
    *,
    today: date,
    potentially_available: bool = False,
) -> Candidate:
    """A candidate from all requests of one therapist; what a store with many rows computes on its side.

    Raises:
        InvalidValue: a request belongs to another therapist.
    """
    mine = tuple(requests)
    if strangers := [request.id for request in mine if request.therapist_id != history.therapist_id]:
        raise InvalidValue("requests", f"{strangers} are not offered to therapist {history.therapist_id}")
    selection = select_requests(mine, policy, today=today)
    decisions = selection.decisions.values()
    reasons = Counter(reason for decision in decisions for reason in dict.fromkeys(decision.reasons))
    full = reasons.pop(Reason.EMAIL_FULL, 0)
    return Candidate(
        history=history,
        potentially_available=potentially_available,
        head=selection.chosen,
        eligible=len(selection.chosen) + full,
        held=dict(reasons),
    )


def plan_emails(
    candidates: Iterable[Candidate], policy: ContactPolicy, *, today: date, queued_today: int = 0
) -> EmailPlan:
    """Plan the emails of a run.

    Therapists come in the order: potentially available, longest waiting patient in the email, id.  That order decides
    under the daily cap and between colleagues of one mailbox: the second of them waits out the interval.

    Args:
        queued_today: Emails queued on this local day before the run; they count against the daily cap.
    """
    emails: list[PlannedEmail] = []
    refusals: list[Refusal] = []
    held: Counter[Reason] = Counter()
    left_over = 0
    mailboxes: set[MailboxId] = set()
    for candidate in sorted(candidates, key=lambda candidate: _precedence(candidate, policy)):
        held.update(candidate.held)
        if not candidate.head:
            continue
        history = candidate.history
        of_the_plan: list[Hold] = []
        if history.mailbox_id in mailboxes:
            of_the_plan.append(Hold(Reason.MAILBOX_INTERVAL, days_after(today, policy.email_interval_days)))
        if _cap_reached(queued_today + len(emails), policy):
            of_the_plan.append(Hold(Reason.DAILY_CAP, days_after(today, 1)))
        decision = decide_contact(history, policy, channel=Channel.EMAIL, today=today, also=of_the_plan)
        if decision.allowed and history.mailbox_id is not None:
            mailboxes.add(history.mailbox_id)
            chosen = candidate.head[: policy.max_requests_per_email]
            left_over += candidate.eligible - len(chosen)
            emails.append(
                PlannedEmail(
                    therapist_id=history.therapist_id,
                    mailbox_id=history.mailbox_id,
                    requests=chosen,
                    template=template_for(chosen),
                )
            )
        else:
            refusals.append(Refusal(therapist_id=history.therapist_id, decision=decision, waiting=candidate.eligible))
    return EmailPlan(day=today, emails=tuple(emails), refusals=tuple(refusals), left_over=left_over, held=dict(held))


def template_for(requests: tuple[PlacementRequest, ...]) -> Template:
    """The template that follows from the content: a reminder when nothing in it is new to the therapist."""
    if requests and all(request.offered for request in requests):
        return Template.FOLLOW_UP
    return Template.INITIAL_CONTACT if len(requests) == 1 else Template.BATCH_REQUEST


def _precedence(candidate: Candidate, policy: ContactPolicy) -> tuple[bool, date, TherapistId]:
    in_the_email = candidate.head[: policy.max_requests_per_email]
    waiting_since = (request.registered_on or date.max for request in in_the_email)
    return (
        not candidate.potentially_available,
        min(waiting_since, default=date.max),
        candidate.history.therapist_id,
    )


def _cap_reached(queued: int, policy: ContactPolicy) -> bool:
    return policy.max_emails_per_day is not None and queued >= policy.max_emails_per_day
