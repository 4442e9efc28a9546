"""Files brought in: what is stored and told, what a bad row costs, and who is withdrawn by it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from attrs import field, frozen

from boona_adapters.memory.rows import ImportChangeRow, ImportRunRow, RequestRow
from boona_core.emails import EmailState
from boona_core.errors import BoonaError
from boona_core.events import EventType
from boona_core.ids import EmailId, PatientId, PlacementRequestId, TherapistId
from boona_core.importing import Counts, ImportKind, ImportReport, PersonRow, RefusedRow, RowFault
from boona_core.importing import RequestRow as PairRow
from boona_core.letters import Template
from boona_core.patients import Patient, TravelLimit
from boona_core.requests import RequestStatus
from boona_core.therapists import Therapist, TherapistStatus
from boona_core.usecases.importing import ImportFile
from boona_core.usecases.leaving import NEW_ADDRESS, PATIENT_LEFT, THERAPIST_LEFT
from tests.situations import TODAY
from tests.usecases.house import STATIONERY, House, house

OPEN, IN_PROGRESS, CANCELED = RequestStatus.OPEN, RequestStatus.IN_PROGRESS, RequestStatus.CANCELED
LATER = "2026-04-01"
WINDOWS = {"monday": [{"start": "09:00", "end": "12:00"}]}
ADDRESS = "ada@example.org"
ADA: dict[str, Any] = {"external_id": "T1", "last_name": "A", "email": ADDRESS, "mailbox": ADDRESS}
EVA: dict[str, Any] = {
    "external_id": "P1",
    "first_name": "Eva",
    "last_name": "Muster",
    "status": "searching",
    "contracts_signed": True,
    "diagnosis": "F32.1",
}

Row = PersonRow | PairRow | RefusedRow


class FileChanged(BoonaError):
    """The file is not what it was."""


@frozen
class Listed:
    """A file that was read already.

    Attributes:
        written: English names of fields to the names that the file uses.
        broken: It changes after its last row.
    """

    kind: ImportKind
    rows: Sequence[Row]
    written: Mapping[str, str] = field(factory=dict)
    broken: bool = False
    sha256: str = "0" * 64

    @property
    def total(self) -> int:
        """Keep the promise of ``ImportSource``."""
        return len(self.rows)

    def name_of(self, field_name: str) -> str:
        """Keep the promise of ``ImportSource``."""
        return self.written.get(field_name, field_name)

    def __iter__(self) -> Iterator[Row]:
        """Keep the promise of ``ImportSource``."""
        yield from self.rows
        if self.broken:
            raise FileChanged


def people(kind: ImportKind, rows: Sequence[Mapping[str, Any] | RefusedRow], **named: Any) -> Listed:
    read = [
        row if isinstance(row, RefusedRow) else PersonRow(row=number, external_id=row["external_id"], values=row)
        for number, row in enumerate(rows, start=1)
    ]
    return Listed(kind, read, **named)


@frozen
class Agency:
    """An agency's house, and how a test brings files into it."""

    house: House
    people_at_once: int = 500

    def brings_in(self, source: Listed, **options: Any) -> ImportReport:
        """Import what stands in *source*."""
        use_case = ImportFile(
            open_unit=self.house.memory.open_unit,
            stationery=STATIONERY,
            switchboard=self.house.switchboard,
            people=self.people_at_once,
        )
        return use_case(source, **options)

    def therapists(self, *rows: Mapping[str, Any] | RefusedRow, **options: Any) -> ImportReport:
        """Import these rows about therapists."""
        return self.brings_in(people(ImportKind.THERAPISTS, rows), **options)

    def patients(self, *rows: Mapping[str, Any] | RefusedRow, **options: Any) -> ImportReport:
        """Import these rows about patients."""
        return self.brings_in(people(ImportKind.PATIENTS, rows), **options)

    def requests(self, *pairs: tuple[str, str], priority: int | None = None) -> ImportReport:
        """Import these pairs of patient and therapist."""
        rows = [
            PairRow(row=number, patient=patient, therapist=therapist, priority=priority)
            for number, (patient, therapist) in enumerate(pairs, start=1)
        ]
        return self.brings_in(Listed(ImportKind.REQUESTS, rows))

    def all_therapists(self) -> list[Therapist]:
        """Every therapist, by id."""
        return [row for _, row in sorted(self.house.memory.tables.therapists.rows.items())]

    def all_patients(self) -> list[Patient]:
        """Every patient, by id."""
        return [row for _, row in sorted(self.house.memory.tables.patients.rows.items())]

    def all_requests(self) -> list[RequestRow]:
        """Every request, by id."""
        return [row for _, row in sorted(self.house.memory.tables.requests.rows.items())]

    def runs(self) -> list[ImportRunRow]:
        """The history."""
        return [row for _, row in sorted(self.house.memory.tables.import_runs.rows.items())]

    def kept_faults(self) -> list[str]:
        """Why rows were refused, as the history says."""
        return [str(row.fault) for _, row in sorted(self.house.memory.tables.import_faults.rows.items())]

    def lines(self) -> list[ImportChangeRow]:
        """What the history says of each row and field."""
        return [row for _, row in sorted(self.house.memory.tables.import_changes.rows.items())]

    def everything(self) -> list[object]:
        """All that an import may change, the history's entries left out."""
        tables = self.house.memory.tables
        return [
            dict(table.rows)
            for table in (tables.therapists, tables.mailboxes, tables.patients, tables.requests, tables.emails)
        ] + [dict(tables.outbox.rows), dict(tables.import_changes.rows)]

    def therapist_with_email(
        self, *patients: PatientId | None, **fields: Any
    ) -> tuple[TherapistId, EmailId, list[PlacementRequestId]]:
        """A therapist ``T1`` with an email about these patients in the queue (None: some patient)."""
        seed = self.house.seed
        therapist = seed.therapist(external_id="T1")
        requests = [seed.request(patient, therapist) for patient in patients]
        template = Template.BATCH_REQUEST if len(requests) > 1 else Template.INITIAL_CONTACT
        return therapist, seed.queued_email(therapist, requests, **{"template": template, **fields}), requests


