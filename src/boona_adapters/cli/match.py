"""The command that holds patients and therapists against each other, and offers those that fit.

Of a patient nothing is printed but the id.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import click
from attrs import frozen

from boona_adapters.cli.opening import opened
from boona_adapters.cli.options import as_json, dry_run, id_of
from boona_adapters.cli.printing import counted, print_json, print_line, print_table, warn
from boona_adapters.cli.shapes import Json, match_json, offered_json
from boona_core.application import Application
from boona_core.geo import UNKNOWN
from boona_core.ids import PatientId, TherapistId
from boona_core.matching import Match
from boona_core.mismatches import MatchReason, Mismatch
from boona_core.usecases.matching import Matches
from boona_core.usecases.offering import Offered

REASONS: Mapping[MatchReason, str] = {
    MatchReason.PATIENT_NOT_SEARCHING: "the patient is not searching, or pauses",
    MatchReason.INACTIVE: "the therapist is inactive",
    MatchReason.BLOCKED: "the therapist is blocked",
    MatchReason.DO_NOT_CONTACT: "do not contact: the therapist, or somebody at this mailbox, wishes no letters",
    MatchReason.ERASED: "the data of one of them was erased",
    MatchReason.REQUEST_OPEN: "a placement request is open or in progress",
    MatchReason.PAIR_RESTING: "this pair rests after a no",
    MatchReason.EXCLUDED: "the patient does not want this therapist",
    MatchReason.DISTANCE: "too far",
    MatchReason.TRAVEL_TIME: "too long on the way",
    MatchReason.THERAPIST_GENDER: "the patient wishes another gender",
    MatchReason.METHOD: "the patient wishes another method",
    MatchReason.LANGUAGE: "no common language",
    MatchReason.PATIENT_GENDER: "the therapist takes another gender",
    MatchReason.AGE: "the therapist takes another age",
    MatchReason.DIAGNOSIS: "the therapist takes other diagnoses",
    MatchReason.GROUP: "the therapist treats in groups only, the patient does not want it",
    MatchReason.HOURS: "no hour of the week for a session and the way",
}


@click.command
@click.argument("patient", type=id_of("PATIENT"), required=False)
@click.option(
    "--therapist", type=id_of("THERAPIST"), help="The waiting patients for this therapist, or just this pair."
)
@click.option("--all", "everybody", is_flag=True, help="All waiting patients against all therapists.")
@click.option(
    "--create", type=click.IntRange(min=1), metavar="N", help="Create placement requests for the first N that fit."
)
@click.option("--priority", type=click.IntRange(min=0), default=1, show_default=True, help="Of the requests created.")
@click.option("--others", is_flag=True, help="Show those within reach that do not fit, each with every reason.")
@dry_run
@as_json
@click.pass_context
def match(
    context: click.Context,
    *,
    patient: int | None,
    therapist: int | None,
    everybody: bool,
    create: int | None,
    priority: int,
    others: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Find the therapists that fit PATIENT, nearest first, or with --therapist the waiting patients, longest first.

    PATIENT with --therapist asks about that pair alone and says every reason.  With --create N the first N that fit get
    placement requests; --dry-run only says which.
    """
    if everybody == (patient is not None or therapist is not None):
        raise click.UsageError("name a PATIENT, a --therapist, or both, or give --all")
    with opened() as wired:
        offer = _Offer(wired.application, create or 0, priority, dry_run)
        find = wired.application.find_matches
        if everybody:
            _tell_all(offer, as_json=as_json)
        elif patient is not None and therapist is not None:
            pair = find.of_pair(PatientId(patient), TherapistId(therapist))
            _tell_pair(pair, offer([pair]) if pair.fits else None, as_json=as_json)
            if not pair.fits:
                context.exit(1)
        else:
            matches = (
                find.for_patient(PatientId(patient)) if patient else find.for_therapist(TherapistId(therapist or 0))
            )
            _tell(matches, offer(matches.fitting), of_patient=patient is not None, others=others, as_json=as_json)


@frozen
class _Offer:
    """Creates requests for the first of some matches, where that was asked for."""

    application: Application
    create: int
    priority: int
    dry_run: bool

    def __call__(self, fitting: Sequence[Match]) -> Offered | None:
        pairs = [(match.patient_id, match.therapist_id) for match in fitting[: self.create]]
        if not pairs:
            return None
        return self.application.offer_matches(pairs, priority=self.priority, dry_run=self.dry_run)


