"""Files brought into Postgres: what is stored, what is told, and who is withdrawn by it."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from attrs import evolve, field, frozen

from boona_adapters.envelopes import MimeEnvelopes
from boona_adapters.holidays import german_holidays
from boona_adapters.imports import FileChanged, open_file
from boona_adapters.letters import JinjaLetters
from boona_adapters.postgres import tables as t
from boona_adapters.postgres.engine import create_engine
from boona_adapters.postgres.imports import OpenPostgresImportUnit
from boona_adapters.postgres.unit import OpenPostgresUnit
from boona_core.contact import ContactPolicy
from boona_core.emails import EmailState
from boona_core.events import EventType
from boona_core.importing import Counts, ImportKind, ImportReport
from boona_core.instants import local_day
from boona_core.letters import Agency, Sender, Template
from boona_core.usecases.calling import Switchboard
from boona_core.usecases.composing import Stationery
from boona_core.usecases.importing import ImportFile
from tests.contract.postgres_seeds import PostgresSeeds
from tests.situations import TODAY

BERLIN = ZoneInfo("Europe/Berlin")
BOARD = Switchboard(policy=ContactPolicy(), zone=BERLIN, holidays=german_holidays)
STATIONERY = Stationery(
    letters=JinjaLetters(),
    envelopes=MimeEnvelopes(),
    agency=Agency(name="Vermittlung Beispiel", address="Weg 1, 10115 Berlin"),
    sender=Sender(email="agentur@example.org", name="Vermittlung Beispiel"),
)
SEARCHING: dict[str, object] = {
    "external_id": "P1",
    "first_name": "Eva",
    "last_name": "Muster",
    "status": "searching",
    "contracts_signed": True,
    "diagnosis": "F32.1",
}
CANARY = "Kanarienvogel"


@frozen
class Office:
    """An agency's database, and how a test brings files into it and looks at it."""

    engine: sa.Engine
    seed: PostgresSeeds
    use_case: ImportFile
    folder: Path
    on_rows: Callable[[int], None] = field(default=lambda _: None)

    def therapists(self, *rows: object, **options: Any) -> ImportReport:
        """Import these objects about therapists."""
        return self._import(ImportKind.THERAPISTS, json.dumps(rows), options)

    def patients(self, *rows: object, **options: Any) -> ImportReport:
        """Import these objects about patients."""
        return self._import(ImportKind.PATIENTS, json.dumps(rows), options)

    def requests(self, *pairs: tuple[str, str], **options: Any) -> ImportReport:
        """Import these pairs of patient and therapist."""
        lines = "\n".join(",".join(pair) for pair in pairs)
        return self._import(ImportKind.REQUESTS, f"patient_external_id,therapist_external_id\n{lines}\n", options)

    def file(self, kind: ImportKind, content: str, **options: Any) -> ImportReport:
        """Import a file with this content."""
        return self._import(kind, content, options)

    def _import(self, kind: ImportKind, content: str, options: dict[str, Any]) -> ImportReport:
        path = self.folder / "rows"
        path.write_text(content)
        with open_file(path, kind) as source:
            return self.use_case(source, on_rows=self.on_rows, **options)

    def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        """The rows of a table, in the order of their first column."""
        with self.engine.connect() as connection:
            found = connection.execute(sa.select(table).order_by(table.c[0])).all()
        return [dict(row._mapping) for row in found]

    def row(self, table: sa.Table, number: int) -> dict[str, Any]:
        """One row by its id."""
        return next(row for row in self.rows(table) if row["id"] == number)

    def events(self) -> list[EventType]:
        """What was told, in order."""
        return [event.type for event in self.seed.events()]

    def today(self) -> date:
        """The agency's day by the database's clock."""
        with self.engine.connect() as connection:
            now: datetime = connection.execute(sa.select(sa.func.now())).scalar_one()
        return local_day(now, BERLIN)


@pytest.fixture
def agency(database_url: str, tmp_path: Path) -> Iterator[Office]:
    engine = create_engine(database_url)
    brings_in = ImportFile(open_unit=OpenPostgresImportUnit(engine), stationery=STATIONERY, switchboard=BOARD)
    yield Office(engine, PostgresSeeds(engine), brings_in, tmp_path)
    engine.dispose()


def faults_of(report: ImportReport) -> list[str]:
    return [str(fault) for fault in report.faults]


