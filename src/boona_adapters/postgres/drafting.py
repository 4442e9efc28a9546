"""What people change about emails that nobody has claimed, and about requests, in Postgres."""

from collections.abc import Mapping

import sqlalchemy as sa
from attrs import frozen

from boona_adapters.postgres.connection import Connection, storable
from boona_adapters.postgres.emails import PostgresEmails, content_values
from boona_adapters.postgres.tables import emails
from boona_adapters.postgres.texts import storable_words
from boona_core.api_ports import Place
from boona_core.emails import EmailState
from boona_core.errors import IllegalTransition, UnknownId
from boona_core.ids import EmailBatchId, EmailId, PlacementRequestId
from boona_core.letters import Template
from boona_core.ports import Content

_REMOVE = sa.text("""
DELETE FROM communication_service.email_batches
 WHERE email_id = :email_id AND NOT placement_request_id = ANY(CAST(:requests AS integer[]))
""")
_ARRANGE = sa.text("""
INSERT INTO communication_service.email_batches AS b (email_id, placement_request_id, priority, included)
SELECT :email_id, request_id, rank, included
  FROM unnest(CAST(:requests AS integer[]), CAST(:ranks AS integer[]), CAST(:included AS boolean[]))
       AS wanted (request_id, rank, included)
 ORDER BY rank DESC, request_id
    ON CONFLICT (email_id, placement_request_id) DO UPDATE
   SET priority = excluded.priority, included = excluded.included, updated_at = now()
 WHERE (b.priority, b.included) IS DISTINCT FROM (excluded.priority, excluded.included)
""")
_TOUCH = sa.text("UPDATE communication_service.emails SET updated_at = clock_timestamp() WHERE id = :email_id")
_NOTE_BATCH = sa.text("""
UPDATE communication_service.email_batches SET response_notes = :notes, updated_at = now() WHERE id = :id
""")
_NOTE = sa.text("UPDATE matching_service.placement_requests SET notes = :notes, updated_at = now() WHERE id = :id")


@frozen
class PostgresDrafting:
    """What people change, as ``boona_core.api_ports.Drafting`` promises it."""

    _connection: Connection

    def rewrite(
        self,
        email_id: EmailId,
        content: Content,
        *,
        template: Template | None,
        body_provided: bool,
        batch_id: str | None,
    ) -> None:
        """Replace the texts of a draft or a queued email.

        Raises:
            IllegalTransition: it is neither.
            UnknownId: there is no such email.
        """
        email = PostgresEmails(self._connection).lock(email_id)
        if email.state not in (EmailState.DRAFT, EmailState.QUEUED):
            raise IllegalTransition(f"email {email_id}", email.state.value, "written anew")
        values = {
            **content_values(content),
            "template": template and template.value,
            "body_provided": body_provided,
            "batch_id": batch_id,
        }
        # the clock's own instant: a draft that was made in this very transaction counts as touched, too
        statement = emails.update().where(emails.c.id == email_id)
        self._connection.run(statement.values(**values, updated_at=sa.func.clock_timestamp()))

    def arrange(self, email_id: EmailId, places: Mapping[PlacementRequestId, Place]) -> None:
        """Give an email exactly these batch rows: others go, missing ones come, and rows that stay keep their ids."""
        wanted = storable(places)
        rows = [places[PlacementRequestId(number)] for number in wanted]
        values = {
            "email_id": email_id,
            "requests": wanted,
            "ranks": [place.rank for place in rows],
            "included": [place.included for place in rows],
        }
        self._connection.run(_REMOVE, {"email_id": email_id, "requests": wanted})
        self._connection.run(_ARRANGE, values)
        self._connection.run(_TOUCH, {"email_id": email_id})

    def note_batch(self, batch_id: EmailBatchId, notes: str | None) -> None:
        """Write what the staff notes about the answer to one request of an email.

        Raises:
            UnknownId: there is no such batch row.
        """
        values = {"id": batch_id, "notes": storable_words(notes)}
        if not storable((batch_id,)) or not self._connection.run(_NOTE_BATCH, values):
            raise UnknownId("email batch", batch_id)

    def note(self, request_id: PlacementRequestId, notes: str | None) -> None:
        """Write what the staff notes about a request.

        Raises:
            UnknownId: there is no such request.
        """
        values = {"id": request_id, "notes": storable_words(notes)}
        if not storable((request_id,)) or not self._connection.run(_NOTE, values):
            raise UnknownId("placement request", request_id)