def _tell_all(offer: _Offer, *, as_json: bool) -> None:
    patients: list[Json] = []
    for patient_id, fitting in offer.application.find_matches.for_everybody():
        offered = offer(fitting)
        patients.append({"patient_id": patient_id, "fitting": len(fitting), "offered": offered_json(offered)})
    if as_json:
        print_json({"patients": patients})
        return
    rows = [
        (each["patient_id"], each["fitting"], len(each["offered"]["created"]) if each["offered"] else 0)
        for each in patients
    ]
    print_table(("patient", "therapists that fit", "requests created"), rows)
    without = sum(not each["fitting"] for each in patients)
    print_line(f"{counted(len(rows), 'waiting patient', 'waiting patients')}, {without:,} without any that fits")


def _tell_pair(pair: Match, offered: Offered | None, *, as_json: bool) -> None:
    if as_json:
        print_json({"match": match_json(pair), "offered": offered_json(offered)})
        return
    print_line(f"patient {pair.patient_id}, therapist {pair.therapist_id}: {_far(pair)}")
    print_line("they fit" if pair.fits else "they do not fit:")
    for mismatch in pair.mismatches:
        print_line(f"  - {_words(mismatch)}")
    _say_offered(offered)


def _tell(matches: Matches, offered: Offered | None, *, of_patient: bool, others: bool, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "place_known": matches.place_known,
                "fitting": [match_json(match) for match in matches.fitting],
                "others": [match_json(match) for match in matches.others],
                "offered": offered_json(offered),
            }
        )
        return
    if not matches.place_known:
        warn("where they are is not known: no postal code, or none of the table (`boona import postal-codes`)")
    who = "therapist" if of_patient else "patient"
    rows = [
        (
            match.therapist_id if of_patient else match.patient_id,
            _km(match),
            "unknown" if match.way is UNKNOWN else match.way,
            match.way_source or "",
            f"{match.likelihood:.2f}",
            match.waiting_since or "unknown",
        )
        for match in matches.fitting
    ]
    print_table((who, "km", "minutes", "by", "likelihood", "waiting since"), rows)
    print_line(f"{counted(len(rows), who, f'{who}s')} that fit")
    if any(match.limit_assumed for match in matches.fitting):
        print_line("how far the patient goes is not known: the agency's assumption was taken")
    reasons = Counter(reason for match in matches.others for reason in dict.fromkeys(match.reasons))
    if reasons:
        print_line(f"\n{counted(len(matches.others), 'other', 'others')} within reach:")
        rows_of_reasons = [(REASONS[reason], count) for reason, count in reasons.most_common()]
        print_table(("reason", f"{who}s"), rows_of_reasons)
    if others:
        print_line()
        one_by_one = [
            (
                match.therapist_id if of_patient else match.patient_id,
                _km(match),
                "; ".join(map(_words, match.mismatches)),
            )
            for match in matches.others
        ]
        print_table((who, "km", "why not"), one_by_one)
    _say_offered(offered)


def _say_offered(offered: Offered | None) -> None:
    if offered is None:
        return
    would = "would be created" if offered.dry_run else "created"
    print_line(f"\n{counted(len(offered.request_ids), 'placement request', 'placement requests')} {would}")
    for match in offered.refused:
        warn(f"patient {match.patient_id}, therapist {match.therapist_id}: {'; '.join(map(_words, match.mismatches))}")


def _words(mismatch: Mismatch) -> str:
    until = f" (until {mismatch.until})" if mismatch.until else ""
    return f"{REASONS[mismatch.reason]}{' (not known)' if mismatch.unknown else ''}{until}"


def _km(match: Match) -> str:
    return "unknown" if match.distance is UNKNOWN else f"{match.distance:.1f}"


def _far(match: Match) -> str:
    if match.distance is UNKNOWN:
        return "nobody knows how far apart"
    return f"{match.distance:.1f} km apart{_way(match)}"


def _way(match: Match) -> str:
    if match.route is None:
        return "" if match.way is UNKNOWN else f", about {match.way} minutes (estimate)"
    said = f"{match.route.provenance.source}, {match.route.provenance.asked_at:%Y-%m-%d}"
    return f", no way ({said})" if match.way is UNKNOWN else f", {match.way} minutes ({said})"