def test_a_therapist_is_stored_with_everything_that_the_file_gives(agency: Office) -> None:
    report = agency.therapists(
        {
            "external_id": "T1",
            "anrede": "Frau",
            "vorname": "Ada",
            "nachname": "O'Brien \\ <b>",
            "email": "Praxis@Example.org",
            "kassensitz": "ja",
            "telefonische_erreichbarkeit": {"Montag": ["09:00-12:00"]},
            "fremdsprachen": "Englisch, Türkisch",
            "sperrdatum": "31.12.2025",
        }
    )

    stored = agency.rows(t.therapists)[0]
    assert report.counts == Counts(created=1)
    assert stored["last_name"] == "O'Brien \\ <b>"
    assert stored["email"] == "Praxis@Example.org"
    assert stored["insurance_seat"] is True
    assert stored["phone_hours"] == {"monday": [{"start": "09:00", "end": "12:00"}]}
    assert stored["languages"] == ["Englisch", "Türkisch"]
    assert stored["blocked_on"] == date(2025, 12, 31)
    assert stored["phone"] is None
    assert stored["status"] == "active"
    assert agency.rows(t.mailboxes)[0]["address"] == "praxis@example.org"
    assert agency.events() == [EventType.THERAPIST_CREATED]


def test_colleagues_share_a_mailbox_however_they_write_it(agency: Office) -> None:
    agency.therapists(
        {"external_id": "T1", "last_name": "A", "email": "praxis@example.org"},
        {"external_id": "T2", "last_name": "B", "email": "PRAXIS@example.ORG"},
    )

    first, second = agency.rows(t.therapists)
    assert len(agency.rows(t.mailboxes)) == 1
    assert first["mailbox_id"] == second["mailbox_id"]


def test_the_same_file_twice_changes_nothing(agency: Office) -> None:
    therapist = {
        "external_id": "T1",
        "last_name": "A",
        "email": "a@example.org",
        "phone_hours": {"monday": ["09:00-12:00"]},
        "therapy_methods": "VT, TP",
        "blocked_until": "1.1.2020",
        "phone": "",
    }
    patient = {
        **SEARCHING,
        "registered_on": "",
        "travel_limit": {"max_km": 10},
        "excluded_therapists": ["T1"],
        "symptoms": "Schlaf\nAngst",
    }
    agency.therapists(therapist)
    agency.patients(patient)
    agency.requests(("P1", "T1"))
    tables = (t.therapists, t.mailboxes, t.patients, t.excluded_therapists, t.placement_requests, t.import_changes)
    before = [agency.rows(table) for table in (*tables, t.outbox)]

    reports = [agency.therapists(therapist), agency.patients(patient), agency.requests(("P1", "T1"))]

    assert [report.counts for report in reports] == [Counts(unchanged=1)] * 3
    assert [agency.rows(table) for table in (*tables, t.outbox)] == before


def test_what_differs_is_changed_told_and_kept_in_the_history(agency: Office) -> None:
    agency.therapists({"external_id": "T1", "last_name": "A", "phone": "030 1", "city": "Berlin"})

    report = agency.therapists({"external_id": "T1", "phone": "030 2", "city": None}, every_change=True)

    (stored,) = agency.rows(t.therapists)
    created, *changed = agency.rows(t.import_changes)
    first, second = agency.rows(t.import_runs)
    assert (stored["last_name"], stored["phone"], stored["city"]) == ("A", "030 2", None)
    assert report.field_counts == {"phone": 1, "city": 1}
    assert [(each.name, each.old, each.new) for each in report.changes[0].fields] == [
        ("phone", "030 1", "030 2"),
        ("city", "Berlin", None),
    ]
    assert (created["run_id"], created["row_id"], created["field"]) == (first["id"], stored["id"], None)
    assert [(row["run_id"], row["field"], row["old"], row["new"]) for row in changed] == [
        (second["id"], "phone", "030 1", "030 2"),
        (second["id"], "city", "Berlin", None),
    ]
    assert (second["kind"], second["created"], second["changed"], second["refused"]) == ("therapists", 0, 1, 0)
    assert agency.events() == [EventType.THERAPIST_CREATED, EventType.THERAPIST_UPDATED]


