"""Write an email by hand: its text, its requests, or both, under the same rules as a planned one.

The email is stored as a draft first and then queued by ``QueueEmail`` in the same transaction, so there is one place
that decides, reserves and counts.  An email that is refused leaves nothing behind.
"""

import html
import re
from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from attrs import evolve, field, frozen

from boona_core.api_ports import ApiUnit, OpenApiUnit
from boona_core.contact import ContactPolicy, decide
from boona_core.emails import EmailState
from boona_core.errors import IllegalTransition, InvalidValue, InvalidValues
from boona_core.events import EventType
from boona_core.ids import EmailId, PlacementRequestId, TherapistId
from boona_core.import_ports import StoredRow
from boona_core.importing import ImportKind
from boona_core.instants import local_day
from boona_core.letters import Letter, Template
from boona_core.plain_text import plain_text
from boona_core.ports import NewEmail
from boona_core.requests import MOST_REQUESTS, PlacementRequest
from boona_core.therapists import Therapist
from boona_core.usecases.composing import Stationery, letter_of
from boona_core.usecases.deciding import QueueEmail, Queuing
from boona_core.usecases.joining import JoinedUnits
from boona_core.usecases.telling import email_event


@frozen(kw_only=True)
class Written:
    """An email as a person or another system wants it.

    Attributes:
        subject: None: as the agency's letter has it.
        body_html: None: made from *body_text*, or as the agency's letter has it.
        body_text: None: made from *body_html*, or as the agency's letter has it.
        recipient_mailbox: The mailbox that the writer believes to write to; None: whatever the therapist has.
        recipient_name: None: the therapist's name.
        sender_email: None, or the agency's own.
        request_ids: In the order of the letter.
        draft: It waits for a person instead of going into the queue.
        override_reason: A person's reason to override what may be overridden; None: nothing is overridden.
    """

    therapist_id: TherapistId
    subject: str | None = field(default=None, repr=False)
    body_html: str | None = field(default=None, repr=False)
    body_text: str | None = field(default=None, repr=False)
    recipient_mailbox: str | None = field(default=None, repr=False)
    recipient_name: str | None = field(default=None, repr=False)
    sender_email: str | None = field(default=None, repr=False)
    sender_name: str | None = field(default=None, repr=False)
    batch_id: str | None = None
    request_ids: tuple[PlacementRequestId, ...] = ()
    draft: bool = False
    override_reason: str | None = field(default=None, repr=False)

    @property
    def has_body(self) -> bool:
        """Whether the text came with it."""
        return bool(self.body_html or self.body_text)


@frozen(kw_only=True)
class WriteEmail:
    """Create one email, and queue it unless it is to stay a draft."""

    open_unit: OpenApiUnit
    stationery: Stationery
    policy: ContactPolicy
    zone: ZoneInfo

    def __call__(self, written: Written) -> Queuing:
        """Create one email; the answer says whether it was, and a refused one is not stored.

        A draft is stored whatever the rules say today: they are asked when it is queued.

        Raises:
            InvalidValues: the email cannot be written like this; every fault with its place.
        """
        if written.override_reason is not None and not written.override_reason.strip():
            raise InvalidValues([InvalidValue("override_reason", "needs a reason in words")])
        with JoinedUnits(self.open_unit) as units:
            unit = units.unit
            unit.therapists.lock([written.therapist_id])
            stored = unit.imports.stored(ImportKind.THERAPISTS, [written.therapist_id])
            if written.therapist_id not in stored:
                raise InvalidValues([InvalidValue("therapist_id", "no therapist has this id")])
            queuing = self._write(units, written, stored[written.therapist_id])
            if queuing.queued:
                units.keep()
        return queuing

    def _write(self, units: JoinedUnits, written: Written, stored: StoredRow) -> Queuing:
        unit = units.unit
        today = local_day(unit.now(), self.zone)
        therapist = unit.therapists.get(written.therapist_id)
        requests = self._requests(unit, written)
        self._check(written, stored)
        email_id = unit.emails.new_ids(1)[0]
        new = self._new(unit, written, therapist, requests, today)
        unit.emails.add({email_id: new}, now=unit.now())
        unit.outbox.put([email_event(EventType.EMAIL_CREATED, email_id, therapist.id)])
        if written.draft:
            return Queuing(email_id=email_id, decision=decide((), today=today))
        queue = QueueEmail(open_unit=units.open, stationery=self.stationery, policy=self.policy, zone=self.zone)
        return queue(email_id, override=written.override_reason)

    def _requests(self, unit: ApiUnit, written: Written) -> list[PlacementRequest]:
        if len(written.request_ids) > MOST_REQUESTS:
            raise InvalidValues([InvalidValue("placement_request_ids", f"names more than {MOST_REQUESTS} requests")])
        faults = []
        requests = []
        seen: set[int] = set()
        there = {request.id: request for request in unit.requests.by_id(written.request_ids)}
        for place, request_id in enumerate(written.request_ids):
            request = there.get(request_id)
            if request is None:
                faults.append(InvalidValue(f"placement_request_ids[{place}]", "no placement request has this id"))
                continue
            if request.therapist_id != written.therapist_id:
                faults.append(InvalidValue(f"placement_request_ids[{place}]", "is for another therapist"))
            if request_id in seen:
                faults.append(InvalidValue(f"placement_request_ids[{place}]", "stands twice"))
            seen.add(request_id)
            requests.append(request)
        if faults:
            raise InvalidValues(faults)
        return requests

    def _check(self, written: Written, stored: StoredRow) -> None:
        faults = []
        if not written.has_body and not written.request_ids:
            faults.append(
                InvalidValue("body_text", "is missing: without placement requests there is no letter to write")
            )
        if written.has_body and not (written.subject or "").strip():
            faults.append(InvalidValue("subject", "is missing: a text of your own needs one"))
        mailbox = stored.values["mailbox"]
        if written.recipient_mailbox is not None and mailbox is not None and written.recipient_mailbox != mailbox:
            faults.append(InvalidValue("recipient_email", "is not this therapist's address: change the therapist"))
        ours = self.stationery.sender.email.casefold()
        if written.sender_email is not None and written.sender_email.casefold() != ours:
            faults.append(InvalidValue("sender_email", "is not the agency's own address"))
        if written.sender_name is not None and written.sender_name != self.stationery.sender.name:
            faults.append(InvalidValue("sender_name", "is not the agency's own name"))
        if faults:
            raise InvalidValues(faults)

    def _new(
        self,
        unit: ApiUnit,
        written: Written,
        therapist: Therapist,
        requests: Sequence[PlacementRequest],
        today: date,
    ) -> NewEmail:
        template = None if written.has_body else template_of(requests)
        if template is None:
            letter = provided_letter(written.subject or "", written.body_html, written.body_text)
        else:
            letter = composed_letter(unit, self.stationery, template, therapist, requests, today=today)
            letter = evolve(letter, subject=written.subject or letter.subject)
        content = self.stationery.draft(letter, therapist)
        if template is None:
            content = evolve(content, recipient_name=written.recipient_name or content.recipient_name)
        return NewEmail(
            therapist_id=therapist.id,
            mailbox_id=therapist.mailbox_id,
            request_ids=tuple(request.id for request in requests),
            content=content,
            state=EmailState.DRAFT,
            day=today,
            template=template,
            batch_id=written.batch_id,
            body_provided=template is None,
        )


