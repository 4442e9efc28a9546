"""Single therapists and patients in Postgres: made by hand, and erased."""

from datetime import datetime

import sqlalchemy as sa
from attrs import frozen

from boona_adapters.postgres.connection import Connection, storable
from boona_adapters.postgres.imports import TABLES, PostgresImports, creation
from boona_core.importing import ImportKind, Values

_KEPT = {
    ImportKind.THERAPISTS: frozenset(
        {"id", "status", "do_not_contact", "last_email_on", "last_call_on", "last_conversation_on", "mailbox_id"}
        | {"merged_into"}
    ),
    ImportKind.PATIENTS: frozenset({"id", "status", "registered_on", "first_place_on", "lasting_place_on"}),
}
"""What stays of somebody who is erased: what became of them, and when they were contacted."""

_STAMPS = frozenset({"created_at", "updated_at", "erased_at"})

# A letter about a patient holds the others' data too: none of it is needed once it is out, the batch rows tell all.
_EMAILS_OF = {
    ImportKind.THERAPISTS: "e.therapist_id = :id",
    ImportKind.PATIENTS: """
        e.id IN (SELECT b.email_id FROM communication_service.email_batches AS b
                   JOIN matching_service.placement_requests AS r ON r.id = b.placement_request_id
                  WHERE r.patient_id = :id)""",
}
_SIDE = {ImportKind.THERAPISTS: "therapist_id", ImportKind.PATIENTS: "patient_id"}


def _emptied(kind: ImportKind, table: sa.Table) -> sa.Update:
    values: dict[str, object] = {}
    for column in table.c:
        if column.name in _KEPT[kind] | _STAMPS:
            continue
        if column.nullable:
            values[column.name] = sa.null()
        elif isinstance(column.type, sa.Boolean):
            values[column.name] = False
        else:
            values[column.name] = ""
    return (
        table.update()
        .where(table.c.id == sa.bindparam("number"))
        .values(**values, erased_at=sa.bindparam("now"), updated_at=sa.func.now())
    )


def _texts(kind: ImportKind) -> sa.TextClause:
    own = ", recipient_email = '', recipient_name = ''" if kind is ImportKind.THERAPISTS else ""
    return sa.text(f"""
WITH theirs AS (
    SELECT e.id FROM communication_service.emails AS e
     WHERE {_EMAILS_OF[kind]} AND e.status NOT IN ('queued', 'sending') ORDER BY e.id FOR NO KEY UPDATE
)
UPDATE communication_service.emails AS e
   SET subject = '', body_html = '', body_text = '', message = NULL, response_content = NULL, follow_up_notes = NULL,
       override_reason = NULL, updated_at = now(){own}
  FROM theirs WHERE e.id = theirs.id
""")


def _notes(kind: ImportKind) -> sa.TextClause:
    return sa.text(f"""
WITH theirs AS (
    SELECT id FROM matching_service.placement_requests WHERE {_SIDE[kind]} = :id ORDER BY id FOR NO KEY UPDATE
), noted AS (
    UPDATE communication_service.email_batches AS b SET response_notes = NULL, updated_at = now()
      FROM theirs WHERE b.placement_request_id = theirs.id AND b.response_notes IS NOT NULL
)
UPDATE matching_service.placement_requests AS r SET response = NULL, notes = NULL, updated_at = now()
  FROM theirs WHERE r.id = theirs.id AND (r.response IS NOT NULL OR r.notes IS NOT NULL)
""")


def _calls(kind: ImportKind) -> sa.TextClause:
    of_call = (
        "c.therapist_id = :id"
        if kind is ImportKind.THERAPISTS
        else """c.id IN (SELECT b.phone_call_id FROM communication_service.phone_call_batches AS b
                          JOIN matching_service.placement_requests AS r ON r.id = b.placement_request_id
                         WHERE r.patient_id = :id)"""
    )
    line = ", line_id = NULL" if kind is ImportKind.THERAPISTS else ""
    return sa.text(f"""
WITH theirs AS (
    SELECT c.id FROM communication_service.phone_calls AS c
     WHERE {of_call} AND c.status <> 'scheduled' ORDER BY c.id FOR NO KEY UPDATE
), promised AS (
    UPDATE communication_service.phone_call_batches AS b SET follow_up_notes = NULL, updated_at = now()
      FROM theirs WHERE b.phone_call_id = theirs.id AND b.follow_up_notes IS NOT NULL
)
UPDATE communication_service.phone_calls AS c SET notes = NULL, outcome = NULL, updated_at = now(){line}
  FROM theirs WHERE c.id = theirs.id
""")


