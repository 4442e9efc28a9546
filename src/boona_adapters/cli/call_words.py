"""How are calls said to a person who reads a terminal?"""

from collections import Counter
from collections.abc import Sequence
from textwrap import shorten

from boona_adapters.cli.printing import warn
from boona_adapters.cli.words import day_in_words, hold_in_words
from boona_core.calls import Cause, PhoneCall
from boona_core.contact import Channel
from boona_core.letters import LetterPatient
from boona_core.past_contacts import PastContact
from boona_core.patients import Gender
from boona_core.usecases.changing_calls import Scheduling
from boona_core.usecases.composing import name_of
from boona_core.usecases.listing_calls import ListedCall, ListedPatient
from boona_core.usecases.replanning import Replanning

CAUSES = {
    Cause.SILENT: "silent email",
    Cause.ASKED_FOR: "asked for",
    Cause.RETRY: "tried again",
    Cause.NO_ADDRESS: "no address",
    Cause.PERSON: "by hand",
}
_LONGEST_NOTE = 100
_PERSONS = {Gender.FEMALE: "woman", Gender.MALE: "man", Gender.DIVERSE: "person (diverse)"}


def whom_in_words(listed: ListedCall) -> Sequence[str]:
    """Who is called, where they are, and under which number, as the therapist gave it."""
    therapist = listed.therapist
    name = name_of(therapist) or f"therapist {therapist.id}"
    return [line for line in (name, therapist.city, therapist.phone or "no number") if line]


def circumstances(listed: ListedCall) -> str:
    """Why the call is made, which attempt it is, and what is unusual about its time."""
    call = listed.call
    parts = [CAUSES[call.cause]]
    if call.attempt > 1:
        parts.append(f"attempt {call.attempt} of {listed.attempts}")
    if call.outside_hours:
        parts.append("outside of the phone hours")
    if call.assumed_hours:
        parts.append("hours assumed")
    return ", ".join(parts)


def patient_in_short(patient: ListedPatient) -> str:
    """``1. woman, 36, F32.1 Mittelgradige depressive Episode, since 2024-03``, and what was said."""
    return f"{patient.number}. {_profile(patient.profile)}" + (
        f": {patient.item.outcome}" if patient.item.outcome else ""
    )


def _profile(profile: LetterPatient) -> str:
    parts = [_PERSONS[profile.gender] if profile.gender else "person"]
    if profile.age is not None:
        parts.append(str(profile.age))
    parts += [f"{each.code} {each.words}" if each.words else each.code for each in profile.diagnoses]
    if profile.since:
        parts.append(f"since {profile.since:%Y-%m}")
    return ", ".join(parts)


def contact_in_words(contact: PastContact) -> str:
    """``email on 2026-02-23: no answer``, and the beginning of what the staff noted about a call."""
    kind = "email" if contact.channel is Channel.EMAIL else "call"
    noted = f" ({shorten(contact.words, _LONGEST_NOTE, placeholder='…')})" if contact.words else ""
    return f"{kind} on {contact.day}: {_result(contact)}{noted}"


def _result(contact: PastContact) -> str:
    if not contact.reached:
        return "bounced" if contact.channel is Channel.EMAIL else "nobody answered"
    if contact.answered_on is None:
        return "no answer"
    said = Counter(outcome.value for outcome in contact.outcomes.values() if outcome is not None)
    words = ", ".join(f"{number} {outcome}" for outcome, number in sorted(said.items())) or "no outcome"
    return words if contact.channel is Channel.PHONE else f"{words} (answered on {contact.answered_on})"


def promise_in_words(contact: PastContact) -> str:
    """What was promised, and when."""
    return f"promised on {contact.answered_on or contact.day}: {'; '.join(contact.promises)}"


def planned_in_words(call: PhoneCall, *, dry_run: bool) -> str:
    """``planned on 2026-03-04 09:10, by caller 2``."""
    by = "" if call.caller_id is None else f", by caller {call.caller_id}"
    outside = ", outside of the phone hours" if call.outside_hours else ""
    return f"{'would be ' if dry_run else ''}planned on {call.time}{by}{outside}"


def tell_refusal(what: str, scheduling: Scheduling) -> None:
    """Say on standard error why a call is not planned, and from when on it could be."""
    warn(f"{what}; allowed on {day_in_words(scheduling.decision)}")
    for hold in scheduling.decision.holds:
        warn(f"  - {hold_in_words(hold)}")
    if scheduling.closed:
        warn(f"  decided, or under way: placement requests {', '.join(map(str, scheduling.closed))}")


def replanning_in_words(replanning: Replanning, *, dry_run: bool) -> Sequence[str]:
    """What became of calls that could not stay where they were; nothing when there were none."""
    would = "would be " if dry_run else ""
    lines = []
    if replanning.moved:
        lines.append(f"{would}moved: {_calls(replanning.moved)}")
    if replanning.due_again:
        lines.append(f"{would}canceled, their therapists due again: {_calls(replanning.due_again)}")
    return lines


def _calls(ids: Sequence[int]) -> str:
    return f"{'call' if len(ids) == 1 else 'calls'} {', '.join(map(str, ids))}"