def test_an_empty_value_never_wipes_an_email_address(agency: Office) -> None:
    agency.therapists({"external_id": "T1", "last_name": "A", "email": "a@example.org"})

    report = agency.therapists({"external_id": "T1", "email": " "})

    stored = agency.rows(t.therapists)[0]
    assert report.counts == Counts(unchanged=1)
    assert stored["email"] == "a@example.org"
    assert stored["mailbox_id"] is not None


def test_a_dry_run_tells_the_same_and_keeps_nothing(agency: Office) -> None:
    rows = [{"external_id": f"T{n}", "last_name": "A", "email": f"a{n}@example.org"} for n in range(3)]

    dry = agency.therapists(*rows, {"external_id": "T9"}, dry_run=True)
    nothing = [agency.rows(table) for table in (t.therapists, t.mailboxes, t.import_runs, t.outbox)]
    done = agency.therapists(*rows, {"external_id": "T9"})

    assert nothing == [[], [], [], []]
    assert dry.run_id is None
    assert dry.counts == done.counts == Counts(created=3, refused=1)
    assert dry.faults == done.faults


def test_good_rows_are_not_lost_for_bad_ones(agency: Office) -> None:
    report = agency.therapists(
        {"external_id": "T1", "last_name": "A"},
        {"external_id": "T2", "last_name": "B\nC", "phone_hours": {"monday": ["x"]}},
        {"external_id": "T1", "last_name": "Z"},
        {"external_id": "T3"},
        {"external_id": "T4", "last_name": "D"},
    )

    assert [row["external_id"] for row in agency.rows(t.therapists)] == ["T1", "T4"]
    assert report.counts == Counts(created=2, refused=3)
    assert [(fault.row, fault.field) for fault in report.faults] == [
        (2, "last_name"),
        (2, "phone_hours"),
        (3, "external_id"),
        (4, "last_name"),
    ]
    assert agency.rows(t.import_runs)[0]["refused"] == 3


def test_a_fault_names_the_field_as_the_file_does(agency: Office) -> None:
    report = agency.file(ImportKind.THERAPISTS, "external_id;nachname\nT1;\n")

    assert faults_of(report) == ["row 2, nachname: must not be empty"]


def test_more_faults_than_a_report_names_are_counted(agency: Office) -> None:
    few = evolve(agency, use_case=evolve(agency.use_case, max_faults=2, people=2))

    report = few.therapists(*({"external_id": f"T{n}"} for n in range(5)))

    assert len(report.faults) == 2
    assert report.more_faults == 3
    assert report.counts == Counts(refused=5)


def test_rows_of_later_chunks_are_told_by_their_own_numbers(agency: Office) -> None:
    told: list[int] = []
    few = evolve(agency, use_case=evolve(agency.use_case, people=2), on_rows=told.append)

    report = few.therapists(
        *({"external_id": f"T{n}", "last_name": "A"} for n in range(4)), {"external_id": "T3", "last_name": "A"}
    )

    assert told == [2, 4, 5]
    assert faults_of(report) == ["row 5, external_id: stands in an earlier row as well"]


def test_chunks_before_a_change_of_the_file_stay_stored(agency: Office) -> None:
    few = evolve(agency, use_case=evolve(agency.use_case, people=1))
    path = agency.folder / "growing"
    path.write_text("external_id,last_name\nT1,A\nT2,B\n")

    with open_file(path, ImportKind.THERAPISTS) as source, path.open("a") as writer:
        writer.write("T3,C\n")
        writer.flush()
        with pytest.raises(FileChanged):
            few.use_case(source)

    assert agency.rows(t.import_runs)[0]["created"] == len(agency.rows(t.therapists)) > 0


def test_the_row_of_somebody_erased_is_refused(agency: Office) -> None:
    agency.seed.therapist(external_id="T1", first_name="", last_name="", erased_at=datetime.now(BERLIN))

    report = agency.therapists({"external_id": "T1", "last_name": "Wieder"})

    assert faults_of(report) == ["row 1, external_id: belongs to somebody whose data was erased"]
    assert agency.rows(t.therapists)[0]["last_name"] == ""


# -- patients ----------------------------------------------------------------------------------------------------------


