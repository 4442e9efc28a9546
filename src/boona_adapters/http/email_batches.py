"""The placement requests in an email over HTTP: which, in what order, and what was said about each."""

from http import HTTPStatus

from attrs import frozen

from boona_adapters.http.codec import UNNAMED, named
from boona_adapters.http.email_responses import SaidOutcome
from boona_adapters.http.email_shapes import EmailBatchShape, batch_shape, email_shape
from boona_adapters.http.operations import Created, Done, Operation, Outcome, Refused, Shown, Understood
from boona_adapters.http.places import places_named
from boona_adapters.http.problems import ProblemRaised
from boona_adapters.http.texts import Id, Priority, Prose
from boona_core.calls import Outcome as RequestOutcome
from boona_core.ids import EmailBatchId, EmailId, PlacementRequestId
from boona_core.usecases.arranging import Arranged


@frozen(kw_only=True)
class NewEmailBatch:
    """A placement request to be put into an email.

    Attributes:
        priority: The rank; at the end of the letter where nothing is said.
    """

    placement_request_id: Id
    priority: Priority = UNNAMED


@frozen(kw_only=True)
class EmailBatchChange:
    """What is to change about a placement request in an email.

    Attributes:
        included: As long as nobody has claimed the email.
        priority: The rank, likewise.
        response_outcome: What the therapist said about it: an answer to the email.
        response_notes: What the staff notes about that.
    """

    included: bool = UNNAMED
    priority: Priority = UNNAMED
    response_outcome: SaidOutcome = UNNAMED
    response_notes: Prose | None = UNNAMED


@frozen(kw_only=True)
class EmailBatchesShape:
    """The placement requests in an email, first of the letter first."""

    data: tuple[EmailBatchShape, ...]


def list_batches(asked: Understood) -> Outcome:
    """List the placement requests in an email."""
    return Shown(EmailBatchesShape(data=email_shape(asked.application.show.email(EmailId(asked.number))).batches))


def add_batch(asked: Understood) -> Outcome:
    """Put a placement request into an email that nobody has claimed."""
    told = named(asked.body)
    arranged = asked.application.arrange_email.put_in(
        EmailId(asked.number), PlacementRequestId(told["placement_request_id"]), rank=told.get("priority")
    )
    if not arranged.decision.allowed or arranged.batch_id is None:
        return Refused(decision=arranged.decision)
    return Created(_batch(asked, arranged.batch_id), f"/api/email-batches/{arranged.batch_id}")


def _batch(asked: Understood, batch_id: EmailBatchId, *, hold: bool = False) -> EmailBatchShape:
    email = asked.application.show.email_of_batch(batch_id, hold=hold)
    for item in email.items:
        if item.id == batch_id:
            return batch_shape(email, item)
    raise ProblemRaised(404, f"no email batch has the id {batch_id}")


def _held_batch(asked: Understood) -> EmailBatchShape:
    return _batch(asked, EmailBatchId(asked.number), hold=True)


def show_batch(asked: Understood) -> Outcome:
    """Show one placement request in one email."""
    return Shown(_batch(asked, EmailBatchId(asked.number)), etag=True)


def change_batch(asked: Understood) -> Outcome:
    """Take a placement request out of an email or back in, give it another rank, or say what was said about it."""
    told = named(asked.body)
    batch_id = EmailBatchId(asked.number)
    if "response_outcome" in told:
        _held_batch(asked)
    if {"included", "priority"} & told.keys():
        arranged: Arranged = asked.application.arrange_email.move(
            batch_id, included=told.get("included"), rank=told.get("priority")
        )
        if not arranged.decision.allowed:
            return Refused(decision=arranged.decision)
    if "response_notes" in told:
        asked.application.arrange_email.note(batch_id, told["response_notes"])
    if "response_outcome" in told:
        _say(asked, batch_id, told["response_outcome"])
    return Shown(_batch(asked, batch_id), etag=True)


def _say(asked: Understood, batch_id: EmailBatchId, outcome: SaidOutcome) -> None:
    """An answer about one request of an email; what was said about the others stays."""
    email = asked.application.show.email_of_batch(batch_id)
    item = next(each for each in email.items if each.id == batch_id)
    said = {item.placement_request_id: RequestOutcome(outcome.value)}
    with places_named(on="response_date", outcomes="response_outcome"):
        asked.application.record_answer(email.id, requests=said, on=email.response_date)


def remove_batch(asked: Understood) -> Outcome:
    """Delete a placement request from an email that nobody has claimed."""
    asked.application.arrange_email.take_out(EmailBatchId(asked.number))
    return Done()


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/emails/{id}/batches",
        name="listEmailBatches",
        summary="The placement requests in an email",
        tag="emails",
        act=list_batches,
        answer=EmailBatchesShape,
    ),
    Operation(
        method="POST",
        path="/api/emails/{id}/batches",
        name="createEmailBatch",
        summary="Put a placement request into an email",
        description="As long as nobody has claimed the email; the letter is written anew.",
        tag="emails",
        act=add_batch,
        body=NewEmailBatch,
        answer=EmailBatchShape,
        status=HTTPStatus.CREATED,
        refuses=True,
        example={"placement_request_id": 1},
    ),
    Operation(
        method="GET",
        path="/api/email-batches/{id}",
        name="getEmailBatch",
        summary="Show a placement request in an email",
        tag="emails",
        act=show_batch,
        answer=EmailBatchShape,
    ),
    Operation(
        method="PUT",
        path="/api/email-batches/{id}",
        name="changeEmailBatch",
        summary="Change a placement request in an email",
        description="Taken out, its request is open again; the letter is written anew without it.",
        tag="emails",
        act=change_batch,
        body=EmailBatchChange,
        answer=EmailBatchShape,
        refuses=True,
        current=_held_batch,
        example={"included": False},
    ),
    Operation(
        method="DELETE",
        path="/api/email-batches/{id}",
        name="deleteEmailBatch",
        summary="Delete a placement request from an email",
        tag="emails",
        act=remove_batch,
        status=HTTPStatus.NO_CONTENT,
        refuses=True,
        current=_held_batch,
    ),
)
