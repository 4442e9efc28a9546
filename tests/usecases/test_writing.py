"""Writing an email by hand, changing its requests, and requests by hand."""

import time
from datetime import timedelta
from typing import Any

import pytest

from boona_core.contact import Reason
from boona_core.emails import EmailState, EmailStep
from boona_core.errors import IllegalTransition, InvalidValues, UnknownId
from boona_core.events import EventType
from boona_core.ids import EmailBatchId, EmailId, PatientId, PlacementRequestId, TherapistId
from boona_core.instants import BERLIN
from boona_core.letters import Template
from boona_core.patients import PatientStatus
from boona_core.requests import RequestStatus
from boona_core.usecases.arranging import ArrangeEmail
from boona_core.usecases.deciding import Queuing
from boona_core.usecases.requesting import KeepRequest
from boona_core.usecases.writing import RewriteEmail, Rewritten, WriteEmail, Written, provided_letter
from tests.situations import TODAY
from tests.usecases.house import STATIONERY, House, house

OPEN, IN_PROGRESS, CANCELED = RequestStatus.OPEN, RequestStatus.IN_PROGRESS, RequestStatus.CANCELED


def write(agency: House, therapist: TherapistId, **told: Any) -> Queuing:
    use_case = WriteEmail(open_unit=agency.memory.open_unit, stationery=STATIONERY, policy=agency.policy, zone=BERLIN)
    return use_case(Written(therapist_id=therapist, **told))


def own(**told: Any) -> dict[str, Any]:
    return {"subject": "Anfrage", "body_text": "Guten Tag", **told}


def arrange(agency: House) -> ArrangeEmail:
    return ArrangeEmail(open_unit=agency.memory.open_unit, stationery=STATIONERY, policy=agency.policy, zone=BERLIN)


def keep_request(agency: House) -> KeepRequest:
    return KeepRequest(open_unit=agency.memory.open_unit, stationery=STATIONERY, zone=BERLIN)


def batch_of(agency: House, email: EmailId, request: PlacementRequestId) -> EmailBatchId:
    return next(item.id for item in agency.email(email).items if item.placement_request_id == request)


# -- write -------------------------------------------------------------------------------------------------------------


def test_a_text_of_ones_own_is_queued_sealed_and_sent_as_it_is() -> None:
    agency = house()

    queuing = write(agency, agency.seed.therapist(email="praxis@example.org"), **own(recipient_name="Praxis Beispiel"))

    email = agency.email(queuing.email_id)
    assert (email.state, email.body_text, email.body_html) == (EmailState.QUEUED, "Guten Tag", "<p>Guten Tag</p>\n")
    assert (email.recipient_name, email.body_provided, email.template) == ("Praxis Beispiel", True, None)
    assert agency.told() == [EventType.EMAIL_CREATED, EventType.EMAIL_QUEUED]
    agency.drain()
    assert agency.state(queuing.email_id) is EmailState.SENT


def test_requests_without_a_text_make_the_agencys_letter() -> None:
    agency = house()
    therapist = agency.seed.therapist()
    requests = agency.requests_to(therapist, "Angst", "Trauer")

    queuing = write(agency, therapist, request_ids=(requests[1], requests[0]))

    email = agency.email(queuing.email_id)
    assert email.template is Template.BATCH_REQUEST
    assert [item.placement_request_id for item in email.items] == [requests[1], requests[0]]
    assert email.body_text.index("Trauer") < email.body_text.index("Angst")
    assert agency.statuses(requests) == [IN_PROGRESS, IN_PROGRESS]


def test_a_second_email_within_the_interval_is_refused_and_not_stored() -> None:
    agency = house()
    therapist = agency.seed.therapist()
    agency.seed.sent_email(therapist, on=TODAY)

    queuing = write(agency, therapist, **own())

    assert Reason.EMAIL_INTERVAL in queuing.decision.reasons
    assert queuing.decision.next_allowed_on is not None
    assert len(agency.emails()) == 1
    assert agency.told() == []


def test_a_person_may_override_the_interval_with_a_reason() -> None:
    agency = house()
    therapist = agency.seed.therapist()
    agency.seed.sent_email(therapist, on=TODAY)

    queuing = write(agency, therapist, **own(override_reason="hat darum gebeten"))

    assert queuing.queued
    assert agency.email(queuing.email_id).override_reason == "hat darum gebeten"


def test_the_cap_of_the_day_holds_for_what_is_written_by_hand() -> None:
    agency = house(max_emails_per_day=1)
    write(agency, agency.seed.therapist(), **own())

    queuing = write(agency, agency.seed.therapist(), **own())

    assert queuing.decision.reasons == (Reason.DAILY_CAP,)


