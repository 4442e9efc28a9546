"""What merging promises: everything goes with the therapist, and comes back as it was."""

from datetime import date, timedelta
from typing import Any

import pytest
from attrs import evolve, frozen

from boona_core.call_ports import NewCall
from boona_core.calls import CallStatus, CallTime, Cause
from boona_core.emails import EmailState
from boona_core.errors import InvalidValue, UnknownId
from boona_core.events import EventType
from boona_core.ids import EmailId, PatientId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.importing import ImportKind
from boona_core.merging import MergeRefusal
from boona_core.requests import RequestStatus
from boona_core.therapists import TherapistStatus
from boona_core.usecases.merging import FindDuplicates, MergeTherapists
from tests.contract.acts import email_of, status_of
from tests.contract.contents import contents_of
from tests.situations import TODAY, Store
from tests.usecases.house import BOARD, STATIONERY

UNKNOWN = TherapistId(999_999)
WEEK_AGO = TODAY - timedelta(days=7)


@frozen(kw_only=True)
class Situation:
    """Two entries that are one, with requests, emails and windows of both."""

    kept: TherapistId
    merged: TherapistId
    both: PatientId
    kept_request: PlacementRequestId
    merged_request: PlacementRequestId
    sent: EmailId
    own_email: EmailId


def situation(store: Store) -> Situation:
    seed = store.seed
    mailbox = seed.mailbox()
    kept = seed.therapist(first_name="Null", last_name="Tietz", phone=None, last_email_on=date(2026, 1, 1))
    merged = seed.therapist(
        first_name="Anna",
        last_name="Tietz-Roder",
        phone="030 1234567",
        mailbox_id=mailbox,
        last_email_on=WEEK_AGO,
        last_call_on=date(2025, 12, 1),
        therapy_methods=("VT",),
    )
    both = seed.patient()
    kept_request = seed.request(both, kept)
    merged_request = seed.request(both, merged)
    alone = seed.request(None, merged)
    rejected = seed.request(None, merged, status=RequestStatus.REJECTED, response_date=TODAY)
    sent = seed.sent_email(merged, [merged_request, rejected], on=WEEK_AGO + timedelta(days=3))
    own_email = seed.sent_email(kept, [seed.request(None, kept)], on=WEEK_AGO + timedelta(days=2))
    seed.patient(excluded_therapists=frozenset({merged}))
    seed.patient(excluded_therapists=frozenset({merged, kept}))
    seed.request(None, seed.therapist())
    assert alone
    return Situation(
        kept=kept,
        merged=merged,
        both=both,
        kept_request=kept_request,
        merged_request=merged_request,
        sent=sent,
        own_email=own_email,
    )


def merge(store: Store) -> MergeTherapists:
    return MergeTherapists(open_unit=store.open_unit, stationery=STATIONERY, switchboard=BOARD)


def values(store: Store, therapist: TherapistId) -> Any:
    with store.open_unit() as unit:
        return unit.therapists.get(therapist)


def test_everything_goes_with_the_therapist(store: Store) -> None:
    s = situation(store)

    done = merge(store)(s.kept, s.merged)

    assert done.merged
    with store.open_unit() as unit:
        assert unit.emails.get(s.sent).therapist_id == s.kept
        assert list(unit.requests.of_therapist(s.merged)) == []
        assert {request.id for request in unit.requests.of_therapist(s.kept)} > {s.merged_request}
        waiting = [seeker.patient for seeker in unit.matching.waiting()]
    assert sum(s.kept in patient.excluded_therapists for patient in waiting) == 2


def test_the_merged_entry_is_inactive_and_points_to_the_kept_one(store: Store) -> None:
    s = situation(store)

    merge(store)(s.kept, s.merged)

    merged = values(store, s.merged)
    assert merged.status is TherapistStatus.INACTIVE
    assert merged.merged_into == s.kept
    assert values(store, s.kept).merged_into is None


def test_what_the_kept_entry_does_not_know_is_filled_and_the_rest_stays(store: Store) -> None:
    s = situation(store)

    done = merge(store)(s.kept, s.merged)

    kept = values(store, s.kept)
    assert (kept.first_name, kept.last_name, kept.phone) == ("Anna", "Tietz", "030 1234567")
    assert kept.therapy_methods == ("VT",)
    assert [change.name for change in done.filled] == ["first_name", "phone", "therapy_methods"]
    assert kept.last_email_on == WEEK_AGO + timedelta(days=3)
    assert kept.last_call_on == date(2025, 12, 1)


