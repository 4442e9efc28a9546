"""Who may ask for what over the API?

A token has one role, and perhaps scopes that narrow it.  The roles are not a ladder: a caller sees the list of calls
and tells outcomes, a reader sees everything and changes nothing.  Nothing here reads a clock.
"""

from datetime import datetime
from enum import StrEnum

from attrs import field, frozen
from attrs.converters import optional

from boona_core.errors import InvalidValue
from boona_core.ids import AccessTokenId
from boona_core.instants import utc
from boona_core.texts import check_texts

LONGEST_NAME = 100
"""Characters of what a token is called."""


class Role(StrEnum):
    """What somebody is to the agency."""

    READER = "reader"
    CALLER = "caller"
    COORDINATOR = "coordinator"
    ADMIN = "admin"


class Scope(StrEnum):
    """What a token may be narrowed to."""

    EMAILS = "emails"
    CALLS = "calls"
    THERAPISTS = "therapists"
    PATIENTS = "patients"
    REQUESTS = "requests"
    PLANS = "plans"
    IMPORTS = "imports"
    METRICS = "metrics"


class Names(StrEnum):
    """In which language fields are named on the wire."""

    ENGLISH = "en"
    GERMAN = "de"


@frozen(kw_only=True)
class NewToken:
    """A token to be stored.

    Attributes:
        digest: The hash of the secret; the secret itself is shown once and kept nowhere.
        scopes: Empty: everything that the role may.
        caller: The number of the caller whose list it sees; None: not of one caller.

    Raises:
        InvalidValue: it has no name, or the caller's role no caller.
    """

    name: str
    digest: bytes = field(repr=False)
    role: Role
    scopes: frozenset[Scope] = frozenset()
    names: Names = Names.ENGLISH
    caller: int | None = None
    expires_at: datetime = field(converter=utc)

    def __attrs_post_init__(self) -> None:
        check_texts((("name", self.name, LONGEST_NAME),))
        if not self.name.strip():
            raise InvalidValue("name", "is empty")
        if self.role is Role.CALLER and self.caller is None:
            raise InvalidValue("caller", "is missing: a caller's token sees the calls of one caller")


@frozen(kw_only=True)
class AccessToken:
    """A token as it is stored.

    Attributes:
        last_used_at: To the minute; None: never.
        revoked_at: None: it was not.
    """

    id: AccessTokenId
    name: str
    role: Role
    scopes: frozenset[Scope] = frozenset()
    names: Names = Names.ENGLISH
    caller: int | None = None
    created_at: datetime = field(converter=utc)
    expires_at: datetime = field(converter=utc)
    last_used_at: datetime | None = field(default=None, converter=optional(utc))
    revoked_at: datetime | None = field(default=None, converter=optional(utc))

    def is_valid_at(self, now: datetime) -> bool:
        """Whether it opens anything: not revoked, and *now* lies before its end."""
        return now < self.expires_at and (self.revoked_at is None or now < self.revoked_at)

    def may(self, roles: frozenset[Role], scope: Scope | None) -> bool:
        """Whether it may do what these roles may, in this scope (None: what needs none)."""
        return self.role in roles and (scope is None or not self.scopes or scope in self.scopes)
