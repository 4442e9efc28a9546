"""What the API asks of a store, as promises: lists, single people, drafts, tokens and answers to be given again.

A store keeps them in the unit that also keeps ``boona_core.ports``: one transaction over all.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

from attrs import field, frozen

from boona_core.access import AccessToken, NewToken
from boona_core.calls import CallStatus, PhoneCall
from boona_core.emails import Email
from boona_core.errors import InvalidValue
from boona_core.ids import (
    AccessTokenId,
    CallerId,
    EmailBatchId,
    EmailId,
    PatientId,
    PhoneCallBatchId,
    PhoneCallId,
    PlacementRequestId,
    TherapistId,
)
from boona_core.import_ports import ImportLine, ImportRun
from boona_core.importing import ImportKind, ImportRunId, RowFault, Values
from boona_core.letters import Template
from boona_core.matching_ports import GeocodingUnit
from boona_core.merge_ports import MergeUnit
from boona_core.patients import Patient, PatientStatus
from boona_core.ports import Content
from boona_core.requests import RequestRecord, RequestStatus
from boona_core.therapists import Therapist, TherapistStatus

MOST_ROWS = 100
"""Rows of one page."""

T_co = TypeVar("T_co", covariant=True)


@frozen(kw_only=True)
class Cut:
    """Which part of a list.

    Attributes:
        page: From 1.
        limit: Rows, 1 to 100.
        after: The id of the last row that is known already, instead of a page; None: by page.

    Raises:
        InvalidValue: out of bounds, or both a page and an id.
    """

    page: int = 1
    limit: int = 20
    after: int | None = None

    def __attrs_post_init__(self) -> None:
        if self.page < 1:
            raise InvalidValue("page", "is not at least 1")
        if not 1 <= self.limit <= MOST_ROWS:
            raise InvalidValue("limit", f"is not from 1 to {MOST_ROWS}")
        if self.after is not None and self.page != 1:
            raise InvalidValue("after", "stands beside a page: one of the two")

    @property
    def offset(self) -> int:
        """The rows before the part."""
        return (self.page - 1) * self.limit


@frozen
class Listing(Generic[T_co]):
    """A part of a list.

    Attributes:
        total: How many rows the filters let through in all, whatever the part.
    """

    rows: Sequence[T_co]
    total: int


@frozen(kw_only=True)
class EmailFilter:
    """Which emails; None, or empty: any.

    Attributes:
        statuses: As callers see them: ``sending`` is claimed or in handoff.
        sent_from: Handed over on this local day or later.
        sent_to: Handed over on this local day or earlier.
    """

    therapist_id: TherapistId | None = None
    statuses: frozenset[str] = frozenset()
    response_received: bool | None = None
    batch_id: str | None = None
    sent_from: date | None = None
    sent_to: date | None = None


@frozen(kw_only=True)
class TherapistFilter:
    """Which therapists; None: any."""

    status: TherapistStatus | None = None
    postal_code: str | None = None
    potentially_available: bool | None = None
    external_id: str | None = None


@frozen(kw_only=True)
class PatientFilter:
    """Which patients; None: any."""

    status: PatientStatus | None = None
    external_id: str | None = None


@frozen(kw_only=True)
class RequestFilter:
    """Which placement requests; None: any."""

    patient_id: PatientId | None = None
    therapist_id: TherapistId | None = None
    status: RequestStatus | None = None


@frozen(kw_only=True)
class CallFilter:
    """Which calls; None: any.

    Attributes:
        day: Planned on this local day.
    """

    therapist_id: TherapistId | None = None
    caller_id: CallerId | None = None
    status: CallStatus | None = None
    day: date | None = None


@frozen(kw_only=True)
class ImportFilter:
    """Which entries of the history of imports; None: any.

    Attributes:
        undone: Whether it was taken back.
        undo: Whether it takes another one back.
    """

    kind: ImportKind | None = None
    sha256: str | None = None
    undone: bool | None = None
    undo: bool | None = None


class Listings(Protocol):
    """What is stored, for whoever looks."""

    def hold(self, subject: str, number: int) -> None:
        """Keep other units that hold the same from going on until this one ends; before any other lock."""

    def emails(self, wanted: EmailFilter, cut: Cut) -> Listing[Email]:
        """Emails, newest first (by id, falling)."""

    def therapists(self, wanted: TherapistFilter, cut: Cut) -> Listing[Therapist]:
        """Therapists, by id; those who were erased are left out."""

    def patients(self, wanted: PatientFilter, cut: Cut) -> Listing[Patient]:
        """Patients, by id; those who were erased are left out."""

    def requests(self, wanted: RequestFilter, cut: Cut) -> Listing[RequestRecord]:
        """Placement requests, by id."""

    def calls(self, wanted: CallFilter, cut: Cut) -> Listing[PhoneCall]:
        """Calls, newest first (by id, falling)."""

    def call_of_batch(self, batch_id: PhoneCallBatchId) -> PhoneCallId:
        """The call that has this batch row.

        Raises:
            UnknownId: none has.
        """

    def contacts(self, therapist_id: TherapistId, cut: Cut, *, zone: ZoneInfo) -> Listing[Email | PhoneCall]:
        """The emails and calls of a therapist, newest first; by page only.

        Their day decides: of an email the day of its marker, else of its queuing in *zone*, of a call the planned one.
        Emails without a day come first, and of one day the calls before the emails, the later ones first.
        """

    def imports(self, wanted: ImportFilter, cut: Cut) -> Listing[ImportRun]:
        """The history of imports, newest first (by id, falling)."""

    def import_lines(self, run_id: ImportRunId, cut: Cut) -> Listing[ImportLine]:
        """What a run did, in its order; by page only."""

    def import_faults(self, run_id: ImportRunId, cut: Cut) -> Listing[RowFault]:
        """Why rows were refused by a run, in its order; by page only."""

    def request(self, request_id: PlacementRequestId) -> RequestRecord:
        """One placement request.

        Raises:
            UnknownId: there is none.
        """

    def email_of_batch(self, batch_id: EmailBatchId) -> EmailId:
        """The email that has this batch row.

        Raises:
            UnknownId: none has.
        """


class People(Protocol):
    """Single therapists and patients, beyond what an import does with many."""

    def create(self, kind: ImportKind, values: Values) -> int | None:
        """Create one therapist or patient; returns the id, or None when somebody else has the external id."""

    def erase(self, kind: ImportKind, number: int, *, now: datetime) -> None:
        """Empty the personal fields of one therapist or patient, everywhere; the contact facts stay.

        Emptied are the row itself, what the imports' history says about it, the notes and answers at its requests, and
        the texts and bytes of the emails to the therapist, or that held the patient; an email that is queued or sending
        keeps them.  What was answered to calls with a key is emptied too, whomever it was about: nobody knows.
        """

    def being_handed_over(self, kind: ImportKind, number: int) -> bool:
        """Whether an email to this therapist, or about this patient, is in handoff at this moment."""


@frozen(kw_only=True)
class Place:
    """One placement request's place in an email.

    Attributes:
        rank: Higher stands earlier in the letter.
        included: False: taken out; the row stays.
    """

    rank: int
    included: bool = True


class Drafting(Protocol):
    """Emails that have not been claimed, and what people change about them and about requests."""

    def rewrite(
        self,
        email_id: EmailId,
        content: Content,
        *,
        template: Template | None,
        body_provided: bool,
        batch_id: str | None,
    ) -> None:
        """Replace the texts of a draft or a queued email; of a queued one the bytes that will be sent too.

        Raises:
            IllegalTransition: it is neither.
            UnknownId: there is no such email.
        """

    def arrange(self, email_id: EmailId, places: Mapping[PlacementRequestId, Place]) -> None:
        """Give an email exactly these batch rows: others go, missing ones come, and rows that stay keep their ids."""

    def note_batch(self, batch_id: EmailBatchId, notes: str | None) -> None:
        """Write what the staff notes about the answer to one request of an email.

        Raises:
            UnknownId: there is no such batch row.
        """

    def note(self, request_id: PlacementRequestId, notes: str | None) -> None:
        """Write what the staff notes about a request.

        Raises:
            UnknownId: there is no such request.
        """


class Tokens(Protocol):
    """The tokens of the API."""

    def add(self, token: NewToken) -> AccessToken:
        """Store a token."""

    def find(self, digest: bytes) -> AccessToken | None:
        """The token with this hash, valid or not; None: there is none."""

    def all(self) -> Sequence[AccessToken]:
        """Every token, by id."""

    def end(self, token_id: AccessTokenId, *, at: datetime) -> AccessToken:
        """Revoke a token from an instant on, if it is not revoked earlier already.

        Raises:
            UnknownId: there is none.
        """

    def used(self, token_id: AccessTokenId, *, at: datetime) -> None:
        """Note when a token was used last."""


@frozen(kw_only=True)
class StoredAnswer:
    """What a repeated call is answered with.

    Attributes:
        request_hash: Of method, path and body.
        headers: Those that belong to the answer's meaning.
        body: Empty: somebody was erased since, and what was answered is not known any more.
    """

    request_hash: bytes
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Replays(Protocol):
    """Answers to calls with a key, kept for a day per token."""

    def take(self, token_id: AccessTokenId, key: str) -> bool:
        """Keep other units from the same key until this one ends; False when another one has it."""

    def get(self, token_id: AccessTokenId, key: str, *, now: datetime) -> StoredAnswer | None:
        """The answer kept for this key, not older than a day."""

    def put(self, token_id: AccessTokenId, key: str, answer: StoredAnswer, *, now: datetime) -> None:
        """Keep an answer, and forget some of those that are older than a day."""

    def forget(self, *, now: datetime, limit: int) -> int:
        """Forget answers that are older than a day, the oldest first, at most *limit*; returns how many.

        Two units that forget at the same time do not wait for each other and forget different ones.
        """


class ApiUnit(MergeUnit, GeocodingUnit, Protocol):
    """A unit that serves the API as well."""

    @property
    def listings(self) -> Listings:
        """What is stored, as of this unit."""

    @property
    def people(self) -> People:
        """Single therapists and patients, as of this unit."""

    @property
    def drafting(self) -> Drafting:
        """What people change, as of this unit."""

    @property
    def tokens(self) -> Tokens:
        """The tokens, as of this unit."""

    @property
    def replays(self) -> Replays:
        """Answers to be given again, as of this unit."""


OpenApiUnit = Callable[[], ApiUnit]
"""Opens a unit that serves the API as well."""
