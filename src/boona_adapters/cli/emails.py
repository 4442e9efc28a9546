"""The command that lists emails, those that wait for a person first in mind, and shows one."""

import click

from boona_adapters.cli.opening import opened
from boona_adapters.cli.options import as_json, id_of
from boona_adapters.cli.printing import counted, print_json, print_line, print_table
from boona_adapters.cli.shapes import email_detail_json, email_json, waiting_json
from boona_core.emails import Email, EmailState
from boona_core.ids import EmailId, TherapistId
from boona_core.usecases.finding import FindEmails, WaitingAnswers

STATUSES = tuple(dict.fromkeys(state.status for state in EmailState))

_FOR_A_PERSON = {
    EmailState.DRAFT: "to be queued: `boona queue`",
    EmailState.UNCERTAIN: "to be settled: `boona settle`",
    EmailState.FAILED: "to be looked at: `boona settle EMAIL again` or `drop`",
}


@click.command
@click.argument("email", type=id_of("EMAIL"), required=False)
@click.option("--status", "statuses", type=click.Choice(STATUSES), multiple=True, help="Only these; may be repeated.")
@click.option("--therapist", type=id_of("THERAPIST"), help="Only those to this therapist.")
@click.option("--batch", help="Only those of this plan run.")
@click.option("--after", type=id_of("EMAIL"), help="Only older ones than this: the last of the page before.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most so many.")
@as_json
def emails(
    *,
    email: int | None,
    statuses: tuple[str, ...],
    therapist: int | None,
    batch: str | None,
    after: int | None,
    limit: int,
    as_json: bool,
) -> None:
    """List emails, newest first; with EMAIL, show this one with what stands in it."""
    with opened() as wired:
        find = wired.application.find_emails
        if email is not None:
            _show(find.one(EmailId(email)), as_json=as_json)
            return
        found = find(
            states=[state for state in EmailState if state.status in statuses],
            therapist_id=None if therapist is None else TherapistId(therapist),
            batch_id=batch,
            after=None if after is None else EmailId(after),
            limit=limit,
        )
        counts = _counts(find)
        waiting = wired.application.find_answers()
    if as_json:
        shown = [email_json(each) for each in found]
        print_json({"counts": counts, "emails": shown, "answers": waiting_json(waiting)})
        return
    print_line("all: " + (", ".join(f"{number:,} {status}" for status, number in counts.items()) or "no email"))
    if found:
        rows = [
            (
                each.id,
                each.therapist_id,
                each.state.status,
                len(each.included),
                each.queued_at and f"{each.queued_at:%Y-%m-%d %H:%M}",
                each.sent_at and f"{each.sent_at:%Y-%m-%d %H:%M}",
                each.error_message,
            )
            for each in found
        ]
        print_table(("email", "therapist", "status", "patients", "queued (UTC)", "sent (UTC)", "the server said"), rows)
    for state, what in _FOR_A_PERSON.items():
        if number := counts.get(state.status, 0):
            print_line(f"{counted(number, 'email', 'emails')} {state.status}, {what}")
    _show_waiting(waiting)


def _show_waiting(waiting: WaitingAnswers) -> None:
    """The answers that a person has to look at."""
    if waiting.without_outcome:
        number = counted(len(waiting.without_outcome), "answer", "answers")
        ids = ", ".join(str(email.id) for email in waiting.without_outcome)
        print_line(f"{number} without an outcome, to be read: emails {ids} (`boona answer EMAIL --accept …`)")
    for late in waiting.late_acceptances:
        by = f", placed by request {late.canceled_by}" if late.canceled_by else ""
        print_line(
            f"too late: therapist {late.therapist_id} accepted patient {late.patient_id} on {late.answered_on}"
            f" (request {late.id}, {late.status.value}{by}); once seen: `boona answer EMAIL --done`"
        )


def _counts(find: FindEmails) -> dict[str, int]:
    counts = find.counts()
    by_status = {
        status: sum(number for state, number in counts.items() if state.status == status) for status in STATUSES
    }
    return {status: number for status, number in by_status.items() if number}


def _show(email: Email, *, as_json: bool) -> None:
    if as_json:
        print_json(email_detail_json(email))
        return
    print_line(f"email {email.id}, {email.state.status}, to therapist {email.therapist_id}")
    print_line(f"From: {email.sender_name} <{email.sender_email}>")
    print_line(f"To: {email.recipient_name} <{email.recipient_email}>")
    print_line(f"Subject: {email.subject}")
    print_line(f"Requests: {', '.join(str(item.placement_request_id) for item in email.included) or 'none'}")
    if email.response_received:
        print_line(f"Answered: {email.response_date}{_answer_in_words(email)}")
    if email.error_message:
        print_line(f"The server said: {email.error_message}")
    if email.override_reason:
        print_line(f"Overridden: {', '.join(sorted(email.overridden))}, because: {email.override_reason}")
    print_line()
    print_line(email.body_text)


def _answer_in_words(email: Email) -> str:
    said = [f"{number} {item.outcome.value}" for number, item in enumerate(email.included, start=1) if item.outcome]
    return f": {', '.join(said)}" if said else ", to be read by a person" * email.follow_up_required
