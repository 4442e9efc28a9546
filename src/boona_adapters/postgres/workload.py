"""How does everything stand that runs by itself?  Counts and ages only, for the sweep, metrics and ``boona doctor``."""

from typing import Any

import sqlalchemy as sa

from boona_adapters.database_privacy import asked
from boona_core.workload import Workload, WorkStanding

_COUNTS = sa.text("""
SELECT (SELECT count(*) FROM communication_service.emails
         WHERE status = 'queued' AND (not_before IS NULL OR not_before <= now())) AS due_emails,
       (SELECT coalesce(extract(epoch FROM now() - min(greatest(queued_at, not_before))), 0)
          FROM communication_service.emails
         WHERE status = 'queued' AND (not_before IS NULL OR not_before <= now())) AS oldest_due_email,
       (SELECT count(*) FROM communication_service.emails WHERE status = 'uncertain') AS uncertain_emails,
       (SELECT count(*) FROM communication_service.emails
         WHERE status = 'failed' AND bounced_at IS NULL) AS failed_emails,
       (SELECT count(*) FROM communication_service.emails
         WHERE status = 'sending' AND lease_until <= now()) AS lapsed_leases,
       (SELECT count(*) FROM communication_service.outbox WHERE published_at IS NULL) AS unpublished_events,
       (SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0) FROM communication_service.outbox
         WHERE published_at IS NULL) AS oldest_unpublished_event,
       (SELECT count(*) FROM communication_service.set_aside WHERE row ? 'place') AS events_set_aside,
       (SELECT count(*) FROM communication_service.dispatch WHERE paused_until > now()) AS pauses,
       now() AS at
""")
_LATE = sa.text("""
SELECT name, greatest(0, extract(epoch FROM now() - next_at)) AS late, failures,
       coalesce(lease_until > now(), false) AS in_hand
  FROM communication_service.schedule
 ORDER BY name
""")


def workload_of(engine: sa.Engine) -> Workload:
    """How everything stands now.

    Raises:
        StoreError: the database failed or is away.
    """
    return asked(engine, _read)


def _read(connection: sa.Connection) -> Workload:
    facts: dict[str, Any] = dict(connection.execute(_COUNTS).mappings().one())
    works = {
        row.name: WorkStanding(late=float(row.late), failures=row.failures, in_hand=row.in_hand)
        for row in connection.execute(_LATE)
    }
    for age in ("oldest_due_email", "oldest_unpublished_event"):
        facts[age] = float(facts[age])
    return Workload(**facts, works=works)
