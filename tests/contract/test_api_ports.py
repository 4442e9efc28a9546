"""What the API asks of a store: `boona_core.api_ports`, kept by every adapter."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from attrs import evolve

from boona_core.access import Names, NewToken, Role, Scope
from boona_core.api_ports import (
    CallFilter,
    Cut,
    EmailFilter,
    PatientFilter,
    Place,
    RequestFilter,
    StoredAnswer,
    TherapistFilter,
)
from boona_core.call_ports import NewCall
from boona_core.calls import CallStatus, CallTime, Cause, PhoneCall
from boona_core.emails import Email, EmailState
from boona_core.errors import IllegalTransition, UnknownId
from boona_core.ids import (
    AccessTokenId,
    EmailBatchId,
    EmailId,
    PhoneCallBatchId,
    PhoneCallId,
    PlacementRequestId,
    TherapistId,
)
from boona_core.importing import Counts, FieldChange, ImportKind, RowChange
from boona_core.instants import BERLIN
from boona_core.letters import Template
from boona_core.patients import PatientStatus
from boona_core.ports import Content
from boona_core.requests import RequestStatus
from boona_core.therapists import TherapistStatus
from tests.contract.conftest import Second
from tests.situations import NOW, Store

MONDAY = date(2026, 3, 2)
ANSWER = StoredAnswer(request_hash=b"hash", status=201, headers={"etag": '"x"'}, body=b"{}")


def content(**more: Any) -> Content:
    usual = {
        "subject": "Neu",
        "body_html": "<p>Neu</p>",
        "body_text": "Neu",
        "recipient_email": "praxis@example.org",
        "recipient_name": "Uta Beispiel",
        "sender_email": "agentur@example.org",
        "sender_name": "Agentur",
    }
    return Content(**{**usual, **more})


def new_token(**more: Any) -> NewToken:
    usual: dict[str, Any] = {"name": "n", "digest": b"d", "role": Role.READER, "expires_at": NOW + timedelta(days=1)}
    return NewToken(**{**usual, **more})


def email(store: Store, email_id: EmailId) -> Email:
    with store.open_unit() as unit:
        return unit.emails.get(email_id)


# Lists


def test_emails_come_newest_first_with_how_many_there_are(store: Store) -> None:
    therapist = store.seed.therapist()
    ids = [store.seed.email(therapist, state=EmailState.DRAFT) for _ in range(5)]

    with store.open_unit() as unit:
        first = unit.listings.emails(EmailFilter(), Cut(limit=2))
        second = unit.listings.emails(EmailFilter(), Cut(limit=2, page=2))
        last = unit.listings.emails(EmailFilter(), Cut(limit=2, page=3))

    assert [row.id for row in (*first.rows, *second.rows, *last.rows)] == ids[::-1]
    assert first.total == second.total == last.total == 5


def test_a_cursor_goes_on_after_the_last_known_row_and_counts_all(store: Store) -> None:
    therapist = store.seed.therapist()
    ids = [store.seed.email(therapist, state=EmailState.DRAFT) for _ in range(4)]

    with store.open_unit() as unit:
        rest = unit.listings.emails(EmailFilter(), Cut(limit=2, after=ids[2]))

    assert [row.id for row in rest.rows] == [ids[1], ids[0]]
    assert rest.total == 4


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (EmailFilter(statuses=frozenset({"draft"})), {"draft"}),
        (EmailFilter(statuses=frozenset({"sending"})), {"claimed", "handoff"}),
        (EmailFilter(statuses=frozenset({"sent", "draft"})), {"draft", "sent", "answered"}),
        (EmailFilter(batch_id="plan-1"), {"draft"}),
        (EmailFilter(response_received=True), {"answered"}),
        (EmailFilter(sent_from=MONDAY), {"sent"}),
        (EmailFilter(sent_to=date(2026, 3, 1)), {"answered"}),
        (EmailFilter(sent_from=date(2026, 2, 1), sent_to=MONDAY), {"sent", "answered"}),
    ],
)
def test_a_filter_lets_through_what_fits(store: Store, wanted: EmailFilter, found: set[str]) -> None:
    one, two = store.seed.therapist(), store.seed.therapist()
    ids = {
        store.seed.email(one, state=EmailState.DRAFT, batch_id="plan-1"): "draft",
        store.seed.email(one, state=EmailState.CLAIMED): "claimed",
        store.seed.email(one, state=EmailState.HANDOFF): "handoff",
        store.seed.sent_email(one, on=MONDAY): "sent",
        store.seed.sent_email(two, on=date(2026, 2, 9), response_received=True): "answered",
    }

    with store.open_unit() as unit:
        listed = unit.listings.emails(wanted, Cut())

    assert {ids[row.id] for row in listed.rows} == found
    assert listed.total == len(found)


def test_emails_of_one_therapist(store: Store) -> None:
    one, two = store.seed.therapist(), store.seed.therapist()
    theirs = store.seed.email(one, state=EmailState.DRAFT)
    store.seed.email(two, state=EmailState.DRAFT)

    with store.open_unit() as unit:
        listed = unit.listings.emails(EmailFilter(therapist_id=one), Cut())

    assert [row.id for row in listed.rows] == [theirs]


def test_therapists_are_listed_by_id_without_those_who_were_erased(store: Store) -> None:
    one = store.seed.therapist(postal_code="10115")
    store.seed.therapist(erased_at=NOW)
    two = store.seed.therapist(status=TherapistStatus.BLOCKED, potentially_available=True)

    with store.open_unit() as unit:
        everyone = unit.listings.therapists(TherapistFilter(), Cut())
        blocked = unit.listings.therapists(TherapistFilter(status=TherapistStatus.BLOCKED), Cut())
        near = unit.listings.therapists(TherapistFilter(postal_code="10115", potentially_available=False), Cut())

    assert [row.id for row in everyone.rows] == [one, two]
    assert everyone.total == 2
    assert [row.id for row in blocked.rows] == [two]
    assert [row.id for row in near.rows] == [one]


def test_patients_are_listed_by_id_without_those_who_were_erased(store: Store) -> None:
    one = store.seed.patient(external_id="P-1")
    store.seed.patient(erased_at=NOW)
    two = store.seed.patient(status=PatientStatus.OPEN)

    with store.open_unit() as unit:
        everyone = unit.listings.patients(PatientFilter(), Cut())
        waiting = unit.listings.patients(PatientFilter(status=PatientStatus.OPEN), Cut())
        named = unit.listings.patients(PatientFilter(external_id="P-1"), Cut())

    assert [row.id for row in everyone.rows] == [one, two]
    assert [row.id for row in waiting.rows] == [two]
    assert [row.id for row in named.rows] == [one]


def test_a_request_shows_the_emails_that_have_a_row_for_it(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist, priority=3)
    emails = [store.seed.email(therapist, [request], state=EmailState.DRAFT) for _ in range(2)]

    with store.open_unit() as unit:
        record = unit.listings.request(request)
        listed = unit.listings.requests(RequestFilter(therapist_id=therapist, status=RequestStatus.OPEN), Cut())

    assert record.email_ids == tuple(emails)
    assert record.priority == 3
    assert listed.rows == [record]


def test_an_unknown_request_is_unknown(store: Store) -> None:
    with store.open_unit() as unit, pytest.raises(UnknownId):
        unit.listings.request(PlacementRequestId(99))


def test_a_batch_row_leads_to_its_email(store: Store) -> None:
    therapist = store.seed.therapist()
    email_id = store.seed.email(therapist, [store.seed.request(None, therapist)], state=EmailState.DRAFT)
    (item,) = email(store, email_id).items

    with store.open_unit() as unit:
        found = unit.listings.email_of_batch(item.id)

    assert found == email_id


def test_an_unknown_batch_row_is_unknown(store: Store) -> None:
    with store.open_unit() as unit, pytest.raises(UnknownId):
        unit.listings.email_of_batch(EmailBatchId(99))


def planned_call(store: Store, therapist: TherapistId, day: date, **more: Any) -> PhoneCallId:
    with store.open_unit() as unit:
        (call_id,) = unit.calls.new_ids(1)
        new = NewCall(therapist_id=therapist, time=CallTime(day, 9 * 60, 5), cause=Cause.PERSON, **more)
        assert unit.calls.add({call_id: new}) == {call_id}
        unit.commit()
    return call_id


def test_calls_come_newest_first_and_by_what_is_asked(store: Store) -> None:
    one, two = store.seed.therapist(), store.seed.therapist()
    first = planned_call(store, one, MONDAY)
    second = planned_call(store, one, date(2026, 3, 3))
    third = planned_call(store, two, MONDAY)

    with store.open_unit() as unit:
        everything = unit.listings.calls(CallFilter(), Cut(limit=2))
        rest = unit.listings.calls(CallFilter(), Cut(limit=2, after=second))
        theirs = unit.listings.calls(CallFilter(therapist_id=one, status=CallStatus.SCHEDULED), Cut())
        of_monday = unit.listings.calls(CallFilter(day=MONDAY), Cut())
        canceled = unit.listings.calls(CallFilter(status=CallStatus.CANCELED), Cut())

    assert [call.id for call in everything.rows] == [third, second]
    assert everything.total == 3
    assert [call.id for call in rest.rows] == [first]
    assert [call.id for call in theirs.rows] == [second, first]
    assert [call.id for call in of_monday.rows] == [third, first]
    assert canceled.rows == []


def test_a_batch_row_leads_to_its_call(store: Store) -> None:
    therapist = store.seed.therapist()
    call_id = planned_call(store, therapist, MONDAY, request_ids=(store.seed.request(None, therapist),))

    with store.open_unit() as unit:
        (item,) = unit.calls.get(call_id).items
        found = unit.listings.call_of_batch(item.id)
        with pytest.raises(UnknownId):
            unit.listings.call_of_batch(PhoneCallBatchId(99))

    assert found == call_id


def test_emails_and_calls_of_a_therapist_come_newest_first(store: Store) -> None:
    therapist = store.seed.therapist()
    planned_call(store, store.seed.therapist(), MONDAY)
    old = store.seed.sent_email(therapist, on=date(2026, 2, 2))
    same_day = store.seed.sent_email(therapist, on=MONDAY)
    call = planned_call(store, therapist, MONDAY)
    draft = store.seed.email(therapist, state=EmailState.DRAFT)

    with store.open_unit() as unit:
        found = unit.listings.contacts(therapist, Cut(), zone=BERLIN)
        second = unit.listings.contacts(therapist, Cut(limit=1, page=2), zone=BERLIN)

    assert [(type(each), each.id) for each in found.rows] == [
        (Email, draft),
        (PhoneCall, call),
        (Email, same_day),
        (Email, old),
    ]
    assert [list(second.rows), second.total] == [[found.rows[1]], 4]


def test_an_email_that_was_queued_after_local_midnight_is_newer_than_a_call_of_the_day_before(store: Store) -> None:
    therapist = store.seed.therapist()
    night = datetime(2026, 3, 9, 23, 30, tzinfo=UTC)  # the tenth in Berlin
    email = store.seed.email(therapist, state=EmailState.CANCELED, queued_at=night)
    call = store.seed.call(therapist, time=CallTime(date(2026, 3, 9), 600, 5), status=CallStatus.FAILED)

    with store.open_unit() as unit:
        found = unit.listings.contacts(therapist, Cut(), zone=BERLIN)

    assert [(type(each), each.id) for each in found.rows] == [(Email, email), (PhoneCall, call)]


def test_a_request_shows_the_calls_that_have_a_row_for_it_taken_out_or_not(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    first = store.seed.call(therapist, [request], status=CallStatus.FAILED)
    second = store.seed.call(therapist, [request], left_out=[request], status=CallStatus.CANCELED)
    store.seed.call(therapist, status=CallStatus.CANCELED)

    with store.open_unit() as unit:
        record = unit.listings.request(request)

    assert record.phone_call_ids == (first, second)


def test_many_contacts_are_read_in_as_many_statements_as_one(postgres_store: Store, contract_engine: sa.Engine) -> None:
    therapist = postgres_store.seed.therapist()
    postgres_store.seed.email(therapist, state=EmailState.DRAFT)
    postgres_store.seed.call(therapist, status=CallStatus.CANCELED)

    few = statements(contract_engine, lambda: contacts_of(postgres_store, therapist, 2))
    _ = [postgres_store.seed.email(therapist, state=EmailState.DRAFT) for _ in range(20)]
    _ = [postgres_store.seed.call(therapist, status=CallStatus.CANCELED) for _ in range(20)]
    many = statements(contract_engine, lambda: contacts_of(postgres_store, therapist, 42))

    assert many == few


def contacts_of(store: Store, therapist: TherapistId, count: int) -> None:
    with store.open_unit() as unit:
        assert len(unit.listings.contacts(therapist, Cut(limit=100), zone=BERLIN).rows) == count


def statements(engine: sa.Engine, work: Callable[[], object]) -> list[str]:
    """What the database is asked meanwhile."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement.partition("WHERE")[0])

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    return asked


