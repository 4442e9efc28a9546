"""The placement requests in a phone call over HTTP, and what was said about each."""

from attrs import frozen

from boona_adapters.http.call_shapes import PhoneCallBatchShape, batch_shape
from boona_adapters.http.codec import UNNAMED, named
from boona_adapters.http.operations import Operation, Outcome, Shown, Understood
from boona_adapters.http.own_calls import call_seen_by_batch
from boona_adapters.http.problems import ProblemRaised
from boona_adapters.http.texts import Prose
from boona_core.calls import CallStatus
from boona_core.calls import Outcome as SaidOutcome
from boona_core.errors import IllegalTransition


@frozen(kw_only=True)
class PhoneCallBatchChange:
    """What is to be corrected about a placement request in a call that was held.

    Attributes:
        outcome: What the therapist said about it.
        follow_up_notes: What was promised.
    """

    outcome: SaidOutcome = UNNAMED
    follow_up_notes: Prose = UNNAMED


def _batch(asked: Understood, *, hold: bool = False) -> PhoneCallBatchShape:
    call = call_seen_by_batch(asked, hold=hold)
    for item in call.items:
        if item.id == asked.number:
            return batch_shape(call, item)
    raise ProblemRaised(404, f"no phone call batch has the id {asked.number}")


def _held_batch(asked: Understood) -> PhoneCallBatchShape:
    return _batch(asked, hold=True)


def show_batch(asked: Understood) -> Outcome:
    """Show one placement request in one call."""
    return Shown(_batch(asked), etag=True)


def change_batch(asked: Understood) -> Outcome:
    """Correct what was said about one request in a call that was held."""
    told = named(asked.body)
    call = call_seen_by_batch(asked, hold=True)
    item = next(each for each in call.items if each.id == asked.number)
    if call.status is not CallStatus.COMPLETED:
        raise IllegalTransition(f"call {call.id}", call.status.value, "corrected: it was not held")
    if not item.included:
        raise IllegalTransition(f"call batch {item.id}", "taken out of its call", "corrected")
    outcome = told.get("outcome", item.outcome)
    if outcome is not None and told:
        notes = {} if "follow_up_notes" not in told else {item.placement_request_id: told["follow_up_notes"]}
        said = {item.placement_request_id: outcome}
        asked.application.complete_call(call.id, said, follow_up_notes=notes)
    return Shown(_batch(asked), etag=True)


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/phone-call-batches/{id}",
        name="getPhoneCallBatch",
        summary="Show a placement request in a call",
        tag="calls",
        act=show_batch,
        answer=PhoneCallBatchShape,
    ),
    Operation(
        method="PUT",
        path="/api/phone-call-batches/{id}",
        name="changePhoneCallBatch",
        summary="Correct what was said about a placement request in a call",
        description="Of a call that was held.",
        tag="calls",
        act=change_batch,
        body=PhoneCallBatchChange,
        answer=PhoneCallBatchShape,
        refuses=True,
        current=_held_batch,
        example={"outcome": "rejected"},
    ),
)
