"""Why is this therapist contacted, or not?"""

from collections.abc import Mapping

from attrs import frozen

from boona_core.batching import select_requests
from boona_core.calls import CallStatus, Moment, PhoneCall, call_minutes
from boona_core.contact import Channel, ContactDecision, Reason, decide_contact
from boona_core.emails import OUTSTANDING, Email
from boona_core.ids import PlacementRequestId, TherapistId
from boona_core.ports import OpenUnit
from boona_core.slots import Slot
from boona_core.usecases.calling import Switchboard
from boona_core.usecases.finding_slots import find_slot


@frozen(kw_only=True)
class Explanation:
    """What the rules say about one therapist today.

    Attributes:
        decisions: For each channel every reason, and the first day on which a contact would be allowed.
        next_requests: The requests that the next email would hold, in order.
        request_decisions: For every other request, why it would not go out.
        outstanding: The emails that are queued, sending or uncertain.
        planned_calls: The calls that are planned, by time.
        next_call: The earliest slot of a call about the next requests, from the day on that the decision allows; or
            why there is none within the horizon of the policy.  None: no day would help, as the decision says.
    """

    therapist_id: TherapistId
    decisions: Mapping[Channel, ContactDecision]
    next_requests: tuple[PlacementRequestId, ...]
    request_decisions: Mapping[PlacementRequestId, ContactDecision]
    outstanding: tuple[Email, ...]
    planned_calls: tuple[PhoneCall, ...] = ()
    next_call: Slot | Reason | None = None


@frozen(kw_only=True)
class ExplainContact:
    """Say for each channel whether a therapist may be contacted, and why not."""

    open_unit: OpenUnit
    switchboard: Switchboard

    def __call__(self, therapist_id: TherapistId) -> Explanation:
        """Ask the rules about one therapist.

        Raises:
            UnknownId: there is no such therapist.
        """
        board = self.switchboard
        with self.open_unit() as unit:
            therapist = unit.therapists.get(therapist_id)
            today = board.today(unit)
            history = unit.therapists.histories([therapist_id], board.policy, today=today)[therapist_id]
            selection = select_requests(unit.requests.of_therapist(therapist_id), board.policy, today=today)
            decisions = {
                channel: decide_contact(history, board.policy, channel=channel, today=today) for channel in Channel
            }
            allowed_on = decisions[Channel.PHONE].next_allowed_on
            minutes = call_minutes(len(selection.chosen), board.policy)
            return Explanation(
                therapist_id=therapist_id,
                decisions=decisions,
                next_requests=tuple(request.id for request in selection.chosen),
                request_decisions=selection.decisions,
                outstanding=tuple(unit.emails.find(states=OUTSTANDING, therapist_id=therapist_id)),
                planned_calls=tuple(unit.calls.find(statuses=(CallStatus.SCHEDULED,), therapist_id=therapist_id)),
                next_call=None
                if allowed_on is None
                else find_slot(unit, board, therapist, history, minutes, not_before=Moment(allowed_on)),
            )
