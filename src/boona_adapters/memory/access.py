"""The tokens of the API, and the answers that a repeated call gets, in memory."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from attrs import evolve, frozen

from boona_adapters.memory.rows import Tables, TokenRow
from boona_adapters.memory.transactions import Transaction
from boona_core.access import AccessToken, NewToken
from boona_core.api_ports import StoredAnswer
from boona_core.errors import UnknownId
from boona_core.ids import AccessTokenId

KEPT = timedelta(days=1)


@frozen
class MemoryTokens:
    """The tokens of one unit."""

    _tables: Tables
    _transaction: Transaction
    _now: Callable[[], datetime]

    def add(self, token: NewToken) -> AccessToken:
        """Keep the promise of ``api_ports.Tokens``."""
        with self._transaction.turn:
            kept = AccessToken(
                id=AccessTokenId(next(self._tables.token_ids)),
                name=token.name,
                role=token.role,
                scopes=token.scopes,
                names=token.names,
                caller=token.caller,
                created_at=self._now(),
                expires_at=token.expires_at,
            )
            self._transaction.put(self._tables.tokens, kept.id, TokenRow(kept, token.digest))
            return kept

    def find(self, digest: bytes) -> AccessToken | None:
        """Keep the promise of ``api_ports.Tokens``."""
        with self._transaction.turn:
            rows = self._transaction.where(self._tables.tokens, "digest", digest)
        return rows[0].token if rows else None

    def all(self) -> Sequence[AccessToken]:
        """Keep the promise of ``api_ports.Tokens``."""
        with self._transaction.turn:
            tokens = [row.token for row in self._transaction.rows(self._tables.tokens)]
        return sorted(tokens, key=lambda token: token.id)

    def end(self, token_id: AccessTokenId, *, at: datetime) -> AccessToken:
        """Keep the promise of ``api_ports.Tokens``."""
        with self._transaction.turn:
            row = self._locked(token_id)
            if row is None:
                raise UnknownId("token", token_id)
            ends = at if row.token.revoked_at is None else min(at, row.token.revoked_at)
            token = evolve(row.token, revoked_at=ends)
            self._transaction.put(self._tables.tokens, token_id, evolve(row, token=token))
            return token

    def used(self, token_id: AccessTokenId, *, at: datetime) -> None:
        """Keep the promise of ``api_ports.Tokens``."""
        with self._transaction.turn:
            row = self._locked(token_id)
            if row is not None and (row.token.last_used_at is None or row.token.last_used_at < at):
                token = evolve(row.token, last_used_at=at)
                self._transaction.put(self._tables.tokens, token_id, evolve(row, token=token))

    def _locked(self, token_id: AccessTokenId) -> TokenRow | None:
        return self._transaction.lock(self._tables.tokens, token_id)


@frozen
class MemoryReplays:
    """Answers to be given again, of one unit."""

    _tables: Tables
    _transaction: Transaction

    def take(self, token_id: AccessTokenId, key: str) -> bool:
        """Keep the promise of ``api_ports.Replays``."""
        with self._transaction.turn:
            if self._transaction.other_holder(self._tables.turns, f"answer {token_id} {key}") is not None:
                return False
            self._transaction.lock(self._tables.turns, f"answer {token_id} {key}")
            return True

    def get(self, token_id: AccessTokenId, key: str, *, now: datetime) -> StoredAnswer | None:
        """Keep the promise of ``api_ports.Replays``."""
        with self._transaction.turn:
            found = self._transaction.get(self._tables.answers, (token_id, key))
        return found[1] if found is not None and found[0] > now - KEPT else None

    def put(self, token_id: AccessTokenId, key: str, answer: StoredAnswer, *, now: datetime) -> None:
        """Keep the promise of ``api_ports.Replays``."""
        with self._transaction.turn:
            self._transaction.put(self._tables.answers, (token_id, key), (now, answer))

    def forget(self, *, now: datetime, limit: int) -> int:
        """Keep the promise of ``api_ports.Replays``."""
        answers = self._tables.answers
        with self._transaction.turn:
            seen = ((key, self._transaction.get(answers, key)) for key in list(answers.rows))
            old = sorted(
                (kept[0], key)
                for key, kept in seen
                if kept is not None and kept[0] <= now - KEPT and self._transaction.other_holder(answers, key) is None
            )[:limit]
            for _, key in old:
                self._transaction.remove(answers, key)
        return len(old)
