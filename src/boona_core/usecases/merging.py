"""Find therapists who were entered twice, merge them as a person says, and undo it when it was wrong."""

from collections.abc import Sequence

from attrs import frozen

from boona_core.calls import CallStatus
from boona_core.duplicates import Suggestion, find_duplicates
from boona_core.errors import InvalidValue, UnknownId
from boona_core.events import Event, EventType
from boona_core.ids import EmailId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.import_ports import StoredRow
from boona_core.importing import FieldChange, ImportKind
from boona_core.merge_ports import Merge, MergeUnit, OpenMergeUnit
from boona_core.merging import MergeRefusal, filled_from, refusals_of_standing
from boona_core.requests import RequestStatus
from boona_core.therapists import TherapistStatus
from boona_core.usecases.calling import Switchboard
from boona_core.usecases.changing_people import ChangePeople
from boona_core.usecases.composing import Stationery
from boona_core.usecases.leaving import take_out_everywhere
from boona_core.usecases.telling import requests_moved

PARTED = "a request in it is another therapist's again: a merge was undone"


@frozen(kw_only=True)
class FindDuplicates:
    """Suggest which therapists were entered twice; nothing is changed but what a person dismisses."""

    open_unit: OpenMergeUnit

    def __call__(self) -> Sequence[Suggestion]:
        """Every suggestion that nobody dismissed, by ids."""
        with self.open_unit() as unit:
            return find_duplicates(unit.merges.candidates(), dismissed=unit.merges.dismissed())

    def dismiss(self, one: TherapistId, other: TherapistId, *, dry_run: bool = False) -> None:
        """Remember that these are two people: they are not suggested again.

        Raises:
            InvalidValue: it is one id.
            UnknownId: one of them does not exist.
        """
        if one == other:
            raise InvalidValue("therapist", "is compared with itself")
        with self.open_unit() as unit:
            _stored(unit, one, other)
            unit.merges.dismiss(one, other)
            if not dry_run:
                unit.commit()


@frozen(kw_only=True)
class Merging:
    """What a merge did, would do, or why it was not done.

    Attributes:
        refusals: Every reason; empty: it was done.
        unsettled: The emails that a person has to send or cancel first.
        planned: The calls that a person has to make or cancel first.
        filled: The fields of the kept entry that were filled.
        canceled: The requests that were canceled because the patient had one to both.
    """

    refusals: tuple[MergeRefusal, ...] = ()
    unsettled: tuple[EmailId, ...] = ()
    planned: tuple[PhoneCallId, ...] = ()
    filled: tuple[FieldChange, ...] = ()
    canceled: tuple[PlacementRequestId, ...] = ()

    @property
    def merged(self) -> bool:
        """Whether it was done."""
        return not self.refusals


@frozen(kw_only=True)
class MergeTherapists:
    """Merge one entry into another, and undo it."""

    open_unit: OpenMergeUnit
    stationery: Stationery
    switchboard: Switchboard

    def __call__(self, kept_id: TherapistId, merged_id: TherapistId, *, dry_run: bool = False) -> Merging:
        """Keep one entry and let everything of the other be its own, as far as nothing speaks against it.

        Raises:
            InvalidValue: it is one id.
            UnknownId: one of them does not exist.
        """
        if kept_id == merged_id:
            raise InvalidValue("therapist", "is merged into itself")
        with self.open_unit() as unit:
            unit.therapists.lock([kept_id, merged_id])
            kept, merged = _stored(unit, kept_id, merged_id)
            unsettled = tuple(unit.merges.unsettled(merged_id))
            calls = unit.calls.find(statuses=(CallStatus.SCHEDULED,), therapist_id=merged_id)
            planned = tuple(call.id for call in calls)
            refusals = [MergeRefusal.ERASED] if kept.erased or merged.erased else []
            if kept.merged or merged.merged:
                refusals.append(MergeRefusal.MERGED_ALREADY)
            else:
                refusals += refusals_of_standing(kept.values, merged.values)
            if unsettled or planned:
                refusals.append(MergeRefusal.UNSETTLED)
            if refusals:
                return Merging(refusals=tuple(refusals), unsettled=unsettled, planned=planned)
            filled = filled_from(merged.values, kept.values)
            if filled:
                values = {**kept.values, **{change.name: change.new for change in filled}}
                unit.imports.update(ImportKind.THERAPISTS, {kept_id: values})
            done = unit.merges.move(merged_id, kept_id, filled=filled)
            unit.outbox.put(_events(done, TherapistStatus.INACTIVE))
            unit.outbox.put(requests_moved(map(unit.requests.get, done.canceled), RequestStatus.CANCELED))
            if not dry_run:
                unit.commit()
        shown = tuple(change for change in filled if change.name != "mailbox")
        return Merging(filled=shown, canceled=done.canceled)

    def undo(self, merged_id: TherapistId, *, dry_run: bool = False) -> Merge:
        """Let an entry that was merged be one of its own again; what has changed since then stays changed.

        Requests that come back leave what was not sent or made yet, and what is on its way to an address or a number
        that the kept entry had from the other one only is canceled.

        Raises:
            InvalidValue: the entry into which it was merged was merged itself: that is undone first.
            UnknownId: it does not exist, or was not merged.
        """
        with self.open_unit() as unit:
            merge = unit.merges.merge_of(merged_id)
            if merge is None:
                raise UnknownId("merged therapist", merged_id)
            unit.therapists.lock([merge.kept_id, merged_id])
            if unit.merges.merge_of(merge.kept_id) is not None:
                raise InvalidValue("therapist", f"{merge.kept_id} was merged itself later on: undo that first")
            done = unit.merges.move_back(merged_id)
            back = frozenset(request.id for request in unit.requests.movable(therapist_ids=[merged_id]))
            take_out_everywhere(
                unit,
                self.stationery,
                back,
                now=unit.now(),
                today=self.switchboard.today(unit),
                words=PARTED,
            )
            kept, _ = _stored(unit, merge.kept_id, merged_id)
            values = dict(kept.values)
            emptied = [change for change in done.filled if values.get(change.name) == change.new]
            if emptied:
                values.update((change.name, change.old) for change in emptied)
                unit.imports.update(ImportKind.THERAPISTS, {merge.kept_id: values})
                self._changing(unit).withdraw({merge.kept_id: kept.values}, {merge.kept_id: values})
            unit.outbox.put(_events(done, done.status))
            for request in map(unit.requests.get, done.canceled):
                unit.outbox.put(requests_moved([request], request.status))
            if not dry_run:
                unit.commit()
        return done

    def _changing(self, unit: MergeUnit) -> ChangePeople:
        return ChangePeople(
            unit=unit,
            kind=ImportKind.THERAPISTS,
            stationery=self.stationery,
            board=self.switchboard,
            today=self.switchboard.today(unit),
        )


def _stored(unit: MergeUnit, one: TherapistId, other: TherapistId) -> tuple[StoredRow, StoredRow]:
    found = unit.imports.stored(ImportKind.THERAPISTS, [one, other])
    for therapist_id in (one, other):
        if therapist_id not in found:
            raise UnknownId("therapist", therapist_id)
    return found[one], found[other]


def _events(merge: Merge, status: TherapistStatus) -> Sequence[Event]:
    """The merged one's new status, and that the kept one has changed; in the order of their locks they need none."""
    return (
        Event(
            type=EventType.THERAPIST_STATUS_CHANGED,
            key=merge.merged_id,
            data={"therapist_id": merge.merged_id, "new_status": status.value},
        ),
        Event(type=EventType.THERAPIST_UPDATED, key=merge.kept_id, data={"therapist_id": merge.kept_id}),
    )
