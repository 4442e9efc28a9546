"""What does a planned call look like in the calendar of the person who makes it?

A calendar leaves the house: it lies on telephones and with providers.  So an entry says who is called, when, and about
how many patients, and has no room for who they are; the rest is read in Boona.
"""

from datetime import datetime, timedelta

from attrs import field, frozen

from boona_core.errors import InvalidValue
from boona_core.ids import CallerId, PhoneCallId
from boona_core.instants import utc


@frozen(kw_only=True)
class CalendarEntry:
    """One call, as it is now.

    Attributes:
        revision: How often the call was changed since it was planned, from 0 on: a higher one replaces a lower one.
        canceled: The call is off: a calendar that shows it shall take it out.
        start: When it begins.
        minutes: Its length, at least 1.
        therapist: Who is called, as a person says it: title and name.
        phone: The number as it was given; None: unknown.
        patients: About how many, 0 or more.
        caller_id: Who makes it; None: nobody in particular.
        caller: Their name; None where nobody makes it.
        changed_at: When the call was last changed, or planned.

    Raises:
        InvalidValue: a number is out of its bounds.
        NaiveInstant: an instant has no UTC offset.
    """

    call_id: PhoneCallId
    revision: int
    canceled: bool = False
    start: datetime = field(converter=utc)
    minutes: int
    therapist: str = field(repr=False)
    phone: str | None = field(default=None, repr=False)
    patients: int
    caller_id: CallerId | None = None
    caller: str | None = field(default=None, repr=False)
    changed_at: datetime = field(converter=utc)

    def __attrs_post_init__(self) -> None:
        for name, least in (("revision", 0), ("minutes", 1), ("patients", 0)):
            value = getattr(self, name)
            if value < least:
                raise InvalidValue(name, f"expected at least {least}, got {value}")

    @property
    def end(self) -> datetime:
        """The instant after its last."""
        return self.start + timedelta(minutes=self.minutes)
