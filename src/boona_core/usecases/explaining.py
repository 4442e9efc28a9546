"""Why is this therapist contacted, or not?"""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from attrs import frozen

from boona_core.batching import select_requests
from boona_core.contact import Channel, ContactDecision, ContactPolicy, decide_contact
from boona_core.emails import OUTSTANDING, Email
from boona_core.ids import PlacementRequestId, TherapistId
from boona_core.instants import local_day
from boona_core.ports import OpenUnit


@frozen(kw_only=True)
class Explanation:
    """What the rules say about one therapist today.

    Attributes:
        decisions: For each channel every reason, and the first day on which a contact would be allowed.
        next_requests: The requests that the next email would hold, in order.
        request_decisions: For every other request, why it would not go out.
        outstanding: The emails that are queued, sending or uncertain.
    """

    therapist_id: TherapistId
    decisions: Mapping[Channel, ContactDecision]
    next_requests: tuple[PlacementRequestId, ...]
    request_decisions: Mapping[PlacementRequestId, ContactDecision]
    outstanding: tuple[Email, ...]


@frozen(kw_only=True)
class ExplainContact:
    """Say for each channel whether a therapist may be contacted, and why not."""

    open_unit: OpenUnit
    policy: ContactPolicy
    zone: ZoneInfo

    def __call__(self, therapist_id: TherapistId) -> Explanation:
        """Ask the rules about one therapist.

        Raises:
            UnknownId: there is no such therapist.
        """
        with self.open_unit() as unit:
            unit.therapists.get(therapist_id)
            today = local_day(unit.now(), self.zone)
            history = unit.therapists.histories([therapist_id], self.policy, today=today)[therapist_id]
            selection = select_requests(unit.requests.of_therapist(therapist_id), self.policy, today=today)
            return Explanation(
                therapist_id=therapist_id,
                decisions={
                    channel: decide_contact(history, self.policy, channel=channel, today=today) for channel in Channel
                },
                next_requests=tuple(request.id for request in selection.chosen),
                request_decisions=selection.decisions,
                outstanding=tuple(unit.emails.find(states=OUTSTANDING, therapist_id=therapist_id)),
            )