@pytest.fixture
def agency() -> Agency:
    return Agency(house())


def faults_of(report: ImportReport) -> list[str]:
    return [str(fault) for fault in report.faults]


# -- the same file again -----------------------------------------------------------------------------------------------


def test_the_same_file_twice_changes_nothing(agency: Agency) -> None:
    therapist = {
        **ADA,
        "gender": "female",
        "phone": None,
        "phone_hours": WINDOWS,
        "languages": None,
        "therapy_methods": ["VT", "TP"],
        "blocked_until": "2020-01-01",
        "insurance_seat": False,
    }
    patient = {
        **EVA,
        "registered_on": None,
        "travel_limit": {"max_km": 10},
        "availability": {},
        "excluded_therapists": ["T1"],
        "symptoms": "Schlaf\nAngst",
    }
    agency.therapists(therapist, {"external_id": "T2", "last_name": "B", "languages": []})
    agency.patients(patient)
    agency.requests(("P1", "T1"), priority=3)
    before = agency.everything()

    reports = [
        agency.therapists(therapist, {"external_id": "T2", "last_name": "B", "languages": []}),
        agency.patients(patient),
        agency.requests(("P1", "T1"), priority=3),
    ]

    assert [report.counts for report in reports] == [Counts(unchanged=2), Counts(unchanged=1), Counts(unchanged=1)]
    assert agency.everything() == before