def test_a_searching_patient_is_registered_on_the_day_of_the_import_by_the_databases_clock(agency: Office) -> None:
    agency.patients({**SEARCHING, "registered_on": None}, {**SEARCHING, "external_id": "P2", "startdatum": "1.2.2025"})

    first, second = agency.rows(t.patients)
    assert first["registered_on"] == agency.today()
    assert second["registered_on"] == date(2025, 2, 1)
    assert agency.events() == [EventType.PATIENT_CREATED] * 2


def test_a_patient_who_cannot_search_yet_is_refused(agency: Office) -> None:
    report = agency.patients({**SEARCHING, "contracts_signed": "nein", "diagnosis": ""})

    assert faults_of(report) == [
        "row 1, status: searching needs contracts_signed",
        "row 1, status: searching needs a diagnosis",
    ]
    assert agency.rows(t.patients) == []


def test_excluded_therapists_are_named_by_their_external_ids(agency: Office) -> None:
    first, second = (agency.seed.therapist(external_id=f"T{n}") for n in (1, 2))
    agency.patients({**SEARCHING, "excluded_therapists": ["T2", "T1"]})
    both = [row["therapist_id"] for row in agency.rows(t.excluded_therapists)]

    report = agency.patients({**SEARCHING, "excluded_therapists": "T2"})

    assert sorted(both) == [first, second]
    assert [row["therapist_id"] for row in agency.rows(t.excluded_therapists)] == [second]
    assert report.field_counts == {"excluded_therapists": 1}


def test_an_excluded_therapist_who_is_not_known_refuses_the_row(agency: Office) -> None:
    report = agency.patients({**SEARCHING, "excluded_therapists": ["T1"]}, {**SEARCHING, "external_id": "P2"})

    assert faults_of(report) == ["row 1, excluded_therapists: no therapist has the external id at place 1 of the list"]
    assert report.counts == Counts(created=1, refused=1)


def test_a_change_of_status_has_an_event_of_its_own(agency: Office) -> None:
    agency.patients({**SEARCHING, "status": "open"})

    agency.patients(SEARCHING)

    last = agency.seed.events()[-1]
    assert agency.events()[1:] == [EventType.PATIENT_UPDATED, EventType.PATIENT_STATUS_CHANGED]
    assert last.data == {"patient_id": last.key, "new_status": "searching"}


def test_a_patient_who_stops_searching_is_taken_out_of_unsent_emails_and_the_requests_are_canceled(
    agency: Office,
) -> None:
    therapist = agency.seed.therapist()
    leaving = agency.seed.patient(external_id="P1", diagnosis="F32.1")
    theirs, other = agency.seed.request(leaving, therapist), agency.seed.request(None, therapist)
    email = agency.seed.queued_email(therapist, [theirs, other], template=Template.BATCH_REQUEST)

    agency.patients({"external_id": "P1", "status": "search_aborted"})

    included = {row["placement_request_id"]: row["included"] for row in agency.rows(t.email_batches)}
    assert agency.row(t.placement_requests, theirs)["status"] == "canceled"
    assert agency.row(t.placement_requests, other)["status"] == "in_progress"
    assert agency.row(t.emails, email)["status"] == "queued"
    assert agency.row(t.emails, email)["template"] is not None
    assert included == {theirs: False, other: True}
    assert EventType.MATCH_STATUS_CHANGED in agency.events()


def test_an_email_that_would_be_left_empty_is_canceled_and_frees_the_therapist(agency: Office) -> None:
    therapist = agency.seed.therapist()
    leaving = agency.seed.patient(external_id="P1", diagnosis="F32.1")
    request = agency.seed.request(leaving, therapist)
    email = agency.seed.queued_email(therapist, [request], template=Template.INITIAL_CONTACT)

    agency.patients({"external_id": "P1", "status": "in_therapy"})

    assert agency.row(t.emails, email)["status"] == "canceled"
    assert agency.row(t.placement_requests, request)["status"] == "canceled"
    assert agency.rows(t.contact_windows)[0]["released_at"] is not None


def test_a_pause_takes_the_requests_out_of_unsent_emails_and_leaves_them_open(agency: Office) -> None:
    therapist = agency.seed.therapist()
    pausing = agency.seed.patient(external_id="P1", diagnosis="F32.1")
    theirs, other = agency.seed.request(pausing, therapist), agency.seed.request(None, therapist)
    email = agency.seed.queued_email(therapist, [theirs, other], template=Template.BATCH_REQUEST)
    later = agency.today() + timedelta(days=30)

    agency.patients({"external_id": "P1", "search_paused_until": later.isoformat()})

    request = agency.row(t.placement_requests, theirs)
    assert (request["status"], request["held_by_email_id"]) == ("open", None)
    assert agency.row(t.placement_requests, other)["status"] == "in_progress"
    assert agency.row(t.emails, email)["status"] == "queued"


