"""What matching knows of a patient, of a therapist, and of what stands between the two.

The wishes of both sides are read once, when a side is made: a patient may be held against many thousand therapists.
Nothing here decides; nothing here looks anybody up.
"""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from attrs import Attribute, Factory, field, frozen

from boona_core.diagnoses import DiagnosisGroup, codes_of, read_group
from boona_core.errors import InvalidValue
from boona_core.geo import Point, kilometres
from boona_core.patients import Patient, TravelLimit
from boona_core.therapists import Therapist
from boona_core.wishes import languages_of, methods_of


def _at_least_one(_: object, attribute: "Attribute[int]", value: int) -> None:
    if value < 1:
        raise InvalidValue(attribute.name, "must be at least 1")


@frozen(kw_only=True)
class MatchingPolicy:
    """What the agency holds for a pair that may work.

    Attributes:
        session_minutes: Length of a session.
        assumed_max_km: How far a patient goes whose limit is not known; it is shown that it was assumed.
        allow_unknown_distance: Whether an unknown distance or way may pass; it is shown either way.
        distance_step_km: Practices within one such step count as equally far when matches are put in order.

    Raises:
        InvalidValue: a number is below 1.
    """

    session_minutes: int = field(default=50, validator=_at_least_one)
    assumed_max_km: int = field(default=50, validator=_at_least_one)
    allow_unknown_distance: bool = False
    distance_step_km: int = field(default=5, validator=_at_least_one)


@frozen(kw_only=True)
class Seeker:
    """A patient as matching sees them.

    Attributes:
        home: Where they set out from; None: unknown.
    """

    patient: Patient
    home: Point | None = field(default=None, repr=False)
    methods: frozenset[str] = field(
        init=False, repr=False, default=Factory(lambda self: methods_of(self.patient.therapy_methods), takes_self=True)
    )
    languages: frozenset[str] = field(
        init=False, repr=False, default=Factory(lambda self: languages_of(self.patient.languages), takes_self=True)
    )
    codes: tuple[str, ...] = field(
        init=False, repr=False, default=Factory(lambda self: codes_of(self.patient.diagnosis), takes_self=True)
    )


@frozen(kw_only=True)
class Practice:
    """A therapist as matching sees them.

    Attributes:
        place: Where the sessions are; None: unknown.
        elsewhere: Where there are sessions besides, as far as it is known.
        mailbox_closed: Nobody at this mailbox is to be written to.
        answered: Requests that were answered with yes or no, at least 0.
        accepted: Those of them that were a yes.
    """

    therapist: Therapist
    place: Point | None = field(default=None, repr=False)
    elsewhere: tuple[Point, ...] = field(default=(), repr=False)
    mailbox_closed: bool = False
    answered: int = 0
    accepted: int = 0
    places: tuple[Point, ...] = field(
        init=False,
        repr=False,
        eq=False,
        default=Factory(
            lambda self: self.elsewhere if self.place is None else (self.place, *self.elsewhere), takes_self=True
        ),
    )
    methods: frozenset[str] = field(
        init=False,
        repr=False,
        default=Factory(lambda self: methods_of(self.therapist.therapy_methods), takes_self=True),
    )
    languages: frozenset[str] = field(
        init=False, repr=False, default=Factory(lambda self: languages_of(self.therapist.languages), takes_self=True)
    )
    accepts: tuple[DiagnosisGroup, ...] = field(
        init=False,
        repr=False,
        default=Factory(lambda self: _groups(self.therapist.accepted_diagnoses), takes_self=True),
    )
    refuses: tuple[DiagnosisGroup, ...] = field(
        init=False,
        repr=False,
        default=Factory(lambda self: _groups(self.therapist.refused_diagnoses), takes_self=True),
    )


def _groups(texts: Iterable[str]) -> tuple[DiagnosisGroup, ...]:
    return tuple(group for group in map(read_group, texts) if group is not None)


@frozen
class Pair:
    """What stands between the two already.

    Attributes:
        request_open: A placement request is open or in progress.
        resting_until: The first day on which they may be offered to each other again; None: nothing rests.
    """

    request_open: bool = False
    resting_until: date | None = None


STRANGERS = Pair()
"""Nothing stands between them."""


def nearest_place(home: Point | None, practice: Practice) -> Point | None:
    """Where somebody from *home* goes, as the crow flies; None: no place is known."""
    places = practice.places
    if not places:
        return None
    if home is None or len(places) == 1:  # as most of many thousand have it
        return places[0]
    return min(places, key=lambda place: kilometres(home, place))


def limit_of(patient: Patient, policy: MatchingPolicy) -> TravelLimit:
    """How far this patient goes; the agency's assumption where nothing is known."""
    limit = patient.travel_limit
    if limit is None or has_no_limit(patient):
        return _assumed(policy.assumed_max_km)
    return limit


@lru_cache
def _assumed(max_km: int) -> TravelLimit:
    return TravelLimit(max_km=max_km)


def has_no_limit(patient: Patient) -> bool:
    """Whether it is not known how far this patient goes."""
    limit = patient.travel_limit
    return limit is None or (limit.max_km is None and limit.max_minutes is None)
