"""The commands that plan calls, and how a plan is told: what, what not and why, and what would help."""

from collections import Counter
from collections.abc import Callable
from datetime import date

import click

from boona_adapters.cli import times
from boona_adapters.cli.call_shapes import call_plan_json, scheduling_json
from boona_adapters.cli.call_words import CAUSES, planned_in_words, tell_refusal
from boona_adapters.cli.opening import opened
from boona_adapters.cli.options import as_json, dry_run, every_row, id_of
from boona_adapters.cli.printing import counted, print_json, print_line, print_table, progress_of
from boona_adapters.cli.words import REASONS, day_in_words
from boona_core.application import Application
from boona_core.calls import CallTime, call_minutes
from boona_core.ids import CallerId, PlacementRequestId, TherapistId
from boona_core.usecases.planning_calls import CallPlanRun, PlanCalls


@click.command
@dry_run
@every_row
@as_json
def calls(*, dry_run: bool, whole: bool, as_json: bool) -> None:
    """Give everybody who is due for a call a time, as far as there is one."""
    _run(lambda application: application.plan_calls, dry_run=dry_run, whole=whole, as_json=as_json)


@click.command("follow-ups")
@dry_run
@every_row
@as_json
def follow_ups(*, dry_run: bool, whole: bool, as_json: bool) -> None:
    """Plan calls to those whose emails are silent; each email is followed up once."""
    _run(lambda application: application.follow_up, dry_run=dry_run, whole=whole, as_json=as_json)


def _run(choose: Callable[[Application], PlanCalls], *, dry_run: bool, whole: bool, as_json: bool) -> None:
    with opened() as wired, progress_of("storing calls") as progress:
        run = choose(wired.application)(dry_run=dry_run, on_stored=progress)
    if as_json:
        print_json(call_plan_json(run))
    else:
        _print(run, whole=whole)


def _print(run: CallPlanRun, *, whole: bool) -> None:
    patients = sum(len(call.due.requests) for call in run.planned)
    deed = "would be planned" if run.dry_run else "planned"
    print_line(f"{counted(len(run.planned), 'call', 'calls')} about {counted(patients, 'patient', 'patients')} {deed}")
    if run.planned:
        rows = [
            (
                str(call.time),
                call.due.therapist_id,
                call.caller_id,
                CAUSES[call.due.cause] + (" (hours assumed)" if call.due.assumed_hours else ""),
                call.due.attempt,
                len(call.due.requests),
            )
            for call in run.planned
        ]
        print_table(("time", "therapist", "caller", "why", "attempt", "patients"), rows, whole=whole)
    _print_unplaced(run, whole=whole)
    _print_refusals(run, whole=whole)
    if run.taken:
        print_line(
            "\nCalled off, or their time taken, in the same moment: therapists " + ", ".join(map(str, run.taken))
        )


def _print_unplaced(run: CallPlanRun, *, whole: bool) -> None:
    """Who has no time, and how far that is from the best that there could be."""
    if not run.unplaced:
        return
    print_line(f"\nWithout a time: {counted(len(run.unplaced), 'therapist', 'therapists')}; they stay due")
    rows = [(each.due.therapist_id, CAUSES[each.due.cause], REASONS[each.reason]) for each in run.unplaced]
    print_table(("therapist", "why due", "why not"), rows, whole=whole)
    found = len(run.planned) + len(run.taken)
    if found == run.upper_bound:
        print_line("With these hours and callers no plan has more calls.")
    else:
        print_line(f"With these hours and callers no plan has more than {counted(run.upper_bound, 'call', 'calls')}.")
    more = run.relief.placed_with_one_more - found
    if more > 0:
        print_line(f"One more caller would make room for {counted(more, 'more call', 'more calls')}.")
    needed = run.relief.callers_for_all
    if needed:
        print_line(f"{counted(needed, 'more caller', 'more callers')} would make room for all who have phone hours.")


def _print_refusals(run: CallPlanRun, *, whole: bool) -> None:
    """First by reason, for those who want to know how things stand; then one by one."""
    if not run.refusals:
        return
    print_line(f"\nDue and not to be called now: {counted(len(run.refusals), 'therapist', 'therapists')}")
    reasons = Counter(reason for each in run.refusals for reason in dict.fromkeys(each.decision.reasons))
    print_table(
        ("reason", "therapists"),
        [(REASONS[reason], number) for reason, number in sorted(reasons.items(), key=lambda each: (-each[1], each[0]))],
    )
    print_line()
    one_by_one = [
        (each.therapist_id, ", ".join(dict.fromkeys(each.decision.reasons)), day_in_words(each.decision))
        for each in run.refusals
    ]
    print_table(("therapist", "reasons", "again on"), one_by_one, whole=whole)


@click.command("call")
@click.argument("therapist", type=id_of("THERAPIST"))
@click.option("--at", type=times.moment, help='When, such as "2026-03-04 09:10"; the earliest time if not told.')
@click.option("--minutes", type=click.IntRange(1, 240), help="How long, with --at; as the policy says if not told.")
@click.option("--caller", type=id_of("CALLER"), help="Who makes it; whoever is free if not told.")
@click.option("--request", "requests", type=id_of("REQUEST"), multiple=True, help="About whom; may be told repeatedly.")
@click.option("--notes", help="For whoever calls.")
@dry_run
@as_json
@click.pass_context
def one_call(
    context: click.Context,
    *,
    therapist: int,
    at: tuple[date, int] | None,
    minutes: int | None,
    caller: int | None,
    requests: tuple[int, ...],
    notes: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Plan one call to THERAPIST; exit status 1 when the rules or other calls are in the way.

    A time that you tell may lie outside of the phone hours, which is noted, but not on a day without calls.
    """
    if minutes is not None and at is None:
        raise click.UsageError("--minutes goes with --at")
    with opened() as wired:
        policy = wired.settings.policy
        length = minutes or call_minutes(len(requests), policy)
        scheduling = wired.application.schedule_call(
            TherapistId(therapist),
            time=None if at is None else CallTime(*at, length),
            caller_id=None if caller is None else CallerId(caller),
            request_ids=[PlacementRequestId(each) for each in requests],
            notes=notes,
            dry_run=dry_run,
        )
    if as_json:
        print_json({"dry_run": dry_run, **scheduling_json(scheduling)})
    planned = scheduling.call
    if planned is None:
        tell_refusal(f"therapist {therapist}: no call planned", scheduling)
        context.exit(1)
    elif not as_json:
        number = "" if dry_run else f" (call {planned.id})"
        print_line(f"therapist {therapist}: {planned_in_words(planned, dry_run=dry_run)}{number}")
