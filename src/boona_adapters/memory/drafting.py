"""What people change about emails that nobody has claimed, and about requests, in memory."""

from collections.abc import Mapping

from attrs import evolve, frozen

from boona_adapters.memory.emails import with_content
from boona_adapters.memory.rows import EmailRow, Tables
from boona_adapters.memory.transactions import Transaction
from boona_core.api_ports import Place
from boona_core.emails import BatchItem, EmailState
from boona_core.errors import IllegalTransition, UnknownId
from boona_core.ids import EmailBatchId, EmailId, PlacementRequestId
from boona_core.letters import Template
from boona_core.ports import Content


@frozen
class MemoryDrafting:
    """What people change in one unit."""

    _tables: Tables
    _transaction: Transaction

    def rewrite(
        self,
        email_id: EmailId,
        content: Content,
        *,
        template: Template | None,
        body_provided: bool,
        batch_id: str | None,
    ) -> None:
        """Keep the promise of ``api_ports.Drafting``."""
        with self._transaction.turn:
            row = self._locked(email_id)
            if row.email.state not in (EmailState.DRAFT, EmailState.QUEUED):
                raise IllegalTransition(f"email {email_id}", row.email.state.value, "written anew")
            email = evolve(
                with_content(row.email, content), template=template, body_provided=body_provided, batch_id=batch_id
            )
            written = evolve(row, email=email, message=content.message, touched=True)
            self._transaction.put(self._tables.emails, email_id, written)

    def arrange(self, email_id: EmailId, places: Mapping[PlacementRequestId, Place]) -> None:
        """Keep the promise of ``api_ports.Drafting``."""
        with self._transaction.turn:
            row = self._locked(email_id)
            there = {item.placement_request_id: item for item in row.email.items}
            items = [
                evolve(there[request_id], rank=place.rank, included=place.included)
                if request_id in there
                else BatchItem(
                    id=EmailBatchId(next(self._tables.batch_ids)),
                    placement_request_id=request_id,
                    rank=place.rank,
                    included=place.included,
                )
                for request_id, place in sorted(places.items(), key=lambda entry: (-entry[1].rank, entry[0]))
            ]
            ordered = tuple(sorted(items, key=lambda item: (-item.rank, item.id)))
            email = evolve(row.email, items=ordered)
            self._transaction.put(self._tables.emails, email_id, evolve(row, email=email, touched=True))

    def note_batch(self, batch_id: EmailBatchId, notes: str | None) -> None:
        """Keep the promise of ``api_ports.Drafting``."""
        with self._transaction.turn:
            for row in self._transaction.rows(self._tables.emails):
                if any(item.id == batch_id for item in row.email.items):
                    items = tuple(evolve(i, notes=notes) if i.id == batch_id else i for i in row.email.items)
                    email = evolve(row.email, items=items)
                    self._transaction.put(self._tables.emails, email.id, evolve(row, email=email))
                    return
        raise UnknownId("email batch", batch_id)

    def note(self, request_id: PlacementRequestId, notes: str | None) -> None:
        """Keep the promise of ``api_ports.Drafting``."""
        with self._transaction.turn:
            row = self._transaction.lock(self._tables.requests, request_id)
            if row is None:
                raise UnknownId("placement request", request_id)
            self._transaction.put(self._tables.requests, request_id, evolve(row, notes=notes))

    def _locked(self, email_id: EmailId) -> EmailRow:
        row = self._transaction.lock(self._tables.emails, email_id)
        if row is None:
            raise UnknownId("email", email_id)
        return row
