"""Change stored therapists or patients: write, tell, and withdraw whoever leaves by it, all in one transaction.

Whoever changes them, a file or a person, the same follows.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date

from attrs import frozen

from boona_core.errors import IllegalTransition
from boona_core.events import Event, EventType
from boona_core.ids import PatientId, TherapistId
from boona_core.import_ports import ImportUnit, StoredRow
from boona_core.importing import (
    Departure,
    ImportKind,
    Values,
    changed_fields,
    departure_of_patient,
    departure_of_therapist,
    is_out_of_reach,
    moves_mailbox,
)
from boona_core.therapists import TherapistStatus
from boona_core.usecases.calling import Switchboard
from boona_core.usecases.composing import Stationery
from boona_core.usecases.leaving import withdraw_calls, withdraw_patients, withdraw_therapists
from boona_core.usecases.new_hours import NewHours, replan_outside_of
from boona_core.windows import WeeklyWindows


@frozen(kw_only=True)
class ChangePeople:
    """Gives people other values, in one unit that has locked them."""

    unit: ImportUnit
    kind: ImportKind
    stationery: Stationery
    board: Switchboard
    today: date

    def __call__(self, before: Mapping[int, Values], after: Mapping[int, Values]) -> None:
        """Write the values of *after*, by id; of each of them *before* knows how it was stored."""
        self.unit.imports.update(self.kind, after)
        self.unit.outbox.put(event for number in after for event in self._events(number, before[number], after[number]))
        self.withdraw(before, after)

    def withdraw(
        self, before: Mapping[int, Values], after: Mapping[int, Values], *, leaving: Collection[int] = ()
    ) -> None:
        """Withdraw who leaves or rests by it, and those *leaving* for another reason; nothing is written or told."""
        decide = departure_of_patient if self.kind is ImportKind.PATIENTS else departure_of_therapist
        departures = {number: decide(before[number], values, today=self.today) for number, values in after.items()}
        gone = {number for number, departure in departures.items() if departure is Departure.LEAVES} | {*leaving}
        resting = [n for n, departure in departures.items() if departure is Departure.RESTS and n not in gone]
        now = self.unit.now()
        if self.kind is ImportKind.PATIENTS:
            withdraw_patients(
                self.unit,
                self.stationery,
                leaving=[*map(PatientId, sorted(gone))],
                resting=[*map(PatientId, resting)],
                now=now,
                today=self.today,
            )
            return
        withdraw_therapists(
            self.unit,
            leaving=[*map(TherapistId, sorted(gone))],
            resting=[*map(TherapistId, resting)],
            moved=[TherapistId(n) for n, values in after.items() if moves_mailbox(before[n], values)],
            now=now,
        )
        withdraw_calls(
            self.unit,
            self.board.policy,
            out_of_reach=[TherapistId(n) for n, values in after.items() if is_out_of_reach(values, today=self.today)],
            elsewhere=[TherapistId(n) for n, values in after.items() if before[n].get("phone") != values.get("phone")],
            today=self.today,
        )
        replan_outside_of(self.unit, self.board, dict(self._new_hours(before, after)))

    def _new_hours(
        self, before: Mapping[int, Values], after: Mapping[int, Values]
    ) -> Iterator[tuple[TherapistId, NewHours]]:
        for number, values in after.items():
            if "phone_hours" in changed_fields(before[number], values):
                yield TherapistId(number), NewHours(self._hours(before[number]), self._hours(values))

    def _hours(self, values: Values) -> WeeklyWindows | None:
        written = values.get("phone_hours")
        return self.board.policy.fallback_phone_hours if written is None else WeeklyWindows.from_json(written)

    def _events(self, number: int, before: Values, after: Values) -> Iterator[Event]:
        patients = self.kind is ImportKind.PATIENTS
        data: dict[str, int | str | bool | list[int] | None] = {
            "patient_id" if patients else "therapist_id": number,
        }
        changed = changed_fields(before, after)
        if changed - {"status"}:
            updated = EventType.PATIENT_UPDATED if patients else EventType.THERAPIST_UPDATED
            yield Event(type=updated, key=number, data=data)
        if "status" in changed:
            moved = EventType.PATIENT_STATUS_CHANGED if patients else EventType.THERAPIST_STATUS_CHANGED
            yield Event(type=moved, key=number, data={**data, "new_status": str(after["status"])})
        if not patients and TherapistStatus.BLOCKED.value in (before["status"], after["status"]):
            yield from _blocks(number, before, after)


def check_status(number: int, stored: StoredRow, after: Values) -> None:
    """Make sure that an entry which was merged into another stays as inactive as the merge left it.

    Raises:
        IllegalTransition: it would have another status: it comes back when the merge is undone.
    """
    if stored.merged and after["status"] != stored.values["status"]:
        raise IllegalTransition(f"therapist {number}", "merged into another entry", "given another status")


def _blocks(number: int, before: Values, after: Values) -> Iterator[Event]:
    """That a block begins, has another end, or is over; who leaves for good out of a block is not to be contacted."""
    if after["status"] == TherapistStatus.ACTIVE.value:
        yield Event(type=EventType.THERAPIST_UNBLOCKED, key=number, data={"therapist_id": number})
    elif after["status"] == TherapistStatus.BLOCKED.value and changed_fields(before, after) & {
        "status",
        "blocked_until",
    }:
        until = after.get("blocked_until")
        data = {"therapist_id": number, "until": until}
        yield Event(type=EventType.THERAPIST_BLOCKED, key=number, data=data)
