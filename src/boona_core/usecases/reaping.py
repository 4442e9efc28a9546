"""Take back the emails of workers that said nothing for longer than their lease."""

from boona_core.events import EventType
from boona_core.ports import OpenUnit, Reaped
from boona_core.usecases.telling import email_event


def reap_leases(open_unit: OpenUnit) -> Reaped:
    """Queue claimed emails again, call marked ones uncertain; two that reap at once find nothing the second time."""
    with open_unit() as unit:
        now = unit.now()
        expired = unit.sending.expired(now=now)
        if not expired:
            return Reaped()
        unit.therapists.lock(frozenset(expired.values()))
        reaped = unit.sending.reap(frozenset(expired), now=now)
        unit.outbox.put(
            email_event(EventType.EMAIL_UNCERTAIN, email_id, expired[email_id]) for email_id in reaped.uncertain
        )
        unit.commit()
    return reaped