def test_a_draft_is_stored_whatever_the_rules_say_and_moves_nothing() -> None:
    agency = house()
    therapist = agency.seed.therapist()
    agency.seed.sent_email(therapist, on=TODAY)
    (request,) = agency.requests_to(therapist, "Angst")

    queuing = write(agency, therapist, request_ids=(request,), draft=True)

    assert agency.state(queuing.email_id) is EmailState.DRAFT
    assert agency.statuses([request]) == [OPEN]
    assert agency.told() == [EventType.EMAIL_CREATED]


def test_requests_that_are_closed_or_rest_are_refused_with_which() -> None:
    agency = house()
    therapist = agency.seed.therapist()
    closed, paused = agency.requests_to(therapist, "Angst", "Trauer")
    agency.change_request(closed, status=CANCELED)
    agency.change_patient_of(paused, status=PatientStatus.SEARCH_ABORTED)

    queuing = write(agency, therapist, request_ids=(closed, paused))

    assert queuing.closed == (closed,)
    assert set(queuing.decision.reasons) == {Reason.REQUEST_CLOSED, Reason.PATIENT_NOT_SEARCHING}
    assert agency.emails() == []


def test_an_email_is_full() -> None:
    agency = house(max_requests_per_email=1)
    therapist = agency.seed.therapist()

    queuing = write(agency, therapist, request_ids=tuple(agency.requests_to(therapist, "Angst", "Trauer")))

    assert queuing.decision.reasons == (Reason.EMAIL_FULL,)


def test_a_refusal_of_a_full_email_has_the_other_reasons_too() -> None:
    agency = house(max_requests_per_email=1)
    therapist = agency.seed.therapist()
    agency.seed.sent_email(therapist, on=TODAY)

    queuing = write(agency, therapist, request_ids=tuple(agency.requests_to(therapist, "Angst", "Trauer")))

    assert {Reason.EMAIL_FULL, Reason.EMAIL_INTERVAL} <= set(queuing.decision.reasons)
    assert len(agency.emails()) == 1


def test_a_draft_with_more_than_an_email_holds_is_stored_and_never_queued() -> None:
    agency = house(max_requests_per_email=1)
    therapist = agency.seed.therapist()
    requests = agency.requests_to(therapist, "Angst", "Trauer")
    draft = write(agency, therapist, request_ids=tuple(requests), draft=True).email_id

    queuing = agency.queue(draft)

    assert queuing.decision.reasons == (Reason.EMAIL_FULL,)
    assert agency.state(draft) is EmailState.DRAFT
    assert agency.statuses(requests) == [OPEN, OPEN]


def test_an_email_that_was_full_enough_once_may_be_sent_again_under_a_narrower_policy() -> None:
    agency = house(max_requests_per_email=1)
    therapist = agency.seed.therapist()
    requests = agency.requests_to(therapist, "Angst", "Trauer")
    email = agency.seed.email(therapist, requests, state=EmailState.FAILED)

    assert agency.queue(email, step=EmailStep.SENT_AGAIN).queued


def test_a_draft_names_a_hundred_requests_at_most() -> None:
    agency = house()

    with pytest.raises(InvalidValues) as refused:
        write(agency, agency.seed.therapist(), request_ids=tuple(map(PlacementRequestId, range(1, 102))), draft=True)

    assert [fault.place for fault in refused.value.faults] == ["placement_request_ids"]


@pytest.mark.parametrize(
    ("told", "places"),
    [
        ({}, ["body_text"]),
        ({"body_text": "x"}, ["subject"]),
        (own(recipient_mailbox="somebody@else.example"), ["recipient_email"]),
        (own(sender_email="other@example.org", sender_name="x"), ["sender_email", "sender_name"]),
        (own(override_reason=" "), ["override_reason"]),
        (own(request_ids=(99, 98)), ["placement_request_ids[0]", "placement_request_ids[1]"]),
    ],
)
def test_what_cannot_be_written_is_refused_with_every_place(told: dict[str, Any], places: list[str]) -> None:
    agency = house()

    with pytest.raises(InvalidValues) as refused:
        write(agency, agency.seed.therapist(), **told)

    assert [fault.place for fault in refused.value.faults] == places
    assert agency.emails() == []


def test_a_request_for_another_therapist_or_twice_is_refused() -> None:
    agency = house()
    therapist = agency.seed.therapist()
    (mine,) = agency.requests_to(therapist, "Angst")
    (other,) = agency.requests_to(agency.seed.therapist(), "Trauer")

    with pytest.raises(InvalidValues) as refused:
        write(agency, therapist, request_ids=(mine, mine, other))

    assert [fault.place for fault in refused.value.faults] == ["placement_request_ids[1]", "placement_request_ids[2]"]


