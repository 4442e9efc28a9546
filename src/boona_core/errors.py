"""What can go wrong by misuse.

A rule that says no returns a value; an exception means that somebody asked for something impossible: an unknown id,
a naive datetime, a transition that does not exist.  Errors carry ids and places, never the data of a person.
"""

from collections.abc import Sequence


class BoonaError(Exception):
    """The root of everything that Boona raises."""


class InvalidValue(BoonaError, ValueError):
    """A value that breaks a rule of its type.

    Attributes:
        place: Where it stands, as a path that a person can follow (``monday[1].end``).
        fault: What is wrong with it.
    """

    def __init__(self, place: str, fault: str) -> None:
        super().__init__(f"{place}: {fault}" if place else fault)
        self.place = place
        self.fault = fault


class InvalidValues(BoonaError, ValueError):
    """Every fault of one input at once, so that it can be mended in one go."""

    def __init__(self, faults: Sequence[InvalidValue]) -> None:
        super().__init__("; ".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


class NaiveInstant(BoonaError, ValueError):
    """An instant without a UTC offset."""


class UnknownId(BoonaError, LookupError):
    """Nothing of this kind has this id.

    Attributes:
        kind: The word for it (``therapist``, ``email`` …).
        id: The id that was asked for.
    """

    def __init__(self, kind: str, id: int) -> None:  # noqa: A002 - the field's own word
        super().__init__(f"no {kind} has the id {id}")
        self.kind = kind
        self.id = id


class IllegalTransition(BoonaError):
    """A lifecycle has no such step.

    Attributes:
        subject: What was to move (``email 17``).
        state: Where it stands.
        step: What was asked of it.
    """

    def __init__(self, subject: str, state: str, step: str) -> None:
        super().__init__(f"{subject} is {state}: it cannot be {step}")
        self.subject = subject
        self.state = state
        self.step = step


_PASSING = frozenset({"40001", "40P01", "55P03", "57014"})  # serialization, deadlock, lock and statement timeout


class StoreError(BoonaError):
    """The store failed, or refused by a rule of its own.

    The text of a database's error repeats row values, and row values are patient data: this error carries their
    names only.

    Attributes:
        sqlstate: The five letters of the SQL standard, None when the connection was lost.
        constraint: The constraint that refused, None when it was none.
    """

    def __init__(self, sqlstate: str | None, constraint: str | None = None) -> None:
        super().__init__(f"the store failed (sqlstate {sqlstate or 'unknown'}, constraint {constraint or 'none'})")
        self.sqlstate = sqlstate
        self.constraint = constraint

    @property
    def passing(self) -> bool:
        """Whether the same work may succeed a moment later: the store was away, or another unit was in the way."""
        return self.sqlstate in _PASSING


class StoreUnavailable(StoreError):
    """The store cannot be reached, or the connection was lost: the same work may succeed later."""

    @property
    def passing(self) -> bool:
        """True."""
        return True