def hold(store: Store, subject: str, number: int) -> None:
    with store.open_unit() as unit:
        unit.listings.hold(subject, number)


def test_who_holds_the_same_waits(store: Store, second: Second) -> None:
    with store.open_unit() as unit:
        unit.listings.hold("caller", 1)
        second.does(hold, store, "caller", 2).result()
        waiting = second.does(hold, store, "caller", 1)

        assert second.waits(waiting)
    waiting.result()


# Single people


def test_somebody_is_created_without_an_external_id(store: Store) -> None:
    with store.open_unit() as unit:
        number = unit.people.create(
            ImportKind.THERAPISTS,
            {"first_name": "Uta", "last_name": "Beispiel", "status": "active", "do_not_contact": False}
            | {"potentially_available": False, "email": "p@example.org", "mailbox": "p@example.org"},
        )
        unit.commit()
    assert number is not None

    with store.open_unit() as unit:
        stored = unit.imports.stored(ImportKind.THERAPISTS, [number])[number]
    assert stored.values["last_name"] == "Beispiel"
    assert stored.values["mailbox"] == "p@example.org"


def test_a_taken_external_id_creates_nobody(store: Store) -> None:
    values = {"external_id": "P-1", "first_name": "K", "last_name": "M", "status": "open", "contracts_signed": False}
    values |= {"consultation_attended": False}
    with store.open_unit() as unit:
        assert unit.people.create(ImportKind.PATIENTS, values) is not None
        unit.commit()

    with store.open_unit() as unit:
        assert unit.people.create(ImportKind.PATIENTS, values) is None


