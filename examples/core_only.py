"""Boona's rules and nothing else: a policy, decisions with their reasons, and the emails of a day.

Needs attrs and cattrs only; nothing here opens a file, a socket or a database, and nothing reads a clock.
"""

from datetime import date

from attrs import evolve

from boona_core.batching import candidate_of, plan_emails
from boona_core.contact import Channel, ContactHistory, ContactPolicy, decide_contact
from boona_core.ids import MailboxId, PatientId, PlacementRequestId, TherapistId
from boona_core.requests import PlacementRequest
from boona_core.windows import WeeklyWindows

today = date(2026, 3, 23)
fridays = WeeklyWindows.from_json({"friday": ["11:00-12:00"]})
policy = ContactPolicy(max_requests_per_email=3, fallback_phone_hours=fridays)

# What is known of four therapists; the last two share a mailbox.
new = ContactHistory(therapist_id=TherapistId(1), mailbox_id=MailboxId(11), has_phone=True)
resting = evolve(new, therapist_id=TherapistId(2), mailbox_id=MailboxId(12), last_answer_on=date(2026, 3, 2))
therapists = [
    new,
    evolve(resting, last_call_on=date(2026, 3, 19)),
    evolve(new, therapist_id=TherapistId(3), mailbox_id=MailboxId(13), has_phone=False),
    evolve(new, therapist_id=TherapistId(4), mailbox_id=MailboxId(13)),
]

print(f"On {today:%A, %d %B %Y}, may we contact")
for history in therapists:
    for channel in Channel:
        decision = decide_contact(history, policy, channel=channel, today=today)
        answer = "yes" if decision.allowed else f"no: {', '.join(decision.reasons)}"
        later = "" if decision.allowed else f" (from {decision.next_allowed_on or 'no day'} on)"
        print(f"  therapist {history.therapist_id} by {channel}? {answer}{later}")

# Five patients are offered to each of them; the higher the number, the longer the wait.
offers = [
    PlacementRequest(
        id=PlacementRequestId(10 * history.therapist_id + patient),
        patient_id=PatientId(patient),
        therapist_id=history.therapist_id,
        registered_on=date(2026, 2, 20 - patient),
    )
    for history in therapists
    for patient in range(1, 6)
]
offers_to = {history: [each for each in offers if each.therapist_id == history.therapist_id] for history in therapists}
plan = plan_emails((candidate_of(*each, policy, today=today) for each in offers_to.items()), policy, today=today)

print("The emails of the day")
for email in plan.emails:
    patients = ", ".join(str(request.patient_id) for request in email.requests)
    print(f"  to therapist {email.therapist_id}, {email.template}: patients {patients}")
for refusal in plan.refusals:
    print(f"  none to therapist {refusal.therapist_id}: {', '.join(refusal.decision.reasons)}")
print(f"  {plan.left_over} requests wait for the next ones")
