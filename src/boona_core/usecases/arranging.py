"""Change which requests an email holds, and in which order, as long as nobody has claimed it.

A letter of the agency is written anew with every change.  A text that came from outside is not: of a draft the rows
change and the text stays, a queued one is canceled when something is taken out of it and takes nothing in.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from boona_core.api_ports import ApiUnit, OpenApiUnit, Place
from boona_core.contact import ContactDecision, ContactPolicy, Hold, Reason, decide
from boona_core.emails import BatchItem, Email, EmailState
from boona_core.errors import IllegalTransition, InvalidValue, InvalidValues, UnknownId
from boona_core.ids import EmailBatchId, EmailId, PlacementRequestId
from boona_core.instants import local_day
from boona_core.letters import Template
from boona_core.requests import PlacementRequest, RequestStatus, decide_request
from boona_core.usecases.composing import Stationery
from boona_core.usecases.telling import requests_moved
from boona_core.usecases.withdrawing import cancel
from boona_core.usecases.writing import composed_letter, template_of

_CHANGEABLE = (EmailState.DRAFT, EmailState.QUEUED)
NOTHING_LEFT = "nothing is left in it"

Places = Mapping[PlacementRequestId, Place]


@frozen(kw_only=True)
class Arranged:
    """What came of it.

    Attributes:
        decision: Why the request may not go into the email; allowed where nothing stood in the way.
        batch_id: The batch row in question; None: there is none (any more).
    """

    email_id: EmailId
    decision: ContactDecision
    batch_id: EmailBatchId | None = None


@frozen(kw_only=True)
class ArrangeEmail:
    """Put a request into an email, take one out, move one within it."""

    open_unit: OpenApiUnit
    stationery: Stationery
    policy: ContactPolicy
    zone: ZoneInfo

    def put_in(self, email_id: EmailId, request_id: PlacementRequestId, *, rank: int | None = None) -> Arranged:
        """Put one more request into a draft or a queued email; *rank* None: at the end of the letter.

        Raises:
            IllegalTransition: the email is neither, or is queued with a text from outside.
            InvalidValues: the request is for another therapist, or stands in the email already.
            UnknownId: there is no such email or request.
        """
        with self.open_unit() as unit:
            email = self._held(unit, email_id)
            if email.state is EmailState.QUEUED and not email.may_be_recomposed:
                raise IllegalTransition(f"email {email_id}", "queued, with a text of its own", "given more requests")
            request = self._wanted(unit, email, request_id)
            today = local_day(unit.now(), self.zone)
            holds = list(decide_request(request, today=today).holds)
            if len(email.included) >= self.policy.max_requests_per_email:
                holds.append(Hold(Reason.EMAIL_FULL))
            if holds:
                return Arranged(email_id=email_id, decision=decide(holds, today=today))
            if email.state is EmailState.QUEUED and request_id not in unit.requests.take({request_id: email_id}):
                return Arranged(email_id=email_id, decision=decide((Hold(Reason.REQUEST_CLOSED),), today=today))
            if email.state is EmailState.QUEUED:
                unit.outbox.put(requests_moved([request], RequestStatus.IN_PROGRESS))
            places = {
                item.placement_request_id: Place(rank=item.rank + 1, included=item.included) for item in email.items
            }
            places[request_id] = Place(rank=1 if rank is None else rank)
            arranged = self._arrange(unit, email, places, today=today)
            unit.commit()
            return evolve(arranged, batch_id=_item_of(unit.emails.get(email_id), request_id).id)

    def move(self, batch_id: EmailBatchId, *, included: bool | None = None, rank: int | None = None) -> Arranged:
        """Take the request of a batch row out of its email (the row stays) or back in, or give it another rank.

        Raises:
            IllegalTransition: somebody has claimed the email, or its text came from outside and something comes in.
            UnknownId: there is no such batch row.
        """
        with self.open_unit() as unit:
            email = self._held(unit, unit.listings.email_of_batch(batch_id), batch_id)
            item = next(each for each in email.items if each.id == batch_id)
            today = local_day(unit.now(), self.zone)
            comes_in = included is True and not item.included
            if comes_in and (holds := self._holds(unit, email, item, today)):
                return Arranged(email_id=email.id, decision=decide(holds, today=today), batch_id=batch_id)
            if comes_in and email.state is EmailState.QUEUED:
                if item.placement_request_id not in unit.requests.take({item.placement_request_id: email.id}):
                    closed = decide((Hold(Reason.REQUEST_CLOSED),), today=today)  # another email or call was quicker
                    return Arranged(email_id=email.id, decision=closed, batch_id=batch_id)
                moved = [unit.requests.get(item.placement_request_id)]
                unit.outbox.put(requests_moved(moved, RequestStatus.IN_PROGRESS))
            if included is False and item.included:
                self._let_go(unit, email, item)
            places = {each.placement_request_id: Place(rank=each.rank, included=each.included) for each in email.items}
            place = places[item.placement_request_id]
            places[item.placement_request_id] = Place(
                rank=place.rank if rank is None else rank, included=place.included if included is None else included
            )
            arranged = self._arrange(unit, email, places, today=today)
            unit.commit()
        return evolve(arranged, batch_id=batch_id)

    def note(self, batch_id: EmailBatchId, notes: str | None) -> None:
        """Write what the staff notes about the answer to one request, whatever became of its email.

        Raises:
            UnknownId: there is no such batch row.
        """
        with self.open_unit() as unit:
            unit.therapists.lock([unit.emails.get(unit.listings.email_of_batch(batch_id)).therapist_id])
            unit.drafting.note_batch(batch_id, notes)
            unit.commit()

    def take_out(self, batch_id: EmailBatchId) -> Arranged:
        """Delete a batch row; its request is open again.

        Raises:
            IllegalTransition: somebody has claimed the email.
            UnknownId: there is no such batch row.
        """
        with self.open_unit() as unit:
            email = self._held(unit, unit.listings.email_of_batch(batch_id), batch_id)
            item = next(each for each in email.items if each.id == batch_id)
            today = local_day(unit.now(), self.zone)
            if item.included:
                self._let_go(unit, email, item)
            places = {
                each.placement_request_id: Place(rank=each.rank, included=each.included)
                for each in email.items
                if each.id != batch_id
            }
            arranged = self._arrange(unit, email, places, today=today)
            unit.commit()
        return arranged

    def _held(self, unit: ApiUnit, email_id: EmailId, batch_id: EmailBatchId | None = None) -> Email:
        unit.therapists.lock([unit.emails.get(email_id).therapist_id])
        email = unit.emails.lock(email_id)
        if batch_id is not None and batch_id not in {item.id for item in email.items}:
            raise UnknownId("email batch", batch_id)
        if email.state not in _CHANGEABLE:
            raise IllegalTransition(f"email {email_id}", email.state.value, "given other requests")
        if email.template is Template.CONFIRMATION:
            raise IllegalTransition(f"email {email_id}", "a confirmation", "given requests")
        return email

    def _wanted(self, unit: ApiUnit, email: Email, request_id: PlacementRequestId) -> PlacementRequest:
        try:
            request = unit.requests.get(request_id)
        except UnknownId:
            raise InvalidValues([InvalidValue("placement_request_id", "no placement request has this id")]) from None
        if request.therapist_id != email.therapist_id:
            raise InvalidValues([InvalidValue("placement_request_id", "is for another therapist")])
        if request_id in {item.placement_request_id for item in email.items}:
            raise InvalidValues([InvalidValue("placement_request_id", "stands in this email already")])
        return request

    def _holds(self, unit: ApiUnit, email: Email, item: BatchItem, today: date) -> list[Hold]:
        if email.state is EmailState.QUEUED and not email.may_be_recomposed:
            raise IllegalTransition(f"email {email.id}", "queued, with a text of its own", "given more requests")
        holds = list(decide_request(unit.requests.get(item.placement_request_id), today=today).holds)
        if len(email.included) >= self.policy.max_requests_per_email:
            holds.append(Hold(Reason.EMAIL_FULL))
        return holds

    def _let_go(self, unit: ApiUnit, email: Email, item: BatchItem) -> None:
        if email.state is EmailState.QUEUED:
            opened = unit.requests.release([item.placement_request_id])
            unit.outbox.put(requests_moved(opened, RequestStatus.OPEN))

    def _arrange(self, unit: ApiUnit, email: Email, places: Places, *, today: date) -> Arranged:
        """Write the rows, and the letter about those that are in it."""
        before = {item.placement_request_id for item in email.included}
        unit.drafting.arrange(email.id, places)
        requests = unit.requests.of_email(email.id)
        decision = decide((), today=today)
        if email.body_provided:
            if email.state is EmailState.QUEUED and {request.id for request in requests} != before:
                cancel(unit, email, now=unit.now(), words=NOTHING_LEFT)
        elif not requests:
            if before:
                cancel(unit, email, now=unit.now(), words=NOTHING_LEFT)
        else:
            self._compose(unit, email, requests, today=today)
        return Arranged(email_id=email.id, decision=decision)

    def _compose(self, unit: ApiUnit, email: Email, requests: Sequence[PlacementRequest], *, today: date) -> None:
        therapist = unit.therapists.get(email.therapist_id)
        template = template_of(requests)
        letter = composed_letter(unit, self.stationery, template, therapist, requests, today=today)
        if email.state is EmailState.DRAFT:
            content = self.stationery.draft(letter, therapist)
        else:
            content = self.stationery.seal(letter, therapist, now=unit.now(), message_id=email.message_id)
        unit.drafting.rewrite(email.id, content, template=template, body_provided=False, batch_id=email.batch_id)


def _item_of(email: Email, request_id: PlacementRequestId) -> BatchItem:
    return next(item for item in email.items if item.placement_request_id == request_id)