def test_erasing_a_patient_empties_what_is_personal_everywhere(store: Store) -> None:
    therapist = store.seed.therapist()
    patient = store.seed.patient(diagnosis="F32.1", symptoms="schlaflos", external_id="P-1")
    request = store.seed.request(patient, therapist)
    sent = store.seed.sent_email(therapist, [request], on=MONDAY, response_content="gern", follow_up_notes="x")
    other = store.seed.sent_email(store.seed.therapist(), on=MONDAY)
    change = RowChange(2, patient, created=False, fields=(FieldChange("diagnosis", "F32.1", "F41.1"),))
    with store.open_unit() as unit:
        run = unit.imports.begin(ImportKind.PATIENTS, "0" * 64)
        unit.imports.record(run, Counts(changed=1), [change])
        unit.imports.keep_bases(ImportKind.PATIENTS, {patient: {"diagnosis": "F32.1"}})
        unit.drafting.note(request, "ruft selbst an")
        unit.commit()

    with store.open_unit() as unit:
        unit.people.erase(ImportKind.PATIENTS, patient, now=NOW)
        unit.commit()

    with store.open_unit() as unit:
        erased = unit.patients.get_many([patient])[patient]
        record = unit.listings.request(request)
        assert unit.imports.bases(ImportKind.PATIENTS, [patient]) == {}
    assert (erased.first_name, erased.last_name, erased.diagnosis, erased.symptoms) == ("", "", None, None)
    assert (erased.external_id, erased.erased_at) == (None, NOW)
    assert (record.notes, record.email_contact_date) == (None, MONDAY)
    emptied = email(store, sent)
    assert (emptied.subject, emptied.body_html, emptied.body_text, emptied.response_content) == ("", "", "", None)
    assert (emptied.recipient_name, emptied.state) == ("Uta Beispiel", EmailState.SENT)
    assert email(store, other).body_text == "Guten Tag"
    assert store.seed.imports()[0].lines == ((patient, "diagnosis", None, None),)