# Who asked not to be written to stays known by the address, and so do colleagues.
_MAILBOX = sa.text("""
UPDATE therapist_service.mailboxes AS m SET address = 'erased-' || m.id, updated_at = now()
  FROM therapist_service.therapists AS t
 WHERE t.id = :id AND m.id = t.mailbox_id AND NOT m.do_not_contact
   AND NOT EXISTS (SELECT FROM therapist_service.therapists AS o WHERE o.mailbox_id = m.id AND o.erased_at IS NULL)
""")
_LINES = sa.text("""
DELETE FROM therapist_service.phone_lines AS l
 WHERE NOT EXISTS (SELECT FROM communication_service.phone_calls AS c WHERE c.line_id = l.id)
""")
_HISTORY = sa.text("""
UPDATE matching_service.import_changes AS c SET old = NULL, new = NULL
  FROM matching_service.import_runs AS r
 WHERE c.run_id = r.id AND r.kind = :kind AND c.row_id = :id AND (c.old IS NOT NULL OR c.new IS NOT NULL)
""")
_BASES = sa.text("DELETE FROM matching_service.import_bases WHERE kind = :kind AND row_id = :id")
_MERGES = sa.text("""
UPDATE therapist_service.merges SET record = record || '{"filled": []}', updated_at = now()
 WHERE merged_id = :id OR kept_id = :id
""")
# An answer may name anybody: a letter, a list, a record.  That it was given stays known: nothing is done twice.
_ANSWERS = sa.text("""
WITH kept AS (
    SELECT token_id, key FROM communication_service.api_answers WHERE body <> '' ORDER BY token_id, key FOR UPDATE
)
UPDATE communication_service.api_answers AS a SET headers = '{}', body = ''
  FROM kept WHERE a.token_id = kept.token_id AND a.key = kept.key
""")
_ALL_EXCLUSIONS = sa.text("DELETE FROM patient_service.excluded_therapists WHERE patient_id = :id")
_HANDOFF = {
    kind: sa.text(f"""
SELECT EXISTS (SELECT FROM communication_service.emails AS e
                WHERE {condition} AND e.status = 'sending' AND e.marked_at IS NOT NULL)
""")
    for kind, condition in _EMAILS_OF.items()
}


@frozen
class PostgresPeople:
    """Single people, as ``boona_core.api_ports.People`` promises them."""

    _connection: Connection

    def create(self, kind: ImportKind, values: Values) -> int | None:
        """Create one therapist or patient; returns the id, or None when somebody else has the external id."""
        imports = PostgresImports(self._connection)
        row = self._connection.row(creation(kind), {"rows": imports.rows_as_json(kind, [values])})
        if row is None:
            return None
        number: int = row.id
        if kind is ImportKind.PATIENTS:
            imports.exclude({number: values})
        return number

    def erase(self, kind: ImportKind, number: int, *, now: datetime) -> None:
        """Empty the personal fields of one therapist or patient, everywhere; the contact facts stay."""
        if not storable((number,)):
            return
        self._connection.run(_emptied(kind, TABLES[kind]), {"number": number, "now": now})
        if kind is ImportKind.PATIENTS:
            self._connection.run(_ALL_EXCLUSIONS, {"id": number})
        else:
            self._connection.run(_MAILBOX, {"id": number})
            self._connection.run(_MERGES, {"id": number})
        self._connection.run(_notes(kind), {"id": number})
        self._connection.run(_texts(kind), {"id": number})
        self._connection.run(_calls(kind), {"id": number})
        if kind is ImportKind.THERAPISTS:
            self._connection.run(_LINES)
        self._connection.run(_HISTORY, {"kind": kind.value, "id": number})
        self._connection.run(_BASES, {"kind": kind.value, "id": number})
        self._connection.run(_ANSWERS)

    def being_handed_over(self, kind: ImportKind, number: int) -> bool:
        """Whether an email to this therapist, or about this patient, is in handoff at this moment."""
        if not storable((number,)):
            return False
        return bool(self._connection.column(_HANDOFF[kind], {"id": number})[0])