def test_an_address_is_filled_with_its_mailbox(store: Store) -> None:
    kept = store.seed.therapist(mailbox_id=None)
    merged = store.seed.therapist()
    mailbox = values(store, merged).mailbox_id

    merge(store)(kept, merged)

    assert values(store, kept).mailbox_id == mailbox
    assert values(store, kept).email == values(store, merged).email


def test_of_two_live_requests_of_a_patient_the_one_in_progress_stays(store: Store) -> None:
    s = situation(store)

    done = merge(store)(s.kept, s.merged)

    assert done.canceled == (s.kept_request,)
    with store.open_unit() as unit:
        assert unit.requests.get(s.kept_request).status is RequestStatus.CANCELED
        assert unit.requests.get(s.merged_request).status is RequestStatus.IN_PROGRESS


def test_of_two_open_requests_of_a_patient_the_kept_ones_stays(store: Store) -> None:
    kept, merged, patient = store.seed.therapist(), store.seed.therapist(), store.seed.patient()
    ours, theirs = store.seed.request(patient, kept), store.seed.request(patient, merged)

    assert merge(store)(kept, merged).canceled == (theirs,)

    with store.open_unit() as unit:
        assert [request.id for request in unit.requests.of_therapist(kept)] == [ours]


def test_merging_and_undoing_changes_nothing(store: Store) -> None:
    s = situation(store)
    before = contents_of(store)
    merge(store)(s.kept, s.merged)
    between = contents_of(store)

    undone = merge(store).undo(s.merged)

    assert between != before
    assert contents_of(store) == before
    assert undone.canceled == (s.kept_request,)


def test_merging_twice_and_undoing_twice_changes_nothing(store: Store) -> None:
    s = situation(store)
    third = store.seed.therapist(first_name="A.", last_name="Tietz", fax="030 9")
    before = contents_of(store)
    merge(store)(s.kept, s.merged)
    merge(store)(third, s.kept)

    merge(store).undo(s.kept)
    merge(store).undo(s.merged)

    assert contents_of(store) == before


def test_a_merge_can_be_done_again_after_it_was_undone(store: Store) -> None:
    s = situation(store)
    merge(store)(s.kept, s.merged)
    after = contents_of(store)
    merge(store).undo(s.merged)

    merge(store)(s.kept, s.merged)

    assert contents_of(store) == after


def test_what_changed_since_the_merge_stays_changed(store: Store) -> None:
    s = situation(store)
    merge(store)(s.kept, s.merged)
    with store.open_unit() as unit:
        row = unit.imports.stored(ImportKind.THERAPISTS, [s.kept])[s.kept]
        unit.imports.update(ImportKind.THERAPISTS, {s.kept: {**row.values, "phone": "030 7777777"}})
        unit.commit()
    new = store.seed.request(s.both, s.kept, status=RequestStatus.REJECTED)

    merge(store).undo(s.merged)

    assert values(store, s.kept).phone == "030 7777777"
    assert values(store, s.kept).first_name == "Null"
    with store.open_unit() as unit:
        assert unit.requests.get(new).therapist_id == s.kept


def test_a_request_is_not_live_twice_when_a_merge_is_undone(store: Store) -> None:
    kept, merged, patient = store.seed.therapist(), store.seed.therapist(), store.seed.patient()
    ours = store.seed.request(patient, kept)
    theirs = store.seed.request(patient, merged)
    store.seed.hold(store.seed.sent_email(merged, on=WEEK_AGO), [theirs])
    merge(store)(kept, merged)
    with store.open_unit() as unit:
        unit.requests.cancel([theirs])
        unit.commit()
    store.seed.request(patient, kept)

    undone = merge(store).undo(merged)

    assert undone.canceled == ()
    with store.open_unit() as unit:
        assert unit.requests.get(ours).status is RequestStatus.CANCELED


def test_a_window_that_would_overlap_is_released_and_reserves_again_when_undone(store: Store) -> None:
    s = situation(store)
    merge(store)(s.kept, s.merged)
    merged_windows = contents_of(store)

    merge(store).undo(s.merged)

    assert contents_of(store) != merged_windows
    with store.open_unit() as unit:
        assert unit.emails.get(s.own_email).therapist_id == s.kept
        assert unit.emails.get(s.sent).therapist_id == s.merged


def test_both_are_told_of(store: Store) -> None:
    s = situation(store)
    since = len(store.seed.events())

    merge(store)(s.kept, s.merged)
    merge(store).undo(s.merged)

    events = [(event.type, event.key, event.data.get("new_status")) for event in store.seed.events()[since:]]
    assert events == [
        (EventType.THERAPIST_STATUS_CHANGED, s.merged, "inactive"),
        (EventType.THERAPIST_UPDATED, s.kept, None),
        (EventType.MATCH_STATUS_CHANGED, s.kept, "canceled"),
        (EventType.THERAPIST_STATUS_CHANGED, s.merged, "active"),
        (EventType.THERAPIST_UPDATED, s.kept, None),
        (EventType.MATCH_STATUS_CHANGED, s.kept, "open"),
    ]