def test_erasing_a_therapist_empties_the_recipient_too_and_keeps_the_contact_facts(store: Store) -> None:
    therapist = store.seed.therapist(phone="030 1", last_email_on=MONDAY)
    sent = store.seed.sent_email(therapist, on=MONDAY)

    with store.open_unit() as unit:
        unit.people.erase(ImportKind.THERAPISTS, therapist, now=NOW)
        unit.commit()

    with store.open_unit() as unit:
        erased = unit.therapists.get(therapist)
    assert (erased.last_name, erased.phone, erased.email) == ("", None, None)
    assert (erased.last_email_on, erased.erased_at) == (MONDAY, NOW)
    assert (email(store, sent).recipient_email, email(store, sent).recipient_name) == ("", "")


@pytest.mark.parametrize(
    ("do_not_contact", "shared", "known"), [(False, False, False), (True, False, True), (False, True, True)]
)
def test_an_address_is_forgotten_unless_it_is_needed_to_keep_quiet_or_is_a_colleagues(
    store: Store,
    do_not_contact: bool,
    shared: bool,
    known: bool,
) -> None:
    mailbox = store.seed.mailbox(do_not_contact=do_not_contact)
    therapist = store.seed.therapist(mailbox_id=mailbox)
    colleague = store.seed.therapist(mailbox_id=mailbox, **({} if shared else {"erased_at": NOW}))

    with store.open_unit() as unit:
        unit.people.erase(ImportKind.THERAPISTS, therapist, now=NOW)
        unit.commit()

    with store.open_unit() as unit:
        stored = unit.imports.stored(ImportKind.THERAPISTS, [colleague])[colleague]
    assert (stored.values["mailbox"] == f"mailbox{mailbox}@example.org") is known