def test_what_a_file_gives_is_stored_and_told(agency: Agency) -> None:
    report = agency.therapists({**ADA, "phone_hours": WINDOWS, "languages": ["Englisch"], "absent_until": LATER})

    (stored,) = agency.all_therapists()
    assert report.counts == Counts(created=1)
    assert (stored.external_id, stored.last_name, stored.email) == ("T1", "A", ADDRESS)
    assert stored.phone_hours is not None
    assert stored.phone_hours.to_json() == WINDOWS
    assert (stored.languages, stored.absent_until) == (("Englisch",), date(2026, 4, 1))
    assert stored.status is TherapistStatus.ACTIVE
    assert [(event.type, event.key) for event in agency.house.events()] == [(EventType.THERAPIST_CREATED, stored.id)]


def test_colleagues_share_a_mailbox(agency: Agency) -> None:
    agency.therapists(ADA, {**ADA, "external_id": "T2", "email": "ADA@example.org"})

    first, second = agency.all_therapists()
    assert first.mailbox_id == second.mailbox_id is not None


# -- empty values ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [{"email": None, "mailbox": None}, {}], ids=["empty", "no column"])
def test_an_empty_value_never_wipes_an_address_and_leaves_its_emails_alone(
    agency: Agency, given: dict[str, Any]
) -> None:
    agency.therapists(ADA)
    (before,) = agency.all_therapists()
    email = agency.house.seed.queued_email(before.id, [agency.house.seed.request(None, before.id)])

    report = agency.therapists({"external_id": "T1", **given})

    assert report.counts == Counts(unchanged=1)
    assert agency.all_therapists() == [before]
    assert agency.house.state(email) is EmailState.QUEUED


def test_an_empty_value_empties_what_may_be_unknown(agency: Agency) -> None:
    agency.therapists({**ADA, "phone": "030 1", "phone_hours": WINDOWS})

    report = agency.therapists({"external_id": "T1", "phone": None, "phone_hours": None})

    (stored,) = agency.all_therapists()
    assert report.field_counts == {"phone": 1, "phone_hours": 1}
    assert (stored.phone, stored.phone_hours, stored.email) == (None, None, ADDRESS)


def test_an_empty_limit_of_travel_is_no_limit(agency: Agency) -> None:
    agency.patients({**EVA, "travel_limit": {"max_km": 10, "max_minutes": 30}})
    (limited,) = agency.all_patients()

    agency.patients({"external_id": "P1", "travel_limit": None})

    assert limited.travel_limit == TravelLimit(max_km=10, max_minutes=30)
    assert agency.all_patients()[0].travel_limit is None


# -- another address ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [EmailState.QUEUED, EmailState.CLAIMED, EmailState.DRAFT])
def test_a_changed_address_cancels_the_unsent_emails(agency: Agency, state: EmailState) -> None:
    _, email, requests = agency.therapist_with_email(None, None, state=state)

    report = agency.therapists({"external_id": "T1", "email": ADDRESS, "mailbox": ADDRESS})

    canceled = agency.house.email(email)
    assert report.counts == Counts(changed=1)
    assert (canceled.state, canceled.error_message) == (EmailState.CANCELED, NEW_ADDRESS)
    assert agency.house.statuses(requests) == [OPEN, OPEN]
    assert agency.house.window(email).released
    assert agency.house.told() == [
        EventType.THERAPIST_UPDATED,
        EventType.EMAIL_CANCELED,
        EventType.MATCH_STATUS_CHANGED,
        EventType.MATCH_STATUS_CHANGED,
    ]


def test_after_a_changed_address_the_next_plan_writes_to_the_new_one(agency: Agency) -> None:
    _, _, requests = agency.therapist_with_email(None)

    agency.therapists({"external_id": "T1", "email": ADDRESS, "mailbox": ADDRESS})
    agency.house.plan()

    last = agency.house.emails()[-1]
    assert (last.state, last.recipient_email) == (EmailState.QUEUED, ADDRESS)
    assert agency.house.holders(requests) == [last.id]


