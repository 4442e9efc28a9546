"""What did the demo do?  Counts only, kept beside the mailbox so that a later start can still tell."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from attrs import asdict, field, frozen

from boona_core.batching import EmailPlan
from boona_core.usecases.sending import Drained


@frozen(kw_only=True)
class Report:
    """The first run over the invented agency, and the second right after it.

    Attributes:
        emails_planned: Emails of the first run.
        requests_planned: Requests in them.
        sent: Emails that the mail server took.
        not_sent: What became of the others, by outcome; empty: all were sent.
        not_written_to: Therapists with open requests who got no email, by reason (one with two reasons counts twice).
        not_offered: Requests held back for a reason of their own, by reason.
        planned_again: Emails of the second run; None: it was not made yet.
        sent_again: Emails that were sent after it.
    """

    therapists: int
    patients: int
    requests: int
    emails_planned: int
    requests_planned: int
    sent: int = 0
    not_sent: Mapping[str, int] = field(factory=dict)
    not_written_to: Mapping[str, int] = field(factory=dict)
    not_offered: Mapping[str, int] = field(factory=dict)
    planned_again: int | None = None
    sent_again: int = 0

    def to_json(self) -> dict[str, object]:
        """For programs."""
        return asdict(self)


def not_written_to(plan: EmailPlan) -> Mapping[str, int]:
    """How many therapists each reason keeps from getting an email, the most frequent first."""
    counts = Counter(reason.value for refusal in plan.refusals for reason in refusal.decision.reasons)
    return dict(counts.most_common())


def not_offered(plan: EmailPlan) -> Mapping[str, int]:
    """How many requests each reason holds back, the most frequent first; no room in an email is one of the reasons."""
    counts = Counter({reason.value: count for reason, count in plan.held.items()})
    if plan.left_over:
        counts["email_full"] += plan.left_over
    return dict(counts.most_common())


def not_sent(drained: Drained) -> Mapping[str, int]:
    """What became of emails that were not sent."""
    outcomes = ("failed", "deferred", "uncertain", "canceled")
    return {outcome: count for outcome in outcomes if (count := getattr(drained, outcome))}


def keep_report(report: Report, path: Path) -> None:
    """Write *report*, whole or not at all."""
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.write_text(json.dumps(report.to_json(), indent=2) + "\n", encoding="utf-8")
    unfinished.replace(path)


def kept_report(path: Path) -> Report | None:
    """The report in *path*; None: there is none."""
    try:
        return Report(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
