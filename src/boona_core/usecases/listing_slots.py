"""At which times can this therapist be called?"""

from collections.abc import Sequence
from datetime import date

from attrs import frozen

from boona_core.calls import call_minutes
from boona_core.ids import TherapistId
from boona_core.instants import days_after
from boona_core.ports import OpenUnit
from boona_core.slots import Slot, slots_between
from boona_core.usecases.calling import Switchboard
from boona_core.usecases.finding_slots import slot_search


@frozen(kw_only=True)
class ListSlots:
    """List the free times of one therapist, as of now; nobody is kept from taking them."""

    open_unit: OpenUnit
    switchboard: Switchboard

    def __call__(
        self,
        therapist_id: TherapistId,
        *,
        first: date | None = None,
        last: date | None = None,
        minutes: int | None = None,
    ) -> Sequence[Slot]:
        """The slots from *first* (None: today) to *last* (None: the horizon), in order.

        Whether the rules allow a call then is another question.

        Args:
            minutes: How long the call is; None: as long as one about one request.

        Raises:
            UnknownId: there is no such therapist.
        """
        with self.open_unit() as unit:
            board = self.switchboard
            therapist = unit.therapists.get(therapist_id)
            today = board.today(unit)
            history = unit.therapists.histories([therapist_id], board.policy, today=today)[therapist_id]
            length = call_minutes(1, board.policy) if minutes is None else minutes
            search = slot_search(unit, board, therapist, history, length)
            until = days_after(today, board.policy.call_horizon_days)
            return list(slots_between(search, board.policy, now=unit.now(), first=first or today, last=last or until))
