"""The commands about therapists who were entered twice."""

from collections.abc import Mapping

import click

from boona_adapters.cli.opening import opened
from boona_adapters.cli.options import as_json, dry_run, id_of
from boona_adapters.cli.printing import counted, print_json, print_line, print_table, warn
from boona_core.duplicates import Sign, Suggestion
from boona_core.ids import TherapistId
from boona_core.merging import MergeRefusal
from boona_core.redaction import one_line

_SIGNS: Mapping[Sign, str] = {
    Sign.SAME_NAME: "the same name",
    Sign.NAME_JOINED: "one last name is part of the other",
    Sign.NAME_CHANGED: "all but the last name",
    Sign.FIRST_NAME_MISSING: "one first name is missing",
    Sign.FIRST_NAME_SHORT: "one first name is an initial",
    Sign.NAMES_SWAPPED: "first and last name swapped",
    Sign.SPELLED_ALIKE: "names a letter apart",
    Sign.SAME_MAILBOX: "mailbox",
    Sign.SAME_NUMBER: "number",
    Sign.SAME_PRACTICE: "practice",
    Sign.SAME_WEBSITE: "website",
}
_REFUSALS: Mapping[MergeRefusal, str] = {
    MergeRefusal.ERASED: "the data of one of them was erased",
    MergeRefusal.MERGED_ALREADY: "one of them was merged already",
    MergeRefusal.UNSETTLED: "emails or calls are not settled: send, make or cancel them first",
    MergeRefusal.KEPT_INACTIVE: "the one to be kept is inactive, the other is not: keep the other, or activate it",
    MergeRefusal.STANDING: "the one to be merged is blocked or wishes no contact, the other is not: settle it first",
}


@click.command
@click.option(
    "--dismiss",
    nargs=2,
    type=id_of("THERAPIST"),
    metavar="THERAPIST THERAPIST",
    help="These are two people: do not suggest them again.",
)
@dry_run
@as_json
def duplicates(*, dismiss: tuple[int, int] | None, dry_run: bool, as_json: bool) -> None:
    """List therapists who may have been entered twice, and what each suggestion rests on.

    Nothing is merged by itself: `boona merge KEPT MERGED` does it, `boona unmerge MERGED` undoes it.
    """
    with opened() as wired:
        find = wired.application.find_duplicates
        if dismiss is not None:
            one, other = map(TherapistId, dismiss)
            find.dismiss(one, other, dry_run=dry_run)
            said = f"therapists {one} and {other}: {'would not be' if dry_run else 'not'} suggested again"
            _tell(said, {"dismissed": [one, other], "dry_run": dry_run}, as_json=as_json)
            return
        found = find()
    if as_json:
        print_json(
            {
                "suggestions": [
                    {
                        "first": each.first,
                        "second": each.second,
                        "names": list(each.names),
                        "signs": [sign.value for sign in each.signs],
                    }
                    for each in found
                ]
            }
        )
        return
    rows = [
        (
            *(f"{number} {one_line(name, longest=60)}" for number, name in zip(_ids(each), each.names, strict=True)),
            ", ".join(_SIGNS[sign] for sign in each.signs),
        )
        for each in found
    ]
    print_table(("therapist", "therapist", "in common"), rows)
    print_line(counted(len(found), "suggestion", "suggestions"))


@click.command
@click.argument("kept", type=id_of("KEPT"))
@click.argument("merged", type=id_of("MERGED"))
@dry_run
@as_json
@click.pass_context
def merge(context: click.Context, *, kept: int, merged: int, dry_run: bool, as_json: bool) -> None:
    """Merge two entries of one therapist: KEPT stays, with the requests, emails and windows of MERGED.

    What KEPT does not know is filled from MERGED, which is inactive from then on.
    """
    with opened() as wired:
        done = wired.application.merge_therapists(TherapistId(kept), TherapistId(merged), dry_run=dry_run)
    if as_json:
        print_json(
            {
                "kept": kept,
                "merged": merged,
                "done": done.merged,
                "dry_run": dry_run,
                "refusals": [refusal.value for refusal in done.refusals],
                "unsettled_emails": list(done.unsettled),
                "planned_calls": list(done.planned),
                "filled": [change.name for change in done.filled],
                "canceled_requests": list(done.canceled),
            }
        )
    elif done.merged:
        print_line(f"therapist {merged}: {'would be ' if dry_run else ''}merged into {kept}")
        if done.filled:
            print_line(f"filled: {', '.join(change.name for change in done.filled)}")
        if done.canceled:
            print_line(
                f"canceled, the patient had one to both: placement requests {', '.join(map(str, done.canceled))}"
            )
    for refusal in done.refusals:
        warn(f"therapist {merged}: not merged: {_REFUSALS[refusal]}")
    if done.planned:
        warn(f"  calls {', '.join(map(str, done.planned))}")
    if done.unsettled:
        warn(f"  emails {', '.join(map(str, done.unsettled))}")
    if not done.merged:
        context.exit(1)


@click.command
@click.argument("merged", type=id_of("MERGED"))
@dry_run
@as_json
def unmerge(*, merged: int, dry_run: bool, as_json: bool) -> None:
    """Undo the merge of MERGED: what it moved and changed, and what is still so, is as it was before."""
    with opened() as wired:
        done = wired.application.merge_therapists.undo(TherapistId(merged), dry_run=dry_run)
    said = f"therapist {merged}: {'would be ' if dry_run else ''}one of its own again, apart from {done.kept_id}"
    told = {"merged": merged, "kept": done.kept_id, "dry_run": dry_run, "live_again_requests": list(done.canceled)}
    _tell(said, told, as_json=as_json)


def _ids(suggestion: Suggestion) -> tuple[TherapistId, TherapistId]:
    return suggestion.first, suggestion.second


def _tell(said: str, told: Mapping[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json(told)
    else:
        print_line(said)