@pytest.mark.parametrize("unit", ["\n ", "\n", "\n\t\n", "x\n", "<", "&"])
def test_a_hostile_plain_text_takes_no_longer_than_another(unit: str) -> None:
    text = (unit * 500_000)[:500_000]

    begun = time.process_time()
    provided_letter("Anfrage", None, text)

    assert time.process_time() - begun < 3


def test_html_alone_gets_a_plain_text_and_plain_text_a_safe_html() -> None:
    html = provided_letter("s", "<style>p{}</style><p>Guten&nbsp;Tag,</p><p>a &lt; b</p>", None)
    text = provided_letter("s", None, "Guten Tag,\n\na < b\nund c")

    assert html.body_text.split() == ["Guten", "Tag,", "a", "<", "b"]
    assert text.body_html == "<p>Guten Tag,</p>\n<p>a &lt; b<br>und c</p>\n"


# -- rewrite -----------------------------------------------------------------------------------------------------------


def test_a_rewritten_draft_is_a_text_of_ones_own_and_is_sent_so() -> None:
    agency = house()
    therapist = agency.seed.therapist()
    (request,) = agency.requests_to(therapist, "Angst")
    draft = write(agency, therapist, request_ids=(request,), draft=True).email_id

    RewriteEmail(open_unit=agency.memory.open_unit, stationery=STATIONERY)(draft, Rewritten(body_text="Kurz gesagt"))
    agency.queue(draft)

    email = agency.email(draft)
    assert (email.body_text, email.body_provided, email.state) == ("Kurz gesagt", True, EmailState.QUEUED)
    assert "Angst" not in email.body_html
    assert agency.holders([request]) == [draft]


def test_an_email_in_the_queue_is_not_rewritten() -> None:
    agency = house()
    email = write(agency, agency.seed.therapist(), **own()).email_id

    with pytest.raises(IllegalTransition):
        RewriteEmail(open_unit=agency.memory.open_unit, stationery=STATIONERY)(email, Rewritten(subject="Neu"))


# -- arrange -----------------------------------------------------------------------------------------------------------


def test_a_request_put_in_is_taken_and_the_letter_written_anew() -> None:
    agency = house()
    therapist = agency.seed.therapist()
    first, second = agency.requests_to(therapist, "Angst", "Trauer")
    email = write(agency, therapist, request_ids=(first,)).email_id

    arranged = arrange(agency).put_in(email, second)

    assert arranged.decision.allowed
    assert arranged.batch_id == batch_of(agency, email, second)
    assert [item.placement_request_id for item in agency.email(email).items] == [first, second]
    assert agency.email(email).template is Template.BATCH_REQUEST
    assert "Trauer" in agency.email(email).body_text
    assert b"Trauer" in (agency.message(email) or b"")
    assert agency.holders([second]) == [email]


def test_a_reminder_that_takes_a_new_request_in_is_a_reminder_no_more() -> None:
    agency = house()
    therapist = agency.seed.therapist()
    (known,) = agency.requests_to(therapist, "Angst")
    agency.seed.sent_email(therapist, [known], on=TODAY - timedelta(days=7))
    agency.plan()
    reminder = agency.emails()[-1]
    (new,) = agency.requests_to(therapist, "Trauer")

    arrange(agency).put_in(reminder.id, new)

    assert reminder.template is Template.FOLLOW_UP
    assert agency.email(reminder.id).template is Template.BATCH_REQUEST


def test_a_full_email_takes_nothing_in() -> None:
    agency = house(max_requests_per_email=1)
    therapist = agency.seed.therapist()
    first, second = agency.requests_to(therapist, "Angst", "Trauer")
    email = write(agency, therapist, request_ids=(first,)).email_id

    arranged = arrange(agency).put_in(email, second)

    assert arranged.decision.reasons == (Reason.EMAIL_FULL,)
    assert agency.statuses([second]) == [OPEN]


@pytest.mark.parametrize("draft", [True, False])
def test_a_request_taken_out_is_open_again_and_its_row_stays(draft: bool) -> None:
    agency = house()
    therapist = agency.seed.therapist()
    first, second = agency.requests_to(therapist, "Angst", "Trauer")
    email = write(agency, therapist, request_ids=(first, second), draft=draft).email_id
    kept = agency.statuses([first])

    arrange(agency).move(batch_of(agency, email, second), included=False)

    assert [(item.placement_request_id, item.included) for item in agency.email(email).items] == [
        (first, True),
        (second, False),
    ]
    assert "Trauer" not in agency.email(email).body_text
    assert agency.statuses([first, second]) == [*kept, OPEN]


def test_a_request_taken_out_may_come_back() -> None:
    agency = house()
    therapist = agency.seed.therapist()
    first, second = agency.requests_to(therapist, "Angst", "Trauer")
    email = write(agency, therapist, request_ids=(first, second)).email_id
    batch = batch_of(agency, email, second)
    arrange(agency).move(batch, included=False)

    arrange(agency).move(batch, included=True)

    assert "Trauer" in agency.email(email).body_text
    assert agency.holders([second]) == [email]