def test_the_same_mailbox_written_otherwise_cancels_nothing(agency: Agency) -> None:
    agency.therapists(ADA)
    (ada,) = agency.all_therapists()
    email = agency.house.seed.queued_email(ada.id)

    report = agency.therapists({**ADA, "email": "Ada@Example.org"})

    assert report.field_counts == {"email": 1}
    assert agency.house.state(email) is EmailState.QUEUED


@pytest.mark.parametrize("state", [EmailState.HANDOFF, EmailState.SENT, EmailState.UNCERTAIN])
@pytest.mark.parametrize("given", [{"email": ADDRESS, "mailbox": ADDRESS}, {"status": "blocked"}])
def test_an_email_that_is_out_of_the_house_is_not_touched(
    agency: Agency, state: EmailState, given: dict[str, Any]
) -> None:
    _, email, requests = agency.therapist_with_email(None, state=state)
    before = agency.house.email(email)

    agency.therapists({"external_id": "T1", **given})

    assert agency.house.email(email) == before
    assert agency.house.statuses(requests) == [IN_PROGRESS]


# -- therapists who rest or leave --------------------------------------------------------------------------------------


@pytest.mark.parametrize("until", [None, LATER])
def test_a_block_cancels_the_unsent_emails_and_lets_the_requests_rest(agency: Agency, until: str | None) -> None:
    _, email, requests = agency.therapist_with_email(None, None)

    agency.therapists({"external_id": "T1", "status": "blocked", "blocked_until": until})

    canceled = agency.house.email(email)
    assert (canceled.state, canceled.error_message) == (EmailState.CANCELED, THERAPIST_LEFT)
    assert agency.house.statuses(requests) == [OPEN, OPEN]
    assert agency.house.plan().plan.emails == ()


def test_a_block_that_is_over_cancels_nothing(agency: Agency) -> None:
    _, email, _ = agency.therapist_with_email(None)

    agency.therapists({"external_id": "T1", "status": "blocked", "blocked_until": TODAY.isoformat()})

    assert agency.house.state(email) is EmailState.QUEUED


@pytest.mark.parametrize("given", [{"status": "inactive"}, {"do_not_contact": True}])
def test_who_is_not_to_be_written_to_any_more_leaves_and_the_requests_are_canceled(
    agency: Agency, given: dict[str, Any]
) -> None:
    therapist, email, requests = agency.therapist_with_email(None)
    waiting = agency.house.seed.request(None, therapist)

    agency.therapists({"external_id": "T1", **given})

    assert agency.house.state(email) is EmailState.CANCELED
    assert agency.house.statuses([*requests, waiting]) == [CANCELED, CANCELED]
    assert agency.house.told().count(EventType.MATCH_STATUS_CHANGED) == 2


# -- patients who rest or leave ----------------------------------------------------------------------------------------


def test_a_pause_takes_the_patient_out_of_the_unsent_email_and_leaves_the_request_open(agency: Agency) -> None:
    pausing = agency.house.seed.patient(external_id="P1", diagnosis="F32.1", symptoms="Kanarienvogel")
    _, email, (theirs, other) = agency.therapist_with_email(pausing, None)
    before = agency.house.message(email)

    agency.patients({"external_id": "P1", "search_paused_until": LATER})

    written = agency.house.email(email)
    assert agency.house.statuses([theirs, other]) == [OPEN, IN_PROGRESS]
    assert agency.house.holders([theirs, other]) == [None, email]
    assert written.state is EmailState.QUEUED
    assert [item.placement_request_id for item in written.included] == [other]
    assert "Kanarienvogel" not in written.body_text
    assert agency.house.message(email) != before


def test_a_pause_that_is_over_takes_nobody_out(agency: Agency) -> None:
    pausing = agency.house.seed.patient(external_id="P1", diagnosis="F32.1")
    _, email, requests = agency.therapist_with_email(pausing, None)
    before = agency.house.email(email)

    agency.patients({"external_id": "P1", "search_paused_until": TODAY.isoformat()})

    assert agency.house.email(email) == before
    assert agency.house.statuses(requests) == [IN_PROGRESS, IN_PROGRESS]


