"""The command that explains what the rules say about one therapist."""

import click

from boona_adapters.cli.opening import opened
from boona_adapters.cli.options import as_json, id_of
from boona_adapters.cli.printing import print_json, print_line, print_table
from boona_adapters.cli.shapes import explanation_json
from boona_adapters.cli.words import day_in_words, hold_in_words, holds_in_words
from boona_core.ids import TherapistId
from boona_core.usecases.explaining import Explanation


@click.command
@click.argument("therapist", type=id_of("THERAPIST"))
@as_json
def why(*, therapist: int, as_json: bool) -> None:
    """Say for each channel whether THERAPIST may be contacted today, every reason against it, and from when."""
    with opened() as wired:
        explanation = wired.application.explain_contact(TherapistId(therapist))
    if as_json:
        print_json(explanation_json(explanation))
    else:
        _print(explanation)


def _print(explanation: Explanation) -> None:
    print_line(f"therapist {explanation.therapist_id}")
    for channel, decision in explanation.decisions.items():
        if decision.allowed:
            print_line(f"\n{channel}: allowed today")
            continue
        print_line(f"\n{channel}: not today; next allowed on {day_in_words(decision)}")
        for hold in decision.holds:
            print_line(f"  - {hold_in_words(hold)}")
        for hold in decision.ahead:
            print_line(f"  - from {hold.since} on: {hold_in_words(hold)}")
    requests = ", ".join(map(str, explanation.next_requests))
    print_line(f"\nthe next email would hold the requests: {requests}" if requests else "\nno request could go out")
    if explanation.request_decisions:
        print_line("\nthe other requests:")
        rows = [
            (request_id, holds_in_words(decision), day_in_words(decision))
            for request_id, decision in explanation.request_decisions.items()
        ]
        print_table(("request", "why not", "again on"), rows)
    if explanation.outstanding:
        print_line("\noutstanding emails:")
        outstanding = [(email.id, email.state.status, len(email.included)) for email in explanation.outstanding]
        print_table(("email", "status", "patients"), outstanding)
