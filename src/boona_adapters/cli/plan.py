"""The commands that plan contacts, and how a plan is told: what, and what not and why."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

import click
from attrs import define, field

from boona_adapters.cli.call_plans import calls, one_call
from boona_adapters.cli.opening import opened
from boona_adapters.cli.options import as_json, dry_run, every_row
from boona_adapters.cli.printing import counted, print_json, print_line, print_table, progress_of, warn
from boona_adapters.cli.shapes import plan_json
from boona_adapters.cli.words import REASONS, day_in_words
from boona_core.batching import Refusal
from boona_core.contact import Reason
from boona_core.usecases.planning import PlanRun


@click.group
def plan() -> None:
    """Plan contacts: what, and what not and why."""


plan.add_command(calls)
plan.add_command(one_call)


@plan.command("emails")
@dry_run
@every_row
@as_json
def emails(*, dry_run: bool, whole: bool, as_json: bool) -> None:
    """Plan the day's emails and put them into the queue, or lay them before a person as drafts."""
    with opened() as wired, progress_of("storing emails") as progress:
        run = wired.application.plan_emails(dry_run=dry_run, on_stored=progress)
    if as_json:
        print_json(plan_json(run))
    else:
        _print_run(run, whole=whole)
    if run.unwritable:
        warn(f"{counted(len(run.unwritable), 'email', 'emails')} could not be written: correct the data named")


def _print_run(run: PlanRun, *, whole: bool) -> None:
    patients = sum(len(email.requests) for email in run.plan.emails)
    deed = "would be " if run.dry_run else ""
    kind = "laid before you as drafts" if run.drafts else "queued"
    print_line(
        f"{run.plan.day}: {counted(len(run.plan.emails), 'email', 'emails')} with "
        f"{counted(patients, 'patient', 'patients')} {deed}{kind}" + ("" if run.dry_run else f" ({run.batch_id})")
    )
    if run.plan.emails:
        rows = [(each.therapist_id, len(each.requests), each.template.value) for each in run.plan.emails]
        print_table(("therapist", "patients", "letter"), rows, whole=whole)
    _print_refusals(run.plan.refusals, whole=whole)
    _print_requests(run)
    if run.unwritable:
        print_line("\nCould not be written:")
        print_table(("therapist", "fault"), [(each.therapist_id, each.fault) for each in run.unwritable], whole=whole)
    if run.taken:
        print_line("\nReserved by somebody else in the same moment: " + ", ".join(map(str, run.taken)))


@define
class _Held:
    """The therapists whom one reason holds."""

    therapists: int = 0
    waiting: int = 0
    days: list[date] = field(factory=list)


def _print_refusals(refusals: Sequence[Refusal], *, whole: bool) -> None:
    """First by reason, for those who want to know how things stand; then one by one."""
    if not refusals:
        return
    by_reason: dict[Reason, _Held] = {}
    for refusal in refusals:
        for reason in dict.fromkeys(refusal.decision.reasons):
            held = by_reason.setdefault(reason, _Held())
            held.therapists += 1
            held.waiting += refusal.waiting
            held.days += [refusal.decision.next_allowed_on] if refusal.decision.next_allowed_on else []
    print_line(f"\nNo email today to {counted(len(refusals), 'therapist', 'therapists')} with waiting requests:")
    rows = [
        (REASONS[reason], held.therapists, held.waiting, min(held.days, default="no day"))
        for reason, held in sorted(by_reason.items(), key=lambda item: (-item[1].therapists, item[0]))
    ]
    print_table(("reason", "therapists", "requests", "first of them again on"), rows)
    print_line()
    one_by_one = [
        (
            refusal.therapist_id,
            refusal.waiting,
            ", ".join(dict.fromkeys(refusal.decision.reasons)),
            day_in_words(refusal.decision),
        )
        for refusal in refusals
    ]
    print_table(("therapist", "requests", "reasons", "again on"), one_by_one, whole=whole)


def _print_requests(run: PlanRun) -> None:
    rows = [
        (REASONS[reason], number)
        for reason, number in sorted(Counter(run.plan.held).items(), key=lambda item: (-item[1], item[0]))
    ]
    if run.plan.left_over:
        rows.append((REASONS[Reason.EMAIL_FULL], run.plan.left_over))
    if rows:
        print_line("\nRequests that are in no email by themselves:")
        print_table(("reason", "requests"), rows)
    if run.reopened:
        would = "would be opened" if run.dry_run else "were opened"
        print_line(f"\n{counted(run.reopened, 'request', 'requests')} {would} again: silent, and no call is possible")