def test_a_patient_who_stops_searching_leaves_every_unsent_email_and_the_requests_are_canceled(agency: Agency) -> None:
    leaving = agency.house.seed.patient(external_id="P1", diagnosis="F32.1")
    _, email, (theirs, other) = agency.therapist_with_email(leaving, None)
    waiting = agency.house.seed.request(leaving, agency.house.seed.therapist())

    agency.patients({"external_id": "P1", "status": "search_aborted"})

    assert agency.house.statuses([theirs, other, waiting]) == [CANCELED, IN_PROGRESS, CANCELED]
    assert [item.placement_request_id for item in agency.house.email(email).included] == [other]


def test_an_email_that_would_be_left_empty_is_canceled_and_frees_the_therapist(agency: Agency) -> None:
    leaving = agency.house.seed.patient(external_id="P1", diagnosis="F32.1")
    _, email, requests = agency.therapist_with_email(leaving)

    agency.patients({"external_id": "P1", "status": "in_therapy"})

    assert agency.house.state(email) is EmailState.CANCELED
    assert agency.house.window(email).released
    assert agency.house.statuses(requests) == [CANCELED]


def test_a_draft_about_a_patient_who_left_is_canceled(agency: Agency) -> None:
    leaving = agency.house.seed.patient(external_id="P1", diagnosis="F32.1")
    therapist = agency.house.seed.therapist()
    requests = [agency.house.seed.request(each, therapist) for each in (leaving, None)]
    draft = agency.house.seed.email(therapist, requests, state=EmailState.DRAFT)

    agency.patients({"external_id": "P1", "status": "search_aborted"})

    canceled = agency.house.email(draft)
    assert (canceled.state, canceled.error_message) == (EmailState.CANCELED, PATIENT_LEFT)
    assert agency.house.statuses(requests) == [CANCELED, OPEN]


# -- bad rows ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("people_at_once", [1, 2, 500])
def test_good_rows_are_not_lost_for_bad_ones(people_at_once: int) -> None:
    agency = Agency(house(), people_at_once)

    report = agency.therapists(
        ADA,
        RefusedRow(2, (RowFault(2, "last_name", "holds a line break"), RowFault(2, "phone_hours", "is not JSON"))),
        {**ADA, "last_name": "Z"},
        {"external_id": "T3"},
        {"external_id": "T4", "last_name": "D"},
    )

    assert [each.external_id for each in agency.all_therapists()] == ["T1", "T4"]
    assert report.counts == Counts(created=2, refused=3)
    assert faults_of(report) == [
        "row 2, last_name: holds a line break",
        "row 2, phone_hours: is not JSON",
        "row 3, external_id: stands in an earlier row as well",
        "row 4, last_name: is missing: a new row needs it",
    ]
    assert agency.runs()[0].counts == report.counts
    assert agency.kept_faults() == faults_of(report)


def test_no_more_faults_are_kept_than_a_report_names() -> None:
    agency = Agency(house(), people_at_once=2)
    use_case = ImportFile(
        open_unit=agency.house.memory.open_unit,
        stationery=STATIONERY,
        switchboard=agency.house.switchboard,
        people=2,
        max_faults=3,
    )
    nameless = [{"external_id": f"T{number}"} for number in range(5)]

    report = use_case(people(ImportKind.THERAPISTS, nameless))

    assert (len(report.faults), report.more_faults, report.counts.refused) == (3, 2, 5)
    assert agency.kept_faults() == faults_of(report)


@pytest.mark.parametrize(("most", "named", "more"), [(None, 5, 0), (5, 5, 0), (3, 3, 2), (0, 0, 5)])
def test_a_report_names_as_many_changes_as_it_is_asked_for_and_counts_the_rest(
    most: int | None, named: int, more: int
) -> None:
    agency = Agency(house(), people_at_once=2)
    rows = [{"external_id": f"T{number}", "last_name": "Ada"} for number in range(5)]

    report = agency.therapists(*rows, every_change=True, most_changes=most)

    assert ([change.row for change in report.changes], report.more_changes) == ([*range(1, 6)][:named], more)


