"""Let other programs in, and out again.

A token is shown once, when it is made; what is kept is the hash of its secret.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from attrs import field, frozen

from boona_core.access import AccessToken, Names, NewToken, Role, Scope
from boona_core.api_ports import OpenApiUnit
from boona_core.errors import InvalidValue
from boona_core.ids import AccessTokenId

PREFIX = "boona_"
"""What every token begins with, so that one that lies about is found."""

_NOTED_EVERY = timedelta(minutes=1)


def digest_of(secret: str) -> bytes:
    """The hash that is kept: the secret has as many bits as the hash, so nothing slower is needed."""
    return sha256(secret.encode()).digest()


@frozen(kw_only=True)
class Issued:
    """A token that was just made; its secret is nowhere else."""

    token: AccessToken
    secret: str = field(repr=False)


@frozen(kw_only=True)
class KeepTokens:
    """Issue, find, list and revoke tokens.

    Attributes:
        new_secret: Makes a secret of at least 256 bits of chance.
    """

    open_unit: OpenApiUnit
    new_secret: Callable[[], str]

    def issue(
        self,
        name: str,
        role: Role,
        *,
        lasts: timedelta,
        scopes: Sequence[Scope] = (),
        names: Names = Names.ENGLISH,
        caller: int | None = None,
        replaces: AccessTokenId | None = None,
        grace: timedelta = timedelta(hours=24),
    ) -> Issued:
        """Make a token.

        Args:
            lasts: How long it is valid; more than nothing.
            replaces: A token that ends after *grace*, so that a client may change over.

        Raises:
            InvalidValue: it has no name, or is over at once.
            UnknownId: there is no such token to replace.
        """
        if lasts <= timedelta(0):
            raise InvalidValue("lasts", "is over at once")
        secret = PREFIX + self.new_secret()
        with self.open_unit() as unit:
            now = unit.now()
            token = unit.tokens.add(
                NewToken(
                    name=name,
                    digest=digest_of(secret),
                    role=role,
                    scopes=frozenset(scopes),
                    names=names,
                    caller=caller,
                    expires_at=now + lasts,
                )
            )
            if replaces is not None:
                unit.tokens.end(replaces, at=now + grace)
            unit.commit()
        return Issued(token=token, secret=secret)

    def find(self, secret: str) -> AccessToken | None:
        """The token with this secret if it is valid now; notes, to the minute, that it was used."""
        with self.open_unit() as unit:
            token = unit.tokens.find(digest_of(secret))
            now = unit.now()
            if token is None or not token.is_valid_at(now):
                return None
            if _is_due(token.last_used_at, now):
                unit.tokens.used(token.id, at=now)
                unit.commit()
        return token

    def all(self) -> Sequence[AccessToken]:
        """Every token, valid or not, by id."""
        with self.open_unit() as unit:
            return unit.tokens.all()

    def revoke(self, token_id: AccessTokenId) -> AccessToken:
        """End a token now.

        Raises:
            UnknownId: there is none.
        """
        with self.open_unit() as unit:
            token = unit.tokens.end(token_id, at=unit.now())
            unit.commit()
        return token


def _is_due(last: datetime | None, now: datetime) -> bool:
    return last is None or now - last >= _NOTED_EVERY
