"""Therapists who were entered twice, over HTTP: suggested, dismissed, merged and parted again."""

from typing import Any

from attrs import frozen

from boona_adapters.http.codec import UNNAMED
from boona_adapters.http.operations import Operation, Outcome, Refused, Shown, Understood
from boona_adapters.http.problems import ObstacleShape
from boona_adapters.http.shaping import NumberedPageQuery, Tried, list_of, part
from boona_adapters.http.texts import Id
from boona_core.duplicates import Sign
from boona_core.errors import InvalidValue, InvalidValues, UnknownId
from boona_core.ids import TherapistId
from boona_core.merging import MergeRefusal
from boona_core.usecases.merging import Merging


@frozen(kw_only=True)
class SuggestionShape:
    """Two entries that may be one therapist.

    Attributes:
        first: The lower id.
        second: The higher id.
        names: How the two are called, in the same order.
        signs: What it rests on.
    """

    first: int
    second: int
    names: tuple[str, ...]
    signs: tuple[Sign, ...]


@frozen(kw_only=True)
class DuplicateQuery(NumberedPageQuery):
    """Which suggestions.

    Attributes:
        therapist_id: Those about this entry.
    """

    therapist_id: Id = UNNAMED


@frozen(kw_only=True)
class NewDismissal(Tried):
    """Two entries that are two people: they are not suggested again."""

    first: Id
    second: Id


@frozen(kw_only=True)
class DismissalShape:
    """Two entries that are not suggested again, or would not be."""

    first: int
    second: int
    dry_run: bool


@frozen(kw_only=True)
class NewMerge(Tried):
    """An entry that is to be merged into the one of the path.

    Attributes:
        merged_id: The entry of which nothing is left but that it was there.
    """

    merged_id: Id


@frozen(kw_only=True)
class MergedShape:
    """What a merge did, or would do.

    Attributes:
        filled: The fields of the kept entry that were filled, each with its value.
        canceled_requests: The placement requests that were canceled because the patient had one to both.
    """

    kept_id: int
    merged_id: int
    dry_run: bool
    filled: dict[str, Any]
    canceled_requests: tuple[int, ...]


@frozen(kw_only=True)
class NewUnmerge(Tried):
    """A merge to be undone."""


@frozen(kw_only=True)
class UnmergedShape:
    """Two entries that are two again, or would be.

    Attributes:
        merged_id: The entry that is one of its own again.
        live_again_requests: The placement requests that the merge had canceled.
    """

    kept_id: int
    merged_id: int
    dry_run: bool
    live_again_requests: tuple[int, ...]


def find(asked: Understood) -> Outcome:
    """List the suggestions."""
    found, about = asked.application.find_duplicates(), asked.query.therapist_id
    rows = [
        SuggestionShape(first=each.first, second=each.second, names=each.names, signs=each.signs)
        for each in found
        if about is UNNAMED or about in (each.first, each.second)
    ]
    cut = asked.query.cut()
    return Shown(part(SuggestionShape, rows[cut.offset : cut.offset + cut.limit], cut, len(rows)))


def dismiss(asked: Understood) -> Outcome:
    """Remember that two entries are two people."""
    body, dry_run = asked.body, asked.body.is_dry
    one, other = TherapistId(body.first), TherapistId(body.second)
    if one == other:
        raise InvalidValues([InvalidValue("second", "is the same as first")])
    try:
        asked.application.find_duplicates.dismiss(one, other, dry_run=dry_run)
    except UnknownId as unknown:
        place = "first" if unknown.id == one else "second"
        raise InvalidValues([InvalidValue(place, "no therapist has this id")]) from None
    return Shown(DismissalShape(first=min(one, other), second=max(one, other), dry_run=dry_run))


def merge(asked: Understood) -> Outcome:
    """Merge another entry into this one."""
    kept, merged, dry_run = TherapistId(asked.number), TherapistId(asked.body.merged_id), asked.body.is_dry
    if kept == merged:
        raise InvalidValues([InvalidValue("merged_id", "is the entry that is to be kept")])
    try:
        done = asked.application.merge_therapists(kept, merged, dry_run=dry_run)
    except UnknownId as unknown:
        if unknown.id == kept:
            raise
        raise InvalidValues([InvalidValue("merged_id", "no therapist has this id")]) from None
    if not done.merged:
        return Refused(decision=None, detail="the two cannot be merged as they are", obstacles=_obstacles(done))
    return Shown(
        MergedShape(
            kept_id=kept,
            merged_id=merged,
            dry_run=dry_run,
            filled={change.name: change.new for change in done.filled},
            canceled_requests=done.canceled,
        )
    )


def _obstacles(done: Merging) -> tuple[ObstacleShape, ...]:
    return tuple(
        ObstacleShape(reason=each.value, email_ids=done.unsettled, phone_call_ids=done.planned)
        if each is MergeRefusal.UNSETTLED
        else ObstacleShape(reason=each.value)
        for each in done.refusals
    )


def unmerge(asked: Understood) -> Outcome:
    """Undo the merge of this entry."""
    dry_run = asked.body.is_dry
    try:
        done = asked.application.merge_therapists.undo(TherapistId(asked.number), dry_run=dry_run)
    except InvalidValue as later:
        return Refused(decision=None, detail=str(later))
    return Shown(
        UnmergedShape(
            kept_id=done.kept_id, merged_id=done.merged_id, dry_run=dry_run, live_again_requests=done.canceled
        )
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/duplicates",
        name="listDuplicates",
        summary="Which therapists may have been entered twice?",
        description="As `boona duplicates`: pairs of entries with what each suggestion rests on. Every entry is read, "
        "whatever the part of the list.",
        tag="duplicates",
        act=find,
        query=DuplicateQuery,
        answer=list_of(SuggestionShape),
    ),
    Operation(
        method="POST",
        path="/api/duplicates/dismissals",
        name="dismissDuplicate",
        summary="Say that two entries are two people",
        description="They are not suggested again; saying it twice is harmless.",
        tag="duplicates",
        act=dismiss,
        body=NewDismissal,
        answer=DismissalShape,
        example={"first": 1, "second": 2},
    ),
    Operation(
        method="POST",
        path="/api/therapists/{id}/merge",
        name="mergeTherapists",
        summary="Merge another entry into this one",
        description="As `boona merge`: requests, emails, windows and calls of the other entry are this one's from now "
        "on, what this one does not know is filled, and the other is inactive. What has to be settled first refuses "
        "it (409), each thing as an obstacle.",
        tag="duplicates",
        act=merge,
        body=NewMerge,
        answer=MergedShape,
        refuses=True,
        example={"merged_id": 2, "dry_run": True},
    ),
    Operation(
        method="POST",
        path="/api/therapists/{id}/unmerge",
        name="unmergeTherapist",
        summary="Undo the merge of this entry",
        description="As `boona unmerge`: what the merge moved and changed, and what is still so, is as it was before. "
        "404: it was not merged. An entry that was itself merged later on is parted first (409).",
        tag="duplicates",
        act=unmerge,
        body=NewUnmerge,
        answer=UnmergedShape,
        refuses=True,
        example={"dry_run": True},
    ),
)