def test_a_dry_run_keeps_no_faults(agency: Agency) -> None:
    agency.therapists({"external_id": "T1"}, dry_run=True)

    assert agency.kept_faults() == []


def test_the_row_of_somebody_erased_is_refused_and_brings_nothing_back(agency: Agency) -> None:
    erased = agency.house.seed.patient(
        external_id="P1", first_name="", last_name="", erased_at=agency.house.clock.now, diagnosis=None
    )

    report = agency.patients(EVA, {**EVA, "external_id": "P2"})

    assert report.counts == Counts(created=1, refused=1)
    assert faults_of(report) == ["row 1, external_id: belongs to somebody whose data was erased"]
    assert agency.all_patients()[0].id == erased
    assert agency.all_patients()[0].last_name == ""


def test_an_excluded_therapist_who_is_not_known_refuses_the_row_alone(agency: Agency) -> None:
    agency.therapists(ADA)

    report = agency.patients(
        {**EVA, "excluded_therapists": ["T1", "T9"]}, {**EVA, "external_id": "P2", "excluded_therapists": ["T1"]}
    )

    (stored,) = agency.all_patients()
    assert faults_of(report) == ["row 1, excluded_therapists: no therapist has the external id at place 2 of the list"]
    assert stored.excluded_therapists == {agency.all_therapists()[0].id}


def test_a_patient_who_cannot_search_yet_is_refused(agency: Agency) -> None:
    report = agency.patients({**EVA, "contracts_signed": False, "diagnosis": None})

    assert faults_of(report) == [
        "row 1, status: searching needs contracts_signed",
        "row 1, status: searching needs a diagnosis",
    ]
    assert agency.all_patients() == []


def test_a_fault_names_the_field_as_the_file_does(agency: Agency) -> None:
    rows = [{"external_id": "T1", "last_name": None}]

    report = agency.brings_in(people(ImportKind.THERAPISTS, rows, written={"last_name": "nachname"}))

    assert faults_of(report) == ["row 1, nachname: must not be empty"]


def test_chunks_before_a_change_of_the_file_stay_stored() -> None:
    agency = Agency(house(), people_at_once=1)
    rows = [ADA, {"external_id": "T2", "last_name": "B"}]

    with pytest.raises(FileChanged):
        agency.brings_in(people(ImportKind.THERAPISTS, rows, broken=True))

    assert [each.external_id for each in agency.all_therapists()] == ["T1", "T2"]
    assert agency.runs()[0].counts == Counts(created=2)


def test_a_chunk_in_which_the_file_changes_is_not_stored(agency: Agency) -> None:
    with pytest.raises(FileChanged):
        agency.brings_in(people(ImportKind.THERAPISTS, [ADA], broken=True))

    assert agency.all_therapists() == []
    assert agency.runs()[0].counts == Counts()


# -- the history -------------------------------------------------------------------------------------------------------


def test_the_history_has_each_run_each_new_row_and_each_field_that_changed(agency: Agency) -> None:
    agency.therapists({**ADA, "phone": "030 1", "city": "Berlin"})

    report = agency.therapists({"external_id": "T1", "phone": "030 2", "city": None}, {"external_id": "T9"})

    (stored,) = agency.all_therapists()
    first, second = agency.runs()
    assert [(run.kind, run.counts) for run in (first, second)] == [
        (ImportKind.THERAPISTS, Counts(created=1)),
        (ImportKind.THERAPISTS, Counts(changed=1, refused=1)),
    ]
    assert report.run_id == second.id
    assert [(each.run_id, each.row_id, each.name, each.old, each.new) for each in agency.lines()] == [
        (first.id, stored.id, None, None, None),
        (second.id, stored.id, "phone", "030 1", "030 2"),
        (second.id, stored.id, "city", "Berlin", None),
    ]