@pytest.mark.parametrize("state", [EmailState.SENT, EmailState.HANDOFF])
def test_an_email_that_is_out_of_the_house_is_not_touched(agency: Office, state: EmailState) -> None:
    therapist = agency.seed.therapist()
    leaving = agency.seed.patient(external_id="P1", diagnosis="F32.1")
    request = agency.seed.request(leaving, therapist)
    email = agency.seed.email(therapist, [request], state=state, template=Template.INITIAL_CONTACT)
    agency.seed.hold(email, [request])
    before = agency.row(t.emails, email)

    agency.patients({"external_id": "P1", "status": "search_aborted"})

    assert agency.row(t.placement_requests, request)["status"] == "canceled"
    assert agency.row(t.emails, email) == before


def test_a_draft_about_a_patient_who_left_is_canceled(agency: Office) -> None:
    therapist = agency.seed.therapist()
    leaving = agency.seed.patient(external_id="P1", diagnosis="F32.1")
    draft = agency.seed.email(therapist, [agency.seed.request(leaving, therapist)], state=EmailState.DRAFT)

    agency.patients({"external_id": "P1", "status": "search_aborted"})

    assert agency.row(t.emails, draft)["status"] == "canceled"


# -- therapists who leave ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"status": "blocked"}, "open"),
        ({"email": "neu@example.org"}, "open"),
        ({"status": "inactive"}, "canceled"),
        ({"do_not_contact": "ja"}, "canceled"),
    ],
)
@pytest.mark.parametrize("state", [EmailState.QUEUED, EmailState.CLAIMED])
def test_unsent_emails_to_a_therapist_are_canceled_by(
    agency: Office, change: dict[str, str], status: str, state: EmailState
) -> None:
    therapist = agency.seed.therapist(external_id="T1")
    held, waiting = agency.seed.request(None, therapist), agency.seed.request(None, therapist)
    email = agency.seed.queued_email(therapist, [held], state=state)
    draft = agency.seed.email(therapist, [waiting], state=EmailState.DRAFT)

    report = agency.therapists({"external_id": "T1", **change})

    assert report.counts == Counts(changed=1)
    assert [agency.row(t.emails, number)["status"] for number in (email, draft)] == ["canceled", "canceled"]
    assert [agency.row(t.placement_requests, number)["status"] for number in (held, waiting)] == [status, status]
    assert agency.rows(t.contact_windows)[0]["released_at"] is not None
    assert EventType.EMAIL_CANCELED in agency.events()


def test_an_address_written_otherwise_cancels_nothing(agency: Office) -> None:
    agency.therapists({"external_id": "T1", "last_name": "A", "email": "a@example.org"})
    therapist = agency.rows(t.therapists)[0]["id"]
    email = agency.seed.queued_email(therapist, [agency.seed.request(None, therapist)])

    report = agency.therapists({"external_id": "T1", "email": "A@EXAMPLE.org"})

    assert report.counts == Counts(changed=1)
    assert agency.row(t.emails, email)["status"] == "queued"


def test_a_new_address_is_another_mailbox_and_has_not_bounced(agency: Office) -> None:
    therapist = agency.seed.therapist(
        external_id="T1", mailbox_id=agency.seed.mailbox(bounced_at=datetime(2026, 1, 1, tzinfo=BERLIN))
    )

    agency.therapists({"external_id": "T1", "email": "neu@example.org"})

    mailboxes = {row["id"]: row for row in agency.rows(t.mailboxes)}
    mailbox = mailboxes[agency.row(t.therapists, therapist)["mailbox_id"]]
    assert mailbox["address"] == "neu@example.org"
    assert mailbox["bounced_at"] is None


def test_a_sent_email_to_a_therapist_who_becomes_inactive_stays_and_its_requests_are_canceled(
    agency: Office,
) -> None:
    therapist = agency.seed.therapist(external_id="T1")
    request = agency.seed.request(None, therapist)
    email = agency.seed.sent_email(therapist, [request], on=TODAY)

    agency.therapists({"external_id": "T1", "status": "inactive"})

    assert agency.row(t.emails, email)["status"] == "sent"
    assert agency.row(t.placement_requests, request)["status"] == "canceled"


