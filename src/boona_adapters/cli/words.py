"""How are the reasons of a decision said to a person?"""

from boona_core.contact import ContactDecision, Hold, Reason

REASONS = {
    Reason.BLOCKED: "the therapist is blocked",
    Reason.INACTIVE: "the therapist is inactive",
    Reason.DO_NOT_CONTACT: "do not contact: the therapist, or somebody at this mailbox, wishes no letters",
    Reason.ERASED: "the therapist was erased",
    Reason.ABSENT: "the therapist is away",
    Reason.NO_EMAIL_ADDRESS: "no email address",
    Reason.NO_PHONE_NUMBER: "no phone number",
    Reason.BOUNCED_ADDRESS: "the address refused mail for good",
    Reason.EMAIL_OUTSTANDING: "an email is queued, sending or uncertain",
    Reason.EMAIL_INTERVAL: "an email went out lately",
    Reason.MAILBOX_INTERVAL: "an email to the same mailbox went out lately, or goes out in this plan",
    Reason.RECENT_CALL: "a call took place lately",
    Reason.CALL_PLANNED: "a call is planned soon",
    Reason.AWAITING_ANSWER: "an email waits for its answer, or for its follow-up call",
    Reason.COOLDOWN: "rest after an answer",
    Reason.NO_PHONE_HOURS: "no phone hours are known",
    Reason.NO_FREE_SLOT: "no free time in the phone hours",
    Reason.ATTEMPTS_EXHAUSTED: "all attempts to call are used up",
    Reason.DAILY_CAP: "the day's number of emails is reached",
    Reason.EMAIL_FULL: "no room in the next email",
    Reason.PATIENT_NOT_SEARCHING: "the patient is not searching, or pauses",
    Reason.PATIENT_EXCLUDED_THERAPIST: "the patient does not want this therapist",
    Reason.PAIR_RESTING: "this pair rests after a no",
    Reason.REQUEST_CLOSED: "the request is not open (any more)",
}


def hold_in_words(hold: Hold) -> str:
    """A reason, and until when."""
    until = f" (until {hold.until})" if hold.until else ""
    return f"{REASONS[hold.reason]}{until}"


def holds_in_words(decision: ContactDecision) -> str:
    """Every reason of a decision in one line."""
    return "; ".join(map(hold_in_words, decision.holds))


def day_in_words(decision: ContactDecision) -> str:
    """The first day without any hold."""
    return str(decision.next_allowed_on) if decision.next_allowed_on else "no day"
