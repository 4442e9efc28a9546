"""What waits to be done by itself, and for how long: counts and ages, nothing of anybody."""

from collections.abc import Mapping
from datetime import datetime

from attrs import field, frozen


@frozen(kw_only=True)
class WorkStanding:
    """How late a periodic work is.

    Attributes:
        late: Seconds since it was due; 0: it is not.
        failures: How often it failed since it was last done.
        in_hand: Somebody is at it.
    """

    late: float
    failures: int = 0
    in_hand: bool = False

    @property
    def is_due(self) -> bool:
        """Whether its time has come."""
        return self.late > 0


@frozen(kw_only=True)
class Workload:
    """What waits, and for how long; ages in seconds, 0 where nothing waits.

    Attributes:
        due_emails: Queued, and not put off.
        failed_emails: Not by their recipient: a person decides.
        lapsed_leases: Emails whose worker said nothing for longer than its lease, not yet taken back.
        events_set_aside: Messages of other systems that a person has to look at.
        pauses: 1 while the queue rests after a failure of the mail server.
        works: The periodic works, by name.
        at: When this was so, by the database's clock.
    """

    at: datetime
    due_emails: int = 0
    oldest_due_email: float = 0.0
    uncertain_emails: int = 0
    failed_emails: int = 0
    lapsed_leases: int = 0
    unpublished_events: int = 0
    oldest_unpublished_event: float = 0.0
    events_set_aside: int = 0
    pauses: int = 0
    works: Mapping[str, WorkStanding] = field(factory=dict)
