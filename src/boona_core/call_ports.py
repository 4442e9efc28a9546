"""What calls ask of a store, as promises; a unit keeps them together with those of ``boona_core.ports``.

Locks are taken in the order that is told there; calls come after the emails, by id.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Protocol

from attrs import field, frozen

from boona_core.call_scripts import CallScript
from boona_core.callers import Caller, CallerHours
from boona_core.calls import LONGEST_WORDS, Booked, CallStatus, CallTime, Cause, PhoneCall
from boona_core.ids import CallerId, EmailId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.texts import check_texts


@frozen(kw_only=True)
class NewCall:
    """A call to be planned.

    Attributes:
        number: The line that will be rung, as ``phones.line_of`` writes it; None: unknown.
        request_ids: In the order in which to ask; the first of n gets the rank n, the last 1.
        attempt: The first is 1; a later one names the call before it and the first of all.

    Raises:
        InvalidValues: texts that no store can keep, each with its field and without the text.
    """

    therapist_id: TherapistId
    time: CallTime
    cause: Cause
    caller_id: CallerId | None = None
    number: str | None = field(default=None, repr=False)
    request_ids: tuple[PlacementRequestId, ...] = ()
    attempt: int = 1
    previous_id: PhoneCallId | None = None
    first_id: PhoneCallId | None = None
    notes: str | None = field(default=None, repr=False)
    outside_hours: bool = False
    assumed_hours: bool = False

    def __attrs_post_init__(self) -> None:
        check_texts((("notes", self.notes, None),))


def check_words(words: str | None) -> None:
    """Check why a day is closed; None: nobody said.

    Raises:
        InvalidValues: words that no store can keep, without the words.
    """
    check_texts((("words", words, LONGEST_WORDS),))


class Calls(Protocol):
    """The calls, their batch rows, and the times that they take.

    No caller, no therapist and no number is in two planned calls at once, whoever races.
    """

    def take_turns(self) -> None:
        """Keep other units that plan or move calls waiting until this one ends, so that none runs into another."""

    def get(self, call_id: PhoneCallId) -> PhoneCall:
        """The call with its batch rows.

        Raises:
            UnknownId: there is none.
        """

    def lock(self, call_id: PhoneCallId) -> PhoneCall:
        """The call, and no other unit changes it until this one ends.

        Raises:
            UnknownId: there is none.
        """

    def find(
        self,
        *,
        statuses: Collection[CallStatus] = (),
        therapist_id: TherapistId | None = None,
        caller_id: CallerId | None = None,
        first_day: date | None = None,
        last_day: date | None = None,
        exhausted: bool | None = None,
        limit: int = 1000,
    ) -> Sequence[PhoneCall]:
        """Calls in one of *statuses* (empty: all), by their planned time, then id, at most *limit*.

        Args:
            first_day: Planned on this day or later.
            last_day: Planned on this day or earlier.
            exhausted: Whether they failed as the last attempt and wait for a person; None: both.
        """

    def booked(self, *, first_day: date, last_day: date) -> Sequence[Booked]:
        """The planned calls of these days, by time, then id."""

    def retries_due(self, therapist_ids: Collection[TherapistId] | None = None) -> Sequence[PhoneCall]:
        """The failed calls whose next attempt is not planned yet, by id; None: of all therapists."""

    def with_requests(self, request_ids: Collection[PlacementRequestId]) -> Sequence[PhoneCallId]:
        """The planned calls that hold one of these requests, by id."""

    def new_ids(self, count: int) -> Sequence[PhoneCallId]:
        """So many fresh ids, rising; never given twice, also when the unit is undone."""

    def add(self, calls: Mapping[PhoneCallId, NewCall]) -> frozenset[PhoneCallId]:
        """Store planned calls with their batch rows; returns those that were stored.

        A call whose caller, therapist or number is in another planned call at that time is not stored, nothing of it,
        and the others are; nor is a second attempt after the same call.  Waits for a unit that is about to plan or
        give up what stands in its way.
        """

    def move(
        self,
        call_id: PhoneCallId,
        *,
        time: CallTime,
        caller_id: CallerId | None,
        number: str | None,
        outside_hours: bool = False,
    ) -> bool:
        """Give a planned call another time, caller or number; False, and nothing done, when one of them is taken.

        Raises:
            IllegalTransition: it is not planned any more.
            UnknownId: there is no such call.
        """

    def put(self, call: PhoneCall) -> None:
        """Write a call and its batch rows as they are now, but for when, by whom and under which number it is made.

        The revision is counted here.

        Raises:
            UnknownId: there is no such call.
        """

    def follow_up(self, emails: Mapping[EmailId, PhoneCallId]) -> frozenset[EmailId]:
        """Note the first call that follows up each of these emails; returns those that none had followed up before."""

    def contacted(self, therapist_id: TherapistId, request_ids: Collection[PlacementRequestId], *, on: date) -> None:
        """Keep the day of a call that was held with its therapist and with the requests that came up in it.

        Where any came up it was a conversation with the therapist, and not with somebody who answers the phone: then
        it is the day of the last personal conversation as well.
        An earlier day than the one that is kept changes nothing.
        """


class Callers(Protocol):
    """Who makes calls."""

    def get(self, caller_id: CallerId) -> Caller:
        """The caller, active or not.

        Raises:
            UnknownId: there is none.
        """

    def all(self, *, active: bool | None = None) -> Sequence[Caller]:
        """The callers by id; None: those who are active and those who are not."""

    def add(self, name: str, hours: CallerHours) -> CallerId:
        """A new caller, active.

        Raises:
            InvalidValue: the name is empty.
            InvalidValues: no store can keep the name.
        """

    def put(self, caller: Caller) -> None:
        """Write a caller as they are now, and keep other units from changing them until this one ends.

        Raises:
            UnknownId: there is none.
        """


class Closures(Protocol):
    """The days on which the agency makes no calls, besides holidays."""

    def days(self, *, first: date, last: date) -> Mapping[date, str | None]:
        """The closed days from *first* to *last*, and in which words."""

    def add(self, day: date, words: str | None = None) -> bool:
        """Close a day; False: it was closed already, and only the words are new.

        Raises:
            InvalidValues: words that no store can keep, without the words.
        """

    def remove(self, day: date) -> bool:
        """Open a day again; False: it was not closed."""


class CallScripts(Protocol):
    """Turns what a caller needs to know into words."""

    def compose(self, script: CallScript) -> str:
        """The text for the caller, in German; the same script gives the same text."""