# -- requests ----------------------------------------------------------------------------------------------------------


def test_a_request_is_created_with_its_event_and_its_history(agency: Office) -> None:
    therapist, patient = agency.seed.therapist(external_id="T1"), agency.seed.patient(external_id="P1")

    report = agency.file(ImportKind.REQUESTS, "patient_external_id;therapist_external_id;priority\nP1;T1;3\n")

    (request,) = agency.rows(t.placement_requests)
    (event,) = agency.seed.events()
    assert report.counts == Counts(created=1)
    assert (request["patient_id"], request["therapist_id"]) == (patient, therapist)
    assert (request["status"], request["priority"]) == ("open", 3)
    assert (event.type, event.key) == (EventType.MATCH_CREATED, therapist)
    assert event.data == {
        "match_id": request["id"],
        "patient_id": patient,
        "therapist_id": therapist,
        "priority": 3,
    }
    assert [(row["row_id"], row["field"]) for row in agency.rows(t.import_changes)] == [(request["id"], None)]


@pytest.mark.parametrize("status", ["open", "in_progress", "accepted", "rejected", "canceled"])
def test_a_request_is_new_only_if_the_pair_never_had_one(agency: Office, status: str) -> None:
    therapist, patient = agency.seed.therapist(external_id="T1"), agency.seed.patient(external_id="P1")
    agency.seed.request(patient, therapist, status=status)

    report = agency.requests(("P1", "T1"))

    assert report.counts == Counts(unchanged=1)
    assert len(agency.rows(t.placement_requests)) == 1


@pytest.mark.parametrize(("status", "priority"), [("open", 0), ("in_progress", 0), ("rejected", 1)])
def test_another_priority_is_given_to_a_request_that_is_not_answered(
    agency: Office, status: str, priority: int
) -> None:
    therapist, patient = agency.seed.therapist(external_id="T1"), agency.seed.patient(external_id="P1")
    request = agency.seed.request(patient, therapist, status=status)

    agency.file(ImportKind.REQUESTS, "patient_external_id,therapist_external_id,priority\nP1,T1,0\n")

    assert agency.row(t.placement_requests, request)["priority"] == priority


def test_unknown_ids_refuse_a_row_with_all_its_faults(agency: Office) -> None:
    agency.seed.therapist(external_id="T1")
    agency.seed.patient(external_id="P1")

    report = agency.requests(("P9", "T9"), ("P1", "T1"), ("P1", "T1"), ("P1", "T9"))

    assert report.counts == Counts(created=1, refused=3)
    assert faults_of(report) == [
        "row 2, patient_external_id: no patient has this external id",
        "row 2, therapist_external_id: no therapist has this external id",
        "row 4: the same pair stands in an earlier row",
        "row 5, therapist_external_id: no therapist has this external id",
    ]


def test_a_request_for_somebody_erased_is_refused(agency: Office) -> None:
    agency.seed.therapist(external_id="T1")
    agency.seed.patient(external_id="P1", first_name="", last_name="", erased_at=datetime.now(BERLIN))

    assert faults_of(agency.requests(("P1", "T1"))) == ["row 2, patient_external_id: no patient has this external id"]


# -- nothing of a patient is told --------------------------------------------------------------------------------------


def test_no_value_of_a_patient_stands_in_a_report(agency: Office) -> None:
    texts = [column.name for column in t.patients.c if isinstance(column.type, sa.String)]
    bad = {column.name: CANARY for column in t.patients.c if column.name not in {"id", "erased_at"}}
    del bad["created_at"], bad["updated_at"]
    good = dict.fromkeys(texts, CANARY) | {"external_id": f"{CANARY}1", "email": f"{CANARY}@example.org"}
    good |= {"status": "open", "gender": "female", "travel_mode": "car", "preferred_therapist_gender": "any"}
    good |= {"postal_code": CANARY[:10]}
    other = {**good, "last_name": f"{CANARY}s", "symptoms": f"{CANARY} {CANARY}"}

    reports = [
        agency.patients(good, {**bad, "external_id": CANARY, "excluded_therapists": [CANARY]}, every_change=True),
        agency.patients(other, {"external_id": CANARY, "last_name": CANARY * 20}, every_change=True),
        agency.patients({**good, "availability": {CANARY: [CANARY]}, "travel_limit": {CANARY: 1}}),
        agency.requests((CANARY, CANARY), (CANARY, CANARY)),
    ]

    told = "\n".join([repr(reports), str(reports), *(fault for report in reports for fault in faults_of(report))])
    assert [report.counts.refused for report in reports] == [1, 1, 1, 2]
    assert reports[1].counts.changed == 1
    assert CANARY[:6].lower() not in told.lower()