def test_erasing_leaves_an_email_on_its_way_as_it_is(store: Store) -> None:
    therapist = store.seed.therapist()
    queued = store.seed.queued_email(therapist)

    with store.open_unit() as unit:
        unit.people.erase(ImportKind.THERAPISTS, therapist, now=NOW)
        unit.commit()

    assert email(store, queued).body_text == "Guten Tag"


@pytest.mark.parametrize(("state", "so"), [(EmailState.HANDOFF, True), (EmailState.CLAIMED, False)])
def test_whether_an_email_is_being_handed_over(store: Store, state: EmailState, so: bool) -> None:
    therapist, patient = store.seed.therapist(), store.seed.patient()
    store.seed.email(therapist, [store.seed.request(patient, therapist)], state=state)

    with store.open_unit() as unit:
        found = [
            unit.people.being_handed_over(ImportKind.THERAPISTS, therapist),
            unit.people.being_handed_over(ImportKind.PATIENTS, patient),
            unit.people.being_handed_over(ImportKind.PATIENTS, store.seed.patient()),
        ]

    assert found == [so, so, False]


# Drafts


def test_a_draft_is_rewritten_and_counts_as_touched(store: Store) -> None:
    draft = store.seed.email(store.seed.therapist(), state=EmailState.DRAFT, batch_id="plan-1")

    with store.open_unit() as unit:
        unit.drafting.rewrite(draft, content(), template=None, body_provided=True, batch_id="plan-1")
        unit.commit()
    with store.open_unit() as unit:
        deleted = unit.emails.delete_drafts_of_earlier_runs()

    written = email(store, draft)
    assert (written.subject, written.body_provided, written.state) == ("Neu", True, EmailState.DRAFT)
    assert deleted == 0


def test_a_queued_email_is_rewritten_with_its_bytes(store: Store) -> None:
    queued = store.seed.queued_email(store.seed.therapist())

    with store.open_unit() as unit:
        sealed = content(message_id="<neu@example.org>", message=b"Subject: Neu\r\n\r\n")
        template = Template.BATCH_REQUEST
        unit.drafting.rewrite(queued, sealed, template=template, body_provided=False, batch_id=None)
        unit.commit()

    assert (email(store, queued).template, email(store, queued).message_id) == (template, "<neu@example.org>")


