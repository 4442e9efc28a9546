"""Move a patient or a therapist along their lifecycle; whoever leaves by it is withdrawn in the same transaction."""

from datetime import date

from attrs import frozen

from boona_core.errors import UnknownId
from boona_core.ids import PatientId, TherapistId
from boona_core.import_ports import ImportUnit, OpenImportUnit, StoredRow
from boona_core.importing import ImportKind, changed_fields
from boona_core.lifecycles import Missing, PatientStep, Step, TherapistStep, step_of_patient, step_of_therapist
from boona_core.texts import check_texts
from boona_core.usecases.calling import Switchboard
from boona_core.usecases.changing_people import ChangePeople, check_status
from boona_core.usecases.composing import Stationery


@frozen(kw_only=True)
class Moved:
    """What a step did, or would do.

    Attributes:
        status: Where the patient or therapist stands now.
        changed: The fields that it changed; empty: everything was so already, or something is missing.
        missing: Why it was not done.
    """

    status: str
    changed: frozenset[str] = frozenset()
    missing: tuple[Missing, ...] = ()


@frozen(kw_only=True)
class MovePeople:
    """Take one step with a patient or a therapist."""

    open_unit: OpenImportUnit
    stationery: Stationery
    switchboard: Switchboard

    def patient(
        self, patient_id: PatientId, step: PatientStep, *, until: date | None = None, dry_run: bool = False
    ) -> Moved:
        """Take a step with a patient; *until* is the first day after a pause.

        Raises:
            IllegalTransition: the patient is not where this step begins.
            InvalidValue: the day does not fit the step.
            UnknownId: there is no such patient, or not any more.
        """
        with self.open_unit() as unit:
            today = self.switchboard.today(unit)
            unit.patients.lock([patient_id])
            stored = _stored(unit, ImportKind.PATIENTS, patient_id)
            taken = step_of_patient(f"patient {patient_id}", stored.values, step, today=today, until=until)
            change = self._change(unit, ImportKind.PATIENTS, today)
            return _take(change, patient_id, stored, taken, dry_run=dry_run)

    def therapist(
        self,
        therapist_id: TherapistId,
        step: TherapistStep,
        *,
        reason: str | None = None,
        until: date | None = None,
        dry_run: bool = False,
    ) -> Moved:
        """Take a step with a therapist; *until* is the first day after a block.

        Raises:
            IllegalTransition: the therapist is not where this step begins, or was merged into another entry.
            InvalidValue: the reason or the day do not fit the step.
            InvalidValues: the reason cannot be kept.
            UnknownId: there is no such therapist, or not any more.
        """
        check_texts((("reason", reason, None),))
        with self.open_unit() as unit:
            today = self.switchboard.today(unit)
            unit.therapists.lock([therapist_id])
            stored = _stored(unit, ImportKind.THERAPISTS, therapist_id)
            taken = step_of_therapist(
                f"therapist {therapist_id}", stored.values, step, today=today, reason=reason, until=until
            )
            change = self._change(unit, ImportKind.THERAPISTS, today)
            return _take(change, therapist_id, stored, taken, dry_run=dry_run)

    def _change(self, unit: ImportUnit, kind: ImportKind, today: date) -> ChangePeople:
        return ChangePeople(unit=unit, kind=kind, stationery=self.stationery, board=self.switchboard, today=today)


def _take(change: ChangePeople, number: int, stored: StoredRow, step: Step, *, dry_run: bool) -> Moved:
    after = {**stored.values, **step.fields}
    check_status(number, stored, after)
    changed = changed_fields(stored.values, after)
    if changed:
        change({number: stored.values}, {number: after})
        if not dry_run:
            change.unit.commit()
    return Moved(status=str(after["status"]), changed=changed, missing=step.missing)


def _stored(unit: ImportUnit, kind: ImportKind, number: int) -> StoredRow:
    found = unit.imports.stored(kind, [number]).get(number)
    if found is None or found.erased:
        raise UnknownId("patient" if kind is ImportKind.PATIENTS else "therapist", number)
    return found
