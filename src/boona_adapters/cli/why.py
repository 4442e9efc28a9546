"""The command that explains what the rules say about one therapist."""

import click

from boona_adapters.cli.call_shapes import call_json, next_call_json
from boona_adapters.cli.call_words import CAUSES
from boona_adapters.cli.opening import opened
from boona_adapters.cli.options import as_json, id_of
from boona_adapters.cli.printing import print_json, print_line, print_table
from boona_adapters.cli.shapes import Json, decision_json, email_json
from boona_adapters.cli.words import REASONS, day_in_words, hold_in_words, holds_in_words
from boona_core.contact import Channel, Reason
from boona_core.ids import TherapistId
from boona_core.slots import Slot
from boona_core.usecases.explaining import Explanation


@click.command
@click.argument("therapist", type=id_of("THERAPIST"))
@as_json
def why(*, therapist: int, as_json: bool) -> None:
    """Say for each channel whether THERAPIST may be contacted today, every reason against it, and from when."""
    with opened() as wired:
        explanation = wired.application.explain_contact(TherapistId(therapist))
    if as_json:
        print_json(_json(explanation))
    else:
        _print(explanation)


def _json(explanation: Explanation) -> Json:
    """For each channel a decision, then the requests, and when the next call could be."""
    return {
        "therapist_id": explanation.therapist_id,
        "decisions": {channel.value: decision_json(each) for channel, each in explanation.decisions.items()},
        "next_call": next_call_json(explanation.next_call),
        "planned_calls": [call_json(call) for call in explanation.planned_calls],
        "next_requests": list(explanation.next_requests),
        "other_requests": [
            {"request_id": request_id, **decision_json(decision)}
            for request_id, decision in explanation.request_decisions.items()
        ],
        "outstanding": [email_json(email) for email in explanation.outstanding],
    }


def _print(explanation: Explanation) -> None:
    print_line(f"therapist {explanation.therapist_id}")
    for channel, decision in explanation.decisions.items():
        if decision.allowed:
            print_line(f"\n{channel}: allowed today")
        else:
            print_line(f"\n{channel}: not today; next allowed on {day_in_words(decision)}")
            for hold in decision.holds:
                print_line(f"  - {hold_in_words(hold)}")
            for hold in decision.ahead:
                print_line(f"  - from {hold.since} on: {hold_in_words(hold)}")
        if channel is Channel.PHONE:
            _print_next_call(explanation.next_call)
    requests = ", ".join(map(str, explanation.next_requests))
    print_line(f"\nthe next email would hold the requests: {requests}" if requests else "\nno request could go out")
    if explanation.request_decisions:
        print_line("\nthe other requests:")
        rows = [
            (request_id, holds_in_words(decision), day_in_words(decision))
            for request_id, decision in explanation.request_decisions.items()
        ]
        print_table(("request", "why not", "again on"), rows)
    if explanation.planned_calls:
        print_line("\nplanned calls:")
        planned = [
            (call.id, str(call.time), call.caller_id, CAUSES[call.cause], len(call.included))
            for call in explanation.planned_calls
        ]
        print_table(("call", "time", "caller", "why", "patients"), planned)
    if explanation.outstanding:
        print_line("\noutstanding emails:")
        outstanding = [(email.id, email.state.status, len(email.included)) for email in explanation.outstanding]
        print_table(("email", "status", "patients"), outstanding)


def _print_next_call(found: Slot | Reason | None) -> None:
    """When the next call could be, or why there is no time for one."""
    if isinstance(found, Slot):
        callers = f", by caller {' or '.join(map(str, found.callers))}" if found.callers else ""
        print_line(f"  the next call could be on {found.time}{callers}")
    elif found is not None:
        print_line(f"  no call within the horizon of the plan: {REASONS[found]}")
