"""The kinds of id, so that the type checker tells a patient from a therapist.  All are positive integers."""

from typing import NewType

TherapistId = NewType("TherapistId", int)
MailboxId = NewType("MailboxId", int)
PatientId = NewType("PatientId", int)
PlacementRequestId = NewType("PlacementRequestId", int)
EmailId = NewType("EmailId", int)
EmailBatchId = NewType("EmailBatchId", int)
CallerId = NewType("CallerId", int)
PhoneCallId = NewType("PhoneCallId", int)
PhoneCallBatchId = NewType("PhoneCallBatchId", int)
AccessTokenId = NewType("AccessTokenId", int)