def test_an_email_that_was_claimed_is_not_rewritten(store: Store) -> None:
    claimed = store.seed.email(store.seed.therapist(), state=EmailState.CLAIMED)

    with store.open_unit() as unit, pytest.raises(IllegalTransition):
        unit.drafting.rewrite(claimed, content(), template=None, body_provided=True, batch_id=None)


def test_arranging_gives_an_email_exactly_these_rows_and_keeps_the_ids_of_those_that_stay(store: Store) -> None:
    therapist = store.seed.therapist()
    first, second, third = (store.seed.request(None, therapist) for _ in range(3))
    draft = store.seed.email(therapist, [first, second], state=EmailState.DRAFT)
    before = {item.placement_request_id: item.id for item in email(store, draft).items}

    with store.open_unit() as unit:
        unit.drafting.arrange(draft, {second: Place(rank=1, included=False), third: Place(rank=5)})
        unit.commit()

    items = email(store, draft).items
    assert [(item.placement_request_id, item.rank, item.included) for item in items] == [
        (third, 5, True),
        (second, 1, False),
    ]
    assert items[1].id == before[second]


def test_notes_are_written_and_emptied(store: Store) -> None:
    request = store.seed.request(None, store.seed.therapist())

    with store.open_unit() as unit:
        unit.drafting.note(request, "ruft selbst an")
        noted = unit.listings.request(request).notes
        unit.drafting.note(request, None)
        emptied = unit.listings.request(request).notes

    assert (noted, emptied) == ("ruft selbst an", None)


def test_notes_about_an_answer_are_written_to_its_row(store: Store) -> None:
    therapist = store.seed.therapist()
    sent = store.seed.sent_email(therapist, [store.seed.request(None, therapist) for _ in range(2)], on=MONDAY)
    first, second = email(store, sent).items

    with store.open_unit() as unit:
        unit.drafting.note_batch(second.id, "klang zögerlich")
        unit.commit()

    assert [item.notes for item in email(store, sent).items] == [None, "klang zögerlich"]
    with store.open_unit() as unit, pytest.raises(UnknownId):
        unit.drafting.note_batch(EmailBatchId(first.id + 99), "x")


def test_an_unknown_request_is_not_noted(store: Store) -> None:
    with store.open_unit() as unit, pytest.raises(UnknownId):
        unit.drafting.note(PlacementRequestId(99), "x")


# Tokens


def test_a_token_is_found_by_its_hash(store: Store) -> None:
    wanted = new_token(digest=b"1", role=Role.CALLER, scopes=frozenset({Scope.CALLS}), names=Names.GERMAN, caller=3)
    with store.open_unit() as unit:
        token = unit.tokens.add(wanted)
        unit.tokens.add(new_token(digest=b"2"))
        unit.commit()

    with store.open_unit() as unit:
        found = unit.tokens.find(b"1")
        nobody = unit.tokens.find(b"3")
        everyone = unit.tokens.all()

    assert found == token
    assert (token.role, token.scopes, token.names, token.caller) == (
        Role.CALLER,
        frozenset({Scope.CALLS}),
        Names.GERMAN,
        3,
    )
    assert nobody is None
    assert [each.id for each in everyone] == sorted(each.id for each in everyone)
    assert len(everyone) == 2


def test_a_token_ends_when_it_is_said_and_never_later_again(store: Store) -> None:
    later, earlier = NOW + timedelta(hours=2), NOW + timedelta(hours=1)
    with store.open_unit() as unit:
        token = unit.tokens.add(new_token())
        ends = [unit.tokens.end(token.id, at=at).revoked_at for at in (later, earlier, later)]

    assert ends == [later, earlier, earlier]


def test_an_unknown_token_does_not_end(store: Store) -> None:
    with store.open_unit() as unit, pytest.raises(UnknownId):
        unit.tokens.end(AccessTokenId(99), at=NOW)


def test_the_last_use_only_moves_on(store: Store) -> None:
    with store.open_unit() as unit:
        token = unit.tokens.add(new_token())
        unit.tokens.used(token.id, at=NOW)
        unit.tokens.used(token.id, at=NOW - timedelta(hours=1))
        found = unit.tokens.find(b"d")

    assert found is not None
    assert found.last_used_at == NOW


# Answers to be given again


def kept_token(store: Store) -> AccessTokenId:
    with store.open_unit() as unit:
        token = unit.tokens.add(new_token())
        unit.commit()
    return token.id