@pytest.mark.parametrize("state", [EmailState.DRAFT, EmailState.QUEUED, EmailState.CLAIMED, EmailState.UNCERTAIN])
def test_an_email_that_is_not_settled_is_settled_first(store: Store, state: EmailState) -> None:
    kept, merged = store.seed.therapist(), store.seed.therapist()
    email = store.seed.email(merged, state=state)
    before = contents_of(store)

    done = merge(store)(kept, merged)

    assert done.refusals == (MergeRefusal.UNSETTLED,)
    assert done.unsettled == (email,)
    assert contents_of(store) == before


@pytest.mark.parametrize("fields", [{"do_not_contact": True}, {"status": TherapistStatus.BLOCKED}])
def test_a_wish_or_a_block_of_the_merged_one_is_settled_first(store: Store, fields: dict[str, Any]) -> None:
    kept, merged = store.seed.therapist(), store.seed.therapist(**fields)

    assert merge(store)(kept, merged).refusals == (MergeRefusal.STANDING,)
    assert merge(store)(merged, kept).merged


def test_an_email_to_an_address_that_came_by_the_merge_is_canceled_when_it_is_undone(store: Store) -> None:
    kept = store.seed.therapist(mailbox_id=None)
    merged = store.seed.therapist(mailbox_id=store.seed.mailbox())
    merge(store)(kept, merged)
    request = store.seed.request(None, kept)
    email = store.seed.queued_email(kept, [request])

    merge(store).undo(merged)

    assert email_of(store, email).state is EmailState.CANCELED
    assert status_of(store, request) is RequestStatus.OPEN


def test_a_request_that_comes_back_leaves_the_unsent_email_and_the_call_of_the_other_one(store: Store) -> None:
    kept, merged = store.seed.therapist(), store.seed.therapist()
    in_email, in_call = (store.seed.request(None, merged) for _ in range(2))
    merge(store)(kept, merged)
    email = store.seed.queued_email(kept, [in_email])
    call = store.seed.call(kept, [in_call], time=CallTime(TODAY + timedelta(days=1), 600, 5))
    store.seed.hold_by_call(call, [in_call])

    merge(store).undo(merged)

    assert email_of(store, email).state is EmailState.CANCELED
    assert [status_of(store, each) for each in (in_email, in_call)] == [RequestStatus.OPEN] * 2
    with store.open_unit() as unit:
        assert unit.calls.get(call).status is CallStatus.CANCELED


def test_a_call_to_a_number_that_came_by_the_merge_is_canceled_when_it_is_undone(store: Store) -> None:
    kept, merged = store.seed.therapist(phone=None), store.seed.therapist(phone="030 1234567")
    merge(store)(kept, merged)
    call = store.seed.call(kept, time=CallTime(TODAY + timedelta(days=1), 600, 5), number="+49301234567")

    merge(store).undo(merged)

    with store.open_unit() as unit:
        assert unit.calls.get(call).status is CallStatus.CANCELED


def test_what_is_on_its_way_to_an_address_of_ones_own_stays_when_a_merge_is_undone(store: Store) -> None:
    kept, merged = store.seed.therapist(mailbox_id=store.seed.mailbox()), store.seed.therapist()
    merge(store)(kept, merged)
    email = store.seed.queued_email(kept, [store.seed.request(None, kept)])

    merge(store).undo(merged)

    assert email_of(store, email).state is EmailState.QUEUED


def test_who_was_merged_is_not_merged_again(store: Store) -> None:
    kept, merged, third = (store.seed.therapist() for _ in range(3))
    merge(store)(kept, merged)

    assert merge(store)(third, merged).refusals == (MergeRefusal.MERGED_ALREADY,)
    assert merge(store)(merged, third).refusals == (MergeRefusal.MERGED_ALREADY,)


def test_a_later_merge_is_undone_first(store: Store) -> None:
    kept, merged, third = (store.seed.therapist() for _ in range(3))
    merge(store)(kept, merged)
    merge(store)(third, kept)

    with pytest.raises(InvalidValue, match="was merged itself later on"):
        merge(store).undo(merged)


def test_nobody_is_merged_into_himself_or_out_of_nothing(store: Store) -> None:
    therapist = store.seed.therapist()

    with pytest.raises(InvalidValue):
        merge(store)(therapist, therapist)
    with pytest.raises(UnknownId):
        merge(store)(therapist, UNKNOWN)
    with pytest.raises(UnknownId):
        merge(store).undo(therapist)


