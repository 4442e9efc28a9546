"""What does a caller have before them when they ring a practice?

Everything that the text for the caller is made of; the words around it belong to the template.  As in a letter a
patient is a number and a profile, never a name: what is read out at the telephone may be heard by others.
"""

from collections.abc import Sequence
from datetime import date

from attrs import field, frozen

from boona_core.calls import Cause, PhoneCall
from boona_core.contact import Channel, ContactPolicy
from boona_core.instants import days_after
from boona_core.letters import Addressee, Agency, LetterPatient
from boona_core.past_contacts import PastContact, last_promise


@frozen(kw_only=True, repr=False)
class CallScript:
    """The text for one call, to be written.

    Attributes:
        caller: Who calls; None: nobody in particular.
        patients: Under the numbers by which the answers are recorded; none: the call is about nobody in particular.
        written_on: The day of the last email that arrived and was not answered; None: there is none.
        missed_on: The day of the last call that nobody answered, if nothing was said since; None: there is none.
        promised_on: The day on which something was promised last; None: nothing was.
        promises: What it was.
        rests_until: The first day of another contact after a no on the day of the call; None: there is no rest.
    """

    agency: Agency
    caller: str | None = None
    addressee: Addressee
    cause: Cause
    patients: tuple[LetterPatient, ...] = ()
    written_on: date | None = None
    missed_on: date | None = None
    promised_on: date | None = None
    promises: tuple[str, ...] = field(default=())
    rests_until: date | None = None


def script_of(
    call: PhoneCall,
    *,
    agency: Agency,
    caller: str | None,
    addressee: Addressee,
    patients: Sequence[LetterPatient],
    history: Sequence[PastContact],
    policy: ContactPolicy,
) -> CallScript:
    """The text for *call*, to be written.

    Args:
        history: What has passed with the therapist before, the newest first.
    """
    since = _since_the_last_answer(history)
    promise = last_promise(history)
    return CallScript(
        agency=agency,
        caller=caller,
        addressee=addressee,
        cause=call.cause,
        patients=tuple(patients),
        written_on=next((each.day for each in since if each.channel is Channel.EMAIL and each.reached), None),
        missed_on=next((each.day for each in since if each.channel is Channel.PHONE), None),
        promised_on=None if promise is None else promise.answered_on or promise.day,
        promises=() if promise is None else promise.promises,
        rests_until=days_after(call.time.day, policy.cooldown_days) if policy.cooldown_days else None,
    )


def _since_the_last_answer(history: Sequence[PastContact]) -> list[PastContact]:
    """The contacts that had no answer, back to the last one that had."""
    answered = next((place for place, each in enumerate(history) if each.answered_on is not None), len(history))
    return list(history[:answered])