def test_an_answer_is_kept_for_a_day(store: Store) -> None:
    token = kept_token(store)
    with store.open_unit() as unit:
        unit.replays.put(token, "k", ANSWER, now=NOW)
        unit.commit()

    with store.open_unit() as unit:
        within = unit.replays.get(token, "k", now=NOW + timedelta(hours=23))
        after = unit.replays.get(token, "k", now=NOW + timedelta(hours=24))
        other = unit.replays.get(token, "l", now=NOW)

    assert (within, after, other) == (ANSWER, None, None)


def test_a_key_may_be_used_again_after_its_day(store: Store) -> None:
    token = kept_token(store)
    later = NOW + timedelta(days=2)
    with store.open_unit() as unit:
        unit.replays.put(token, "k", ANSWER, now=NOW)
        unit.replays.put(token, "k", ANSWER, now=later)
        found = unit.replays.get(token, "k", now=later + timedelta(hours=1))

    assert found == ANSWER


def test_an_answer_of_a_unit_that_is_left_is_not_kept(store: Store) -> None:
    token = kept_token(store)
    with store.open_unit() as unit:
        unit.replays.put(token, "k", ANSWER, now=NOW)

    with store.open_unit() as unit:
        assert unit.replays.get(token, "k", now=NOW) is None


def forget(store: Store, *, now: datetime, limit: int = 100) -> int:
    with store.open_unit() as unit:
        forgotten = unit.replays.forget(now=now, limit=limit)
        unit.commit()
    return forgotten


def keep(store: Store, token: AccessTokenId, *keys: str) -> None:
    with store.open_unit() as unit:
        for key in keys:
            unit.replays.put(token, key, ANSWER, now=NOW)
        unit.commit()


def test_answers_older_than_a_day_are_forgotten_some_at_a_time(store: Store) -> None:
    token = kept_token(store)
    keep(store, token, "a", "b", "c")

    assert forget(store, now=NOW + timedelta(hours=23)) == 0
    assert forget(store, now=NOW + timedelta(hours=24), limit=2) == 2
    assert forget(store, now=NOW + timedelta(hours=24), limit=2) == 1


def test_two_that_forget_answers_do_not_wait_for_each_other(store: Store) -> None:
    keep(store, kept_token(store), "a", "b", "c")
    later = NOW + timedelta(days=2)

    with store.open_unit() as unit:
        mine = unit.replays.forget(now=later, limit=2)
        theirs = forget(store, now=later)
        unit.commit()

    assert (mine, theirs) == (2, 1)


@pytest.mark.parametrize("kind", [ImportKind.THERAPISTS, ImportKind.PATIENTS])
def test_an_erasure_empties_kept_answers_and_their_keys_stay_known(store: Store, kind: ImportKind) -> None:
    token = kept_token(store)
    keep(store, token, "k")
    people = {ImportKind.THERAPISTS: store.seed.therapist, ImportKind.PATIENTS: store.seed.patient}

    with store.open_unit() as unit:
        unit.people.erase(kind, people[kind](), now=NOW)
        unit.commit()

    with store.open_unit() as unit:
        kept = unit.replays.get(token, "k", now=NOW)
    assert kept == evolve(ANSWER, headers={}, body=b"")


def take(store: Store, token: AccessTokenId, key: str) -> bool:
    with store.open_unit() as unit:
        return unit.replays.take(token, key)


def test_a_key_is_taken_by_one_unit_until_it_ends(store: Store, second: Second) -> None:
    token = kept_token(store)
    with store.open_unit() as unit:
        mine = unit.replays.take(token, "k")
        theirs = second.does(take, store, token, "k").result()
        another = second.does(take, store, token, "l").result()
    afterwards = take(store, token, "k")

    assert (mine, theirs, another, afterwards) == (True, False, True, True)


def test_instants_are_utc(store: Store) -> None:
    with store.open_unit() as unit:
        token = unit.tokens.add(new_token(expires_at=datetime(2030, 1, 1, tzinfo=UTC)))

    assert token.expires_at == datetime(2030, 1, 1, tzinfo=UTC)
    assert token.created_at.tzinfo is UTC