def test_a_dry_run_says_the_same_and_changes_nothing(store: Store) -> None:
    s = situation(store)
    before = contents_of(store)

    said = merge(store)(s.kept, s.merged, dry_run=True)

    assert said.canceled == (s.kept_request,)
    assert contents_of(store) == before


# Calls


def plan_call(store: Store, therapist: TherapistId, *, status: CallStatus = CallStatus.SCHEDULED) -> PhoneCallId:
    """A call to a therapist, made or to be made."""
    with store.open_unit() as unit:
        (call_id,) = unit.calls.new_ids(1)
        time = CallTime(day=TODAY, start=9 * 60, minutes=5)
        unit.calls.add({call_id: NewCall(therapist_id=therapist, time=time, cause=Cause.SILENT)})
        unit.calls.put(evolve(unit.calls.get(call_id), status=status))
        unit.commit()
    return call_id


def test_made_calls_go_with_the_therapist_and_come_back(store: Store) -> None:
    kept, merged = store.seed.therapist(), store.seed.therapist()
    call = plan_call(store, merged, status=CallStatus.COMPLETED)
    before = contents_of(store)

    merge(store)(kept, merged)
    with store.open_unit() as unit:
        moved = unit.calls.get(call).therapist_id
    merge(store).undo(merged)

    assert moved == kept
    assert contents_of(store) == before


def test_a_planned_call_is_settled_first(store: Store) -> None:
    kept, merged = store.seed.therapist(), store.seed.therapist()
    call = plan_call(store, merged)

    done = merge(store)(kept, merged)

    assert (done.refusals, done.planned) == ((MergeRefusal.UNSETTLED,), (call,))


def test_a_request_in_progress_through_a_call_is_so_again_when_undone(store: Store) -> None:
    kept, merged, patient = store.seed.therapist(), store.seed.therapist(), store.seed.patient()
    call = plan_call(store, merged, status=CallStatus.FAILED)
    theirs = store.seed.request(patient, merged, status=RequestStatus.IN_PROGRESS, held_by_call=call)
    store.seed.request(patient, kept, status=RequestStatus.IN_PROGRESS, call_asked_from=TODAY)
    before = contents_of(store)

    done = merge(store)(kept, merged)
    merge(store).undo(merged)

    assert done.canceled == (theirs,)
    assert contents_of(store) == before


def test_a_request_in_progress_through_an_email_is_so_again_when_undone(store: Store) -> None:
    kept, merged, patient = store.seed.therapist(), store.seed.therapist(), store.seed.patient()
    theirs = store.seed.request(patient, merged)
    store.seed.sent_email(merged, [theirs], on=WEEK_AGO)
    store.seed.sent_email(kept, [store.seed.request(patient, kept)], on=WEEK_AGO - timedelta(days=30))
    before = contents_of(store)

    done = merge(store)(kept, merged)
    merge(store).undo(merged)

    assert done.canceled == (theirs,)
    assert contents_of(store) == before


# Suggestions


def test_duplicates_are_suggested_until_they_are_merged_or_dismissed(store: Store) -> None:
    one = store.seed.therapist(first_name="Anna", last_name="Tietz", phone="030 1234567")
    other = store.seed.therapist(first_name="", last_name="Tietz", phone="030 1234567")
    third = store.seed.therapist(first_name="A.", last_name="Tietz", phone="030 1234567")
    find = FindDuplicates(open_unit=store.open_unit)

    at_first = {(each.first, each.second) for each in find()}
    find.dismiss(third, one)
    find.dismiss(one, third)
    merge(store)(one, other)

    assert at_first == {(one, other), (one, third), (other, third)}
    assert find() == []


def test_only_two_who_exist_are_dismissed(store: Store) -> None:
    therapist = store.seed.therapist()
    find = FindDuplicates(open_unit=store.open_unit)

    with pytest.raises(UnknownId):
        find.dismiss(therapist, UNKNOWN)
    with pytest.raises(InvalidValue):
        find.dismiss(therapist, therapist)


def test_an_entry_stands_for_others_while_they_are_merged_into_it(store: Store) -> None:
    kept, merged, other = (store.seed.therapist(last_name=name) for name in ("Tietz", "Roder", "Ada"))
    merge(store)(kept, merged)

    with store.open_unit() as unit:
        joined = set(unit.imports.standing_for_others([kept, merged, other]))
        nobody = set(unit.imports.standing_for_others([]))
    merge(store).undo(merged)
    with store.open_unit() as unit:
        parted = set(unit.imports.standing_for_others([kept, merged, other]))

    assert (joined, nobody, parted) == ({kept}, set(), set())
