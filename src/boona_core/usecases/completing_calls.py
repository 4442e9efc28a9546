"""Record what was said in a call, request by request, and all that follows from it, in one transaction."""

from collections.abc import Mapping
from datetime import date

from attrs import evolve, frozen

from boona_core.calls import CallItem, CallStatus, CallStep, Moment, Outcome, PhoneCall, after, check_outcomes
from boona_core.events import EventType
from boona_core.ids import PhoneCallId, PlacementRequestId
from boona_core.ports import Holding, OpenUnit, Unit
from boona_core.texts import check_texts
from boona_core.usecases.outcomes import Recorded, RecordOutcomes
from boona_core.usecases.telling import call_event

LONGEST_OUTCOME = 255
"""Characters of the words in which the staff sum a call up."""


@frozen(kw_only=True)
class Completion:
    """A call that was held, and what came of it."""

    call: PhoneCall
    recorded: Recorded


@frozen(kw_only=True)
class CompleteCall:
    """Record a call that was held; of one that was recorded already, correct what was said."""

    open_unit: OpenUnit
    record: RecordOutcomes

    def __call__(
        self,
        call_id: PhoneCallId,
        outcomes: Mapping[PlacementRequestId, Outcome],
        *,
        at: Moment | None = None,
        outcome: str | None = None,
        notes: str | None = None,
        follow_up_notes: Mapping[PlacementRequestId, str] | None = None,
        retry_after: date | None = None,
        dry_run: bool = False,
    ) -> Completion:
        """Record one call.

        Args:
            outcomes: What was said about each request; of a call that is recorded for the first time, those that
                nobody names were not discussed, and are open again.
            at: When it was held; None: now, or when it was said to have been.
            outcome: What came of it, in the staff's words; None: nothing said.
            follow_up_notes: What was promised about a request.
            retry_after: The first day for the calls that ``needs_follow_up`` asks for; None: the next working day.

        Raises:
            UnknownId: there is no such call.
            IllegalTransition: it has failed or was canceled, or what it decided cannot be taken back.
            InvalidValue: a request is named that is not in the call, or it is said to have been held in the future.
            InvalidValues: texts that no store can keep.
        """
        check_texts((("outcome", outcome, LONGEST_OUTCOME), ("notes", notes, None)))
        with self.open_unit() as unit:
            seen = unit.calls.get(call_id)
            self.record.lock(unit, seen.therapist_id, check_outcomes(seen, outcomes))
            call = unit.calls.lock(call_id)
            first = call.status is CallStatus.SCHEDULED
            status = after(call.id, call.status, CallStep.COMPLETED if first else CallStep.CORRECTED)
            said = check_outcomes(call, outcomes)
            if not first:
                said = {request_id: each for request_id, each in said.items() if request_id in outcomes}
            made = self._made_at(unit, call, at)
            held = evolve(
                call,
                status=status,
                actual_on=made.day,
                actual_at=made.minute,
                outcome=outcome or call.outcome,
                notes=notes or call.notes,
                items=tuple(_with(item, said, follow_up_notes or {}) for item in call.items),
            )
            discussed = [item.placement_request_id for item in held.included if item.discussed]
            unit.calls.contacted(call.therapist_id, discussed, on=made.day)
            recorded = self.record(
                unit,
                call.therapist_id,
                said,
                day=made.day,
                through=Holding(call_id=call.id),
                retry_after=retry_after,
                keep=lambda: unit.calls.put(held),
            )
            if first:
                unit.outbox.put([call_event(EventType.CALL_COMPLETED, held)])
            if not dry_run:
                unit.commit()
        return Completion(call=held, recorded=recorded)

    def _made_at(self, unit: Unit, call: PhoneCall, at: Moment | None) -> Moment:
        if at is None and call.actual_on is not None and call.actual_at is not None:
            return Moment(call.actual_on, call.actual_at)
        return self.record.switchboard.made_at(unit, at)


def _with(
    item: CallItem, said: Mapping[PlacementRequestId, Outcome], notes: Mapping[PlacementRequestId, str]
) -> CallItem:
    if item.placement_request_id not in said or not item.included:
        return item
    outcome = said[item.placement_request_id]
    return evolve(
        item,
        outcome=outcome,
        follow_up_required=outcome is Outcome.NEEDS_FOLLOW_UP,
        follow_up_notes=notes.get(item.placement_request_id, item.follow_up_notes),
    )
