"""What is stored, for whoever looks; and held still for whoever is about to change it."""

from zoneinfo import ZoneInfo

from attrs import frozen

from boona_core.api_ports import (
    ApiUnit,
    CallFilter,
    Cut,
    EmailFilter,
    ImportFilter,
    Listing,
    OpenApiUnit,
    PatientFilter,
    RequestFilter,
    TherapistFilter,
)
from boona_core.callers import Caller
from boona_core.calls import PhoneCall
from boona_core.emails import Email
from boona_core.errors import UnknownId
from boona_core.ids import (
    CallerId,
    EmailBatchId,
    EmailId,
    PatientId,
    PhoneCallBatchId,
    PhoneCallId,
    PlacementRequestId,
    TherapistId,
)
from boona_core.import_ports import ImportLine, ImportRun
from boona_core.importing import ImportRunId, RowFault
from boona_core.patients import Patient
from boona_core.requests import RequestRecord
from boona_core.therapists import Therapist


@frozen(kw_only=True)
class ShowRecords:
    """Show lists and single records; nothing is changed.

    With *hold* a record is also kept from others until the unit ends, which means something where units are joined.
    """

    open_unit: OpenApiUnit

    def emails(self, wanted: EmailFilter, cut: Cut) -> Listing[Email]:
        """Emails, newest first."""
        with self.open_unit() as unit:
            return unit.listings.emails(wanted, cut)

    def email(self, email_id: EmailId, *, hold: bool = False) -> Email:
        """One email.

        Raises:
            UnknownId: there is none.
        """
        with self.open_unit() as unit:
            return _held_email(unit, email_id) if hold else unit.emails.get(email_id)

    def email_of_batch(self, batch_id: EmailBatchId, *, hold: bool = False) -> Email:
        """The email that has this batch row.

        Raises:
            UnknownId: none has.
        """
        with self.open_unit() as unit:
            email_id = unit.listings.email_of_batch(batch_id)
            return _held_email(unit, email_id) if hold else unit.emails.get(email_id)

    def therapists(self, wanted: TherapistFilter, cut: Cut) -> Listing[Therapist]:
        """Therapists, by id."""
        with self.open_unit() as unit:
            return unit.listings.therapists(wanted, cut)

    def therapist(self, therapist_id: TherapistId, *, hold: bool = False, erased: bool = False) -> Therapist:
        """One therapist; with *erased* also one whose personal fields were emptied.

        Raises:
            UnknownId: there is none.
        """
        with self.open_unit() as unit:
            if hold:
                unit.therapists.lock([therapist_id])
            found = unit.therapists.get(therapist_id)
        if found.erased_at is not None and not erased:
            raise UnknownId("therapist", therapist_id)
        return found

    def patients(self, wanted: PatientFilter, cut: Cut) -> Listing[Patient]:
        """Patients, by id."""
        with self.open_unit() as unit:
            return unit.listings.patients(wanted, cut)

    def patient(self, patient_id: PatientId, *, hold: bool = False) -> Patient:
        """One patient whose personal fields were not emptied.

        Raises:
            UnknownId: there is none.
        """
        with self.open_unit() as unit:
            if hold:
                unit.patients.lock([patient_id])
            found = unit.patients.get_many([patient_id]).get(patient_id)
        if found is None or found.erased_at is not None:
            raise UnknownId("patient", patient_id)
        return found

    def imports(self, wanted: ImportFilter, cut: Cut) -> Listing[ImportRun]:
        """The history of imports, newest first."""
        with self.open_unit() as unit:
            return unit.listings.imports(wanted, cut)

    def import_run(self, run_id: ImportRunId) -> ImportRun:
        """One entry of the history of imports.

        Raises:
            UnknownId: there is none.
        """
        with self.open_unit() as unit:
            return unit.imports.run(run_id)

    def import_lines(self, run_id: ImportRunId, cut: Cut) -> Listing[ImportLine]:
        """What an import did, in its order.

        Raises:
            UnknownId: the history has no such entry.
        """
        with self.open_unit() as unit:
            unit.imports.run(run_id)
            return unit.listings.import_lines(run_id, cut)

    def import_faults(self, run_id: ImportRunId, cut: Cut) -> Listing[RowFault]:
        """Why an import refused rows, in its order.

        Raises:
            UnknownId: the history has no such entry.
        """
        with self.open_unit() as unit:
            unit.imports.run(run_id)
            return unit.listings.import_faults(run_id, cut)

    def requests(self, wanted: RequestFilter, cut: Cut) -> Listing[RequestRecord]:
        """Placement requests, by id."""
        with self.open_unit() as unit:
            return unit.listings.requests(wanted, cut)

    def request(self, request_id: PlacementRequestId, *, hold: bool = False) -> RequestRecord:
        """One placement request.

        Raises:
            UnknownId: there is none.
        """
        with self.open_unit() as unit:
            record = unit.listings.request(request_id)
            if hold:
                unit.patients.lock([record.patient_id])
                unit.therapists.lock([record.therapist_id])
                record = unit.listings.request(request_id)
            return record

    def calls(self, wanted: CallFilter, cut: Cut) -> Listing[PhoneCall]:
        """Calls, newest first."""
        with self.open_unit() as unit:
            return unit.listings.calls(wanted, cut)

    def call(self, call_id: PhoneCallId, *, hold: bool = False) -> PhoneCall:
        """One call; held by its therapist, as everybody holds a call.

        Raises:
            UnknownId: there is none.
        """
        with self.open_unit() as unit:
            call = unit.calls.get(call_id)
            if hold:
                held = [item.placement_request_id for item in call.items]
                unit.patients.lock([unit.requests.get(each).patient_id for each in held])
                unit.therapists.lock([call.therapist_id])
                call = unit.calls.get(call_id)
            return call

    def call_of_batch(self, batch_id: PhoneCallBatchId, *, hold: bool = False) -> PhoneCall:
        """The call that has this batch row.

        Raises:
            UnknownId: none has.
        """
        with self.open_unit() as unit:
            call_id = unit.listings.call_of_batch(batch_id)
        return self.call(call_id, hold=hold)

    def contacts(self, therapist_id: TherapistId, cut: Cut, *, zone: ZoneInfo) -> Listing[Email | PhoneCall]:
        """The emails and calls of a therapist, newest first, by their days in *zone*."""
        with self.open_unit() as unit:
            return unit.listings.contacts(therapist_id, cut, zone=zone)

    def caller(self, caller_id: CallerId, *, hold: bool = False) -> Caller:
        """One caller who makes calls.

        Raises:
            UnknownId: there is none, or not any more.
        """
        with self.open_unit() as unit:
            if hold:
                unit.listings.hold("caller", caller_id)
            found = unit.callers.get(caller_id)
        if not found.active:
            raise UnknownId("caller", caller_id)
        return found


def _held_email(unit: ApiUnit, email_id: EmailId) -> Email:
    held = [item.placement_request_id for item in unit.emails.get(email_id).items]
    unit.patients.lock([unit.requests.get(request_id).patient_id for request_id in held])  # an answer may place them
    unit.therapists.lock([unit.emails.get(email_id).therapist_id])
    return unit.emails.lock(email_id)