@frozen(kw_only=True)
class Rewritten:
    """What is to change about a draft; None: nothing of it.

    Attributes:
        subject: As in ``Written``.
    """

    subject: str | None = field(default=None, repr=False)
    body_html: str | None = field(default=None, repr=False)
    body_text: str | None = field(default=None, repr=False)
    recipient_name: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class RewriteEmail:
    """Change the text of a draft; from then on it is a person's own text and is never composed anew."""

    open_unit: OpenApiUnit
    stationery: Stationery

    def __call__(self, email_id: EmailId, rewritten: Rewritten) -> None:
        """Change a draft.

        Raises:
            IllegalTransition: it is no draft any more.
            InvalidValues: a text is empty, or cannot be kept.
            UnknownId: there is no such email.
        """
        with self.open_unit() as unit:
            unit.therapists.lock([unit.emails.get(email_id).therapist_id])
            email = unit.emails.lock(email_id)
            if email.state is not EmailState.DRAFT:
                raise IllegalTransition(f"email {email_id}", email.state.value, "written anew")
            letter = letter_of(email)
            subject = letter.subject if rewritten.subject is None else rewritten.subject
            if rewritten.body_html is None and rewritten.body_text is None:
                letter = evolve(letter, subject=subject)
            else:
                letter = provided_letter(subject, rewritten.body_html, rewritten.body_text)
            therapist = unit.therapists.get(email.therapist_id)
            content = self.stationery.draft(letter, therapist)
            name = email.recipient_name if rewritten.recipient_name is None else rewritten.recipient_name
            unit.drafting.rewrite(
                email_id,
                evolve(content, recipient_name=name),
                template=None,
                body_provided=True,
                batch_id=email.batch_id,
            )
            unit.commit()


def provided_letter(subject: str, body_html: str | None, body_text: str | None) -> Letter:
    """A letter in both forms, of which at least one was written by somebody; the other says the same more plainly."""
    if not body_text and body_html:
        body_text = plain_text(body_html) or "-"
    if not body_html and body_text:
        paragraphs = re.split(r"\n\s*\n", body_text.strip())
        body_html = "".join(f"<p>{html.escape(each).replace(chr(10), '<br>')}</p>\n" for each in paragraphs)
    return Letter(subject=subject, body_html=body_html or "", body_text=body_text or "")


def template_of(requests: Sequence[PlacementRequest]) -> Template:
    """Which letter these requests make: a reminder when all were offered before, else by their number."""
    if all(request.offered for request in requests):
        return Template.FOLLOW_UP
    return Template.INITIAL_CONTACT if len(requests) == 1 else Template.BATCH_REQUEST


def composed_letter(
    unit: ApiUnit,
    stationery: Stationery,
    template: Template,
    therapist: Therapist,
    requests: Sequence[PlacementRequest],
    *,
    today: date,
) -> Letter:
    """The agency's letter about these requests, in this order."""
    patients = unit.patients.get_many({request.patient_id for request in requests})
    return stationery.write(template, therapist, [patients[request.patient_id] for request in requests], today=today)