def test_a_request_that_went_elsewhere_does_not_come_back() -> None:
    agency = house()
    therapist = agency.seed.therapist()
    first, second = agency.requests_to(therapist, "Angst", "Trauer")
    email = write(agency, therapist, request_ids=(first, second)).email_id
    batch = batch_of(agency, email, second)
    arrange(agency).move(batch, included=False)
    keep_request(agency).withdraw(second)

    arranged = arrange(agency).move(batch, included=True)

    assert Reason.REQUEST_CLOSED in arranged.decision.reasons
    assert agency.statuses([second]) == [CANCELED]


def test_another_rank_is_another_order_of_the_letter() -> None:
    agency = house()
    therapist = agency.seed.therapist()
    first, second = agency.requests_to(therapist, "Angst", "Trauer")
    email = write(agency, therapist, request_ids=(first, second)).email_id

    arrange(agency).move(batch_of(agency, email, second), rank=10)

    text = agency.email(email).body_text
    assert text.index("Trauer") < text.index("Angst")


def test_an_email_left_empty_is_canceled_and_the_therapist_is_free() -> None:
    agency = house()
    therapist = agency.seed.therapist()
    (request,) = agency.requests_to(therapist, "Angst")
    email = write(agency, therapist, request_ids=(request,)).email_id

    arrange(agency).take_out(batch_of(agency, email, request))

    assert agency.state(email) is EmailState.CANCELED
    assert agency.statuses([request]) == [OPEN]
    assert not agency.reserves(email)
    assert agency.email(email).items == ()


def test_a_queued_text_from_outside_takes_nothing_in_and_is_canceled_when_something_goes() -> None:
    agency = house()
    therapist = agency.seed.therapist()
    first, second = agency.requests_to(therapist, "Angst", "Trauer")
    email = write(agency, therapist, **own(request_ids=(first,))).email_id

    with pytest.raises(IllegalTransition):
        arrange(agency).put_in(email, second)
    arrange(agency).move(batch_of(agency, email, first), included=False)

    assert agency.state(email) is EmailState.CANCELED
    assert agency.statuses([first, second]) == [OPEN, OPEN]


def test_an_email_that_was_sent_keeps_its_requests() -> None:
    agency = house()
    therapist = agency.seed.therapist()
    (request,) = agency.requests_to(therapist, "Angst")
    email = write(agency, therapist, request_ids=(request,)).email_id
    agency.drain()

    with pytest.raises(IllegalTransition):
        arrange(agency).take_out(batch_of(agency, email, request))

    assert agency.statuses([request]) == [IN_PROGRESS]


def test_a_row_that_is_not_there_is_unknown() -> None:
    with pytest.raises(UnknownId):
        arrange(house()).move(EmailBatchId(99), included=False)


# -- requests ----------------------------------------------------------------------------------------------------------


def test_a_pair_has_one_request_that_is_not_answered() -> None:
    agency = house()
    patient, therapist = agency.seed.patient(), agency.seed.therapist()

    first = keep_request(agency).create(patient, therapist, priority=2, notes="eilig")
    again = keep_request(agency).create(patient, therapist)

    assert first is not None
    assert again is None
    assert agency.memory.tables.requests.rows[first].notes == "eilig"
    assert agency.told() == [EventType.MATCH_CREATED]


def test_a_request_needs_two_people_who_are_there() -> None:
    agency = house()
    gone = agency.seed.therapist(erased_at=agency.clock())

    with pytest.raises(InvalidValues) as refused:
        keep_request(agency).create(PatientId(99), gone)

    assert [fault.place for fault in refused.value.faults] == ["patient_id", "therapist_id"]


def test_a_withdrawn_request_leaves_the_email_that_was_queued() -> None:
    agency = house()
    therapist = agency.seed.therapist()
    first, second = agency.requests_to(therapist, "Angst", "Trauer")
    email = write(agency, therapist, request_ids=(first, second)).email_id

    keep_request(agency).withdraw(first)

    assert agency.statuses([first, second]) == [CANCELED, IN_PROGRESS]
    assert "Angst" not in agency.email(email).body_text


def test_a_withdrawn_request_cannot_be_withdrawn_again_nor_get_another_priority() -> None:
    agency = house()
    (request,) = agency.requests_to(agency.seed.therapist(), "Angst")
    keep_request(agency).withdraw(request)

    with pytest.raises(IllegalTransition):
        keep_request(agency).withdraw(request)
    with pytest.raises(IllegalTransition):
        keep_request(agency).change(request, priority=5)