# -- others at the same moment -----------------------------------------------------------------------------------------


def waits(agency: Office, work: "Future[ImportReport]") -> bool:
    """Whether *work* has come to wait for another unit (or, False, has ended instead)."""
    while not agency.seed.waiting():
        if wait([work], timeout=0.01).done:
            return False
    return True


def test_an_import_waits_for_who_decides_about_the_same_therapist(agency: Office) -> None:
    therapist = agency.seed.therapist(external_id="T1")

    with ThreadPoolExecutor() as pool:
        with OpenPostgresUnit(agency.engine)() as unit:
            unit.therapists.lock([therapist])
            work = pool.submit(agency.therapists, {"external_id": "T1", "status": "blocked"})
            waited = waits(agency, work)
        report = work.result()

    assert waited
    assert report.counts == Counts(changed=1)


def test_an_import_waits_for_who_changes_the_same_patient(agency: Office) -> None:
    patient = agency.seed.patient(external_id="P1")

    with ThreadPoolExecutor() as pool:
        with OpenPostgresImportUnit(agency.engine)() as unit:
            unit.patients.lock([patient])
            work = pool.submit(agency.patients, {"external_id": "P1", "city": "Berlin"})
            waited = waits(agency, work)
        report = work.result()

    assert waited
    assert report.counts == Counts(changed=1)


def test_two_imports_take_turns(agency: Office) -> None:
    with ThreadPoolExecutor() as pool:
        with OpenPostgresImportUnit(agency.engine)() as unit:
            unit.imports.take_turns()
            work = pool.submit(agency.therapists, {"external_id": "T1", "last_name": "A"})
            waited = waits(agency, work)
        report = work.result()

    assert waited
    assert report.counts == Counts(created=1)


def test_a_patient_who_leaves_waits_for_who_decides_about_the_therapist(agency: Office) -> None:
    therapist = agency.seed.therapist()
    leaving = agency.seed.patient(external_id="P1", diagnosis="F32.1")
    request = agency.seed.request(leaving, therapist)
    other = agency.seed.email(therapist, state=EmailState.DRAFT)

    with ThreadPoolExecutor() as pool:
        with OpenPostgresUnit(agency.engine)() as unit:
            unit.therapists.lock([therapist])
            work = pool.submit(agency.patients, {"external_id": "P1", "status": "search_aborted"})
            waited = waits(agency, work)
            unit.requests.take({request: other})
            unit.commit()
        work.result()

    stored = agency.row(t.placement_requests, request)
    assert waited
    assert (stored["status"], stored["held_by_email_id"]) == ("canceled", None)


def test_an_email_without_the_patient_who_leaves_is_not_written_anew(agency: Office) -> None:
    therapist = agency.seed.therapist()
    leaving = agency.seed.patient(external_id="P1", diagnosis="F32.1")
    theirs, other = agency.seed.request(leaving, therapist), agency.seed.request(None, therapist)
    email = agency.seed.email(therapist, [theirs, other], left_out=[theirs], template=Template.BATCH_REQUEST)
    before = agency.row(t.emails, email)

    agency.patients({"external_id": "P1", "status": "search_aborted"})

    assert agency.row(t.emails, email) == before


def test_only_what_can_still_be_stopped_counts_as_unsent(agency: Office) -> None:
    therapist = agency.seed.therapist(mailbox_id=None)
    emails = {state: agency.seed.email(therapist, state=state) for state in EmailState}

    with OpenPostgresImportUnit(agency.engine)() as unit:
        unsent = unit.emails.unsent(therapist_ids=[therapist])

    assert set(unsent) == {emails[state] for state in (EmailState.DRAFT, EmailState.QUEUED, EmailState.CLAIMED)}
