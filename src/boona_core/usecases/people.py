"""Make, change and erase one therapist or one patient; whoever leaves by it is withdrawn in the same transaction."""

from datetime import date

from attrs import frozen

from boona_core.api_ports import ApiUnit, OpenApiUnit
from boona_core.calls import CallStatus
from boona_core.errors import IllegalTransition, InvalidValue, InvalidValues, UnknownId
from boona_core.events import Event, EventType
from boona_core.ids import PatientId, TherapistId
from boona_core.import_ports import StoredRow
from boona_core.importing import (
    ImportKind,
    Values,
)
from boona_core.patients import PatientStatus
from boona_core.person_values import Person, changed_person, new_person
from boona_core.usecases.calling import Switchboard
from boona_core.usecases.changing_people import ChangePeople, check_status
from boona_core.usecases.composing import Stationery
from boona_core.usecases.leaving import THERAPIST_LEFT
from boona_core.usecases.withdrawing_calls import cancel_call

_WORD = {ImportKind.THERAPISTS: "therapist", ImportKind.PATIENTS: "patient"}
_CREATED = {ImportKind.THERAPISTS: EventType.THERAPIST_CREATED, ImportKind.PATIENTS: EventType.PATIENT_CREATED}
_SEARCHES = (PatientStatus.OPEN.value, PatientStatus.SEARCHING.value)
_ERASED = {ImportKind.THERAPISTS: EventType.THERAPIST_ERASED, ImportKind.PATIENTS: EventType.PATIENT_ERASED}


@frozen(kw_only=True)
class KeepPerson:
    """Make, change and erase therapists (or patients, by *kind*), one at a time.

    Values are plain, as in ``boona_core.importing``; of a therapist ``mailbox`` follows from ``email`` and is given
    beside it.
    """

    open_unit: OpenApiUnit
    kind: ImportKind
    stationery: Stationery
    switchboard: Switchboard

    def create(self, values: Values) -> int:
        """Make one; returns the id.

        Raises:
            InvalidValues: what a new one needs is missing, or the external id is somebody else's.
        """
        with self.open_unit() as unit:
            person = new_person(self.kind, values, today=self.switchboard.today(unit))
            self._check(unit, person)
            number = unit.people.create(self.kind, person.values)
            if number is None:
                raise InvalidValues([InvalidValue("external_id", "is somebody else's already")])
            unit.outbox.put([self._event(_CREATED[self.kind], number)])
            unit.commit()
        return number

    def change(self, number: int, values: Values) -> None:
        """Change the fields that *values* name, None empties; whoever leaves by it is withdrawn.

        Raises:
            IllegalTransition: another status for an entry that was merged into another one.
            InvalidValues: a field may not be so.
            UnknownId: there is nobody with this id, or not any more.
        """
        with self.open_unit() as unit:
            stored = self._locked(unit, number)
            if stored.erased:
                raise UnknownId(_WORD[self.kind], number)
            today = self.switchboard.today(unit)
            person = changed_person(self.kind, stored.values, values, today=today)
            check_status(number, stored, person.values)
            self._check(unit, person, number)
            if person.changed:
                self._changing(unit, today)({number: stored.values}, {number: person.values})
            unit.commit()

    def erase(self, number: int) -> None:
        """Withdraw somebody and empty the personal fields; the contact facts stay.  Doing it twice is harmless.

        Raises:
            IllegalTransition: an email is being handed over to the mail server at this moment: ask again.
            UnknownId: there is nobody with this id.
        """
        with self.open_unit() as unit:
            stored = self._locked(unit, number)
            if not stored.erased:
                self._leave(unit, number, stored.values, today=self.switchboard.today(unit))
            if unit.people.being_handed_over(self.kind, number):  # asked under the locks that a marker needs as well
                raise IllegalTransition(f"{_WORD[self.kind]} {number}", "in an email in handoff", "erased")
            if not stored.erased:
                unit.people.erase(self.kind, number, now=unit.now())
                unit.outbox.put([self._event(_ERASED[self.kind], number)])
            unit.commit()

    def _locked(self, unit: ApiUnit, number: int) -> StoredRow:
        if self.kind is ImportKind.PATIENTS:
            unit.patients.lock([PatientId(number)])
        else:
            unit.therapists.lock([TherapistId(number)])
        stored = unit.imports.stored(self.kind, [number])
        if number not in stored:
            raise UnknownId(_WORD[self.kind], number)
        return stored[number]

    def _check(self, unit: ApiUnit, person: Person, number: int | None = None) -> None:
        """Against what else is stored.

        Raises:
            InvalidValues: a therapist that does not exist is excluded, or the external id is somebody else's.
        """
        faults: list[InvalidValue] = []
        if "excluded_therapists" in person.changed:
            wanted = [TherapistId(each) for each in person.values["excluded_therapists"]]
            known = unit.therapists.get_many(wanted)
            faults += (
                InvalidValue(f"excluded_therapists[{place}]", "no therapist has this id")
                for place, each in enumerate(wanted)
                if each not in known
            )
        external_id = person.values.get("external_id")
        if "external_id" in person.changed and external_id is not None:
            owner = unit.imports.ids(self.kind, [external_id]).get(external_id)
            if owner is not None and owner != number:
                faults.append(InvalidValue("external_id", "is somebody else's already"))
        if faults:
            raise InvalidValues(faults)

    def _leave(self, unit: ApiUnit, number: int, before: Values, *, today: date) -> None:
        """Withdraw whoever is about to be erased; a search that goes on is aborted."""
        after = before
        if self.kind is ImportKind.PATIENTS and before["status"] in _SEARCHES:
            after = {**before, "status": PatientStatus.SEARCH_ABORTED.value}
            unit.imports.update(self.kind, {number: after})
        self._changing(unit, today).withdraw({number: before}, {number: after}, leaving=[number])
        if self.kind is ImportKind.THERAPISTS:
            unit.calls.take_turns()
            for planned in unit.calls.find(statuses=(CallStatus.SCHEDULED,), therapist_id=TherapistId(number)):
                cancel_call(unit, unit.calls.lock(planned.id), words=THERAPIST_LEFT)

    def _changing(self, unit: ApiUnit, today: date) -> ChangePeople:
        return ChangePeople(unit=unit, kind=self.kind, stationery=self.stationery, board=self.switchboard, today=today)

    def _event(self, kind: EventType, number: int, **more: str) -> Event:
        return Event(type=kind, key=number, data={f"{_WORD[self.kind]}_id": number, **more})