def test_a_run_in_which_nothing_differs_is_in_the_history_all_the_same(agency: Agency) -> None:
    agency.therapists(ADA)

    agency.therapists(ADA)

    assert [run.counts for run in agency.runs()] == [Counts(created=1), Counts(unchanged=1)]
    assert len(agency.lines()) == 1


def test_a_dry_run_tells_the_same_and_keeps_nothing(agency: Agency) -> None:
    _, email, _ = agency.therapist_with_email(None)
    rows = ({"external_id": "T1", "status": "blocked"}, {**ADA, "external_id": "T2"}, {"external_id": "T9"})
    before = agency.everything()

    dry = agency.therapists(*rows, dry_run=True)
    after = agency.everything()
    done = agency.therapists(*rows)

    assert after == before
    assert (dry.dry_run, dry.run_id, len(agency.runs())) == (True, None, 1)
    assert dry.counts == done.counts == Counts(created=1, changed=1, refused=1)
    assert (dry.faults, dry.field_counts) == (done.faults, done.field_counts)
    assert agency.house.state(email) is EmailState.CANCELED


# -- patients and requests ---------------------------------------------------------------------------------------------


def test_a_searching_patient_is_registered_on_the_day_of_the_import_by_the_stores_clock(agency: Agency) -> None:
    agency.house.clock.days_pass(10)

    agency.patients({**EVA, "registered_on": None}, {**EVA, "external_id": "P2", "registered_on": "2025-02-01"})

    assert [each.registered_on for each in agency.all_patients()] == [date(2026, 3, 12), date(2025, 2, 1)]


def test_a_change_of_status_has_an_event_of_its_own(agency: Agency) -> None:
    agency.patients({**EVA, "status": "open"})

    agency.patients(EVA)

    last = agency.house.events()[-1]
    assert agency.house.told(since=1) == [EventType.PATIENT_UPDATED, EventType.PATIENT_STATUS_CHANGED]
    assert last.data == {"patient_id": last.key, "new_status": "searching"}


def test_a_patient_who_is_offered_by_a_file_is_in_the_next_plan(agency: Agency) -> None:
    agency.therapists(ADA)
    agency.patients(EVA)

    report = agency.requests(("P1", "T1"), priority=5)
    agency.house.plan()

    (request,) = agency.all_requests()
    (email,) = agency.house.emails()
    assert report.counts == Counts(created=1)
    assert (request.status, request.priority, request.held_by) == (IN_PROGRESS, 5, email.id)
    assert email.recipient_email == ADDRESS


@pytest.mark.parametrize(
    ("status", "priority"), [(OPEN, 0), (IN_PROGRESS, 0), (RequestStatus.REJECTED, 1), (CANCELED, 1)]
)
def test_another_priority_is_given_to_a_request_that_is_not_answered(
    agency: Agency, status: RequestStatus, priority: int
) -> None:
    therapist, patient = agency.house.seed.therapist(external_id="T1"), agency.house.seed.patient(external_id="P1")
    agency.house.seed.request(patient, therapist, status=status)

    agency.requests(("P1", "T1"), priority=0)

    assert [(request.status, request.priority) for request in agency.all_requests()] == [(status, priority)]


def test_unknown_ids_refuse_a_row_with_all_its_faults_and_no_other(agency: Agency) -> None:
    agency.therapists(ADA)
    agency.patients(EVA)

    report = agency.requests(("P9", "T9"), ("P1", "T1"), ("P1", "T1"), ("P1", "T9"))

    assert report.counts == Counts(created=1, refused=3)
    assert faults_of(report) == [
        "row 1, patient_external_id: no patient has this external id",
        "row 1, therapist_external_id: no therapist has this external id",
        "row 3: the same pair stands in an earlier row",
        "row 4, therapist_external_id: no therapist has this external id",
    ]
