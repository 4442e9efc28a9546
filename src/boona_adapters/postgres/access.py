"""The tokens of the API, and the answers that a repeated call gets, in Postgres."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from attrs import frozen

from boona_adapters.postgres.connection import Connection, storable
from boona_adapters.postgres.tables import access_tokens
from boona_core.access import AccessToken, Names, NewToken, Role, Scope
from boona_core.api_ports import StoredAnswer
from boona_core.errors import UnknownId
from boona_core.ids import AccessTokenId

KEPT = timedelta(days=1)
"""How long an answer is given again."""

_FORGOTTEN_WITH_ONE = 100

_COLUMNS = tuple(column for column in access_tokens.c if column.name not in {"digest", "updated_at"})
_BY_DIGEST = sa.select(*_COLUMNS).where(access_tokens.c.digest == sa.bindparam("digest", type_=sa.LargeBinary))
_ALL = sa.select(*_COLUMNS).order_by(access_tokens.c.id)
_END = sa.text("""
UPDATE communication_service.access_tokens
   SET revoked_at = least(coalesce(revoked_at, :at), :at), updated_at = now() WHERE id = :id
""")
_USED = sa.text("""
UPDATE communication_service.access_tokens SET last_used_at = :at
 WHERE id = :id AND (last_used_at IS NULL OR last_used_at < :at)
""")

_TAKE = sa.text("SELECT pg_try_advisory_xact_lock(hashtextextended('boona answer ' || :token || ' ' || :key, 0))")
_GET = sa.text("""
SELECT request_hash, status, CAST(headers AS text) AS headers, body FROM communication_service.api_answers
 WHERE token_id = :token AND key = :key AND created_at > :oldest
""")
_FORGET = sa.text("""
DELETE FROM communication_service.api_answers WHERE (token_id, key) IN (
    SELECT token_id, key FROM communication_service.api_answers WHERE created_at <= :oldest
     ORDER BY created_at LIMIT :limit FOR UPDATE SKIP LOCKED)
""")
_FORGET_ONE = sa.text("DELETE FROM communication_service.api_answers WHERE token_id = :token AND key = :key")
_PUT = sa.text("""
INSERT INTO communication_service.api_answers (token_id, key, request_hash, status, headers, body, created_at)
VALUES (:token, :key, :request_hash, :status, CAST(:headers AS jsonb), :body, :now)
""")


def token_of(row: sa.Row[Any]) -> AccessToken:
    """The value of one row."""
    values = dict(row._mapping)
    values["role"] = Role(row.role)
    values["scopes"] = frozenset(map(Scope, row.scopes))
    values["names"] = Names(row.names)
    return AccessToken(**values)


@frozen
class PostgresTokens:
    """The tokens, as ``boona_core.api_ports.Tokens`` promises them."""

    _connection: Connection

    def add(self, token: NewToken) -> AccessToken:
        """Store a token."""
        statement = access_tokens.insert().returning(*_COLUMNS)
        values = {
            "name": token.name,
            "digest": token.digest,
            "role": token.role.value,
            "scopes": sorted(token.scopes),
            "names": token.names.value,
            "caller": token.caller,
            "expires_at": token.expires_at,
        }
        return token_of(self._connection.row(statement.values(**values)))

    def find(self, digest: bytes) -> AccessToken | None:
        """The token with this hash, valid or not; None: there is none."""
        row = self._connection.row(_BY_DIGEST, {"digest": digest})
        return None if row is None else token_of(row)

    def all(self) -> Sequence[AccessToken]:
        """Every token, by id."""
        return [token_of(row) for row in self._connection.rows(_ALL)]

    def end(self, token_id: AccessTokenId, *, at: datetime) -> AccessToken:
        """Revoke a token from an instant on, if it is not revoked earlier already.

        Raises:
            UnknownId: there is none.
        """
        if not storable((token_id,)) or not self._connection.run(_END, {"id": token_id, "at": at}):
            raise UnknownId("token", token_id)
        query = sa.select(*_COLUMNS).where(access_tokens.c.id == token_id)
        return token_of(self._connection.row(query))

    def used(self, token_id: AccessTokenId, *, at: datetime) -> None:
        """Note when a token was used last."""
        self._connection.run(_USED, {"id": token_id, "at": at})


@frozen
class PostgresReplays:
    """Answers to be given again, as ``boona_core.api_ports.Replays`` promises them."""

    _connection: Connection

    def take(self, token_id: AccessTokenId, key: str) -> bool:
        """Keep other units from the same key until this one ends; False when another one has it."""
        return bool(self._connection.column(_TAKE, {"token": str(token_id), "key": key})[0])

    def get(self, token_id: AccessTokenId, key: str, *, now: datetime) -> StoredAnswer | None:
        """The answer kept for this key, not older than a day."""
        row = self._connection.row(_GET, {"token": token_id, "key": key, "oldest": now - KEPT})
        if row is None:
            return None
        return StoredAnswer(
            request_hash=bytes(row.request_hash),
            status=row.status,
            headers=json.loads(row.headers),
            body=bytes(row.body),
        )

    def put(self, token_id: AccessTokenId, key: str, answer: StoredAnswer, *, now: datetime) -> None:
        """Keep an answer, and forget some of those that are older than a day."""
        self.forget(now=now, limit=_FORGOTTEN_WITH_ONE)
        self._connection.run(_FORGET_ONE, {"token": token_id, "key": key})
        values = {
            "token": token_id,
            "key": key,
            "request_hash": answer.request_hash,
            "status": answer.status,
            "headers": json.dumps(dict(answer.headers)),
            "body": answer.body,
            "now": now,
        }
        self._connection.run(_PUT, values)

    def forget(self, *, now: datetime, limit: int) -> int:
        """Forget answers that are older than a day."""
        return self._connection.run(_FORGET, {"oldest": now - KEPT, "limit": limit})
