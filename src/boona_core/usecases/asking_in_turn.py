"""Ask a service, at most once a second over all processes, and no question twice.

A question is claimed by a lease, so that two runs do not ask the same; in the same short transaction its turn is
reserved.  No transaction is open while somebody waits or the service answers.  A process that is killed leaves a lease
that ends by itself, and what it had asked before is kept.
"""

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from attrs import frozen

from boona_core.errors import StoreError
from boona_core.geocoding import Service
from boona_core.geocoding_ports import ServiceFault
from boona_core.matching_ports import GeocodingUnit, OpenGeocodingUnit

SPACING = timedelta(seconds=1)
"""From one question to the next where they arrive, whoever asks."""

LATE = timedelta(milliseconds=150)
"""Who comes later than this to their turn lets it go and takes another: the next one's is near."""

ON_THE_WAY = timedelta(milliseconds=100)
"""A question may take so much longer to arrive than the next one."""

PATIENCE = timedelta(seconds=30)
"""A turn that comes later than this is not waited for: the service was told to rest, or too many ask."""

LEASE = timedelta(minutes=3)
"""Longer than waiting for a turn several times, and for an answer."""

NOTICED = timedelta(seconds=2)
"""Who waits for a turn asks so often whether to stop."""

_TURNS = 5

Answer = TypeVar("Answer")


class Became(StrEnum):
    """What became of a question."""

    ASKED = "asked"
    KNOWN = "known"  # another run has asked it since
    ELSEWHERE = "elsewhere"  # another run is asking it
    RESTING = "resting"  # no turn comes soon
    INTERRUPTED = "interrupted"  # whoever asks was told to stop before its turn came


@frozen(kw_only=True)
class AskInTurn:
    """Ask one service.

    Attributes:
        elapsed: Seconds of a clock that only goes on.
        sleep: Waits for so many seconds.
    """

    open_unit: OpenGeocodingUnit
    service: Service
    new_token: Callable[[], UUID]
    elapsed: Callable[[], float]
    sleep: Callable[[float], None]

    def __call__(
        self,
        question: str,
        *,
        is_known: Callable[[GeocodingUnit], bool],
        ask: Callable[[], Answer],
        keep: Callable[[GeocodingUnit, Answer], None],
        stop: Callable[[], bool] = lambda: False,
    ) -> Became:
        """Ask one question, and keep the answer.

        Args:
            question: A hash of it; two that are the same have the same.
            stop: Whether to give it up; asked while nothing but a turn is waited for.

        Raises:
            ServiceFault: there was no answer; where the service wants to be left alone, all processes let it rest.
        """
        claim, token = f"{self.service}:{question[:40]}", self.new_token()
        try:
            became = self._claim(claim, token, is_known, stop)
            if became is not Became.ASKED:
                return became
            answer = ask()
        except StoreError:
            raise  # it would fail again; the claim ends by itself
        except BaseException as error:  # whoever is interrupted lets go as well
            self._let_go(claim, token, rest=error.retry_after if isinstance(error, ServiceFault) else None)
            raise
        with self.open_unit() as unit:
            keep(unit, answer)
            unit.leases.release(claim, token=token)
            unit.commit()
        return Became.ASKED

    def _claim(
        self, claim: str, token: UUID, is_known: Callable[[GeocodingUnit], bool], stop: Callable[[], bool]
    ) -> Became:
        """Wait until it is the turn of a question; ``ASKED``: it is."""
        for _ in range(_TURNS):
            begun = self.elapsed()
            with self.open_unit() as unit:
                if not unit.leases.take(claim, token=token, now=unit.now(), lease=LEASE):
                    return Became.ELSEWHERE
                if is_known(unit):
                    unit.leases.release(claim, token=token)
                    unit.commit()
                    return Became.KNOWN
                wait = unit.turns.reserve(self.service, spacing=SPACING + LATE + ON_THE_WAY, patience=PATIENCE)
                if wait is None:
                    unit.leases.release(claim, token=token)
                    unit.commit()
                    return Became.RESTING
                unit.commit()
            if not self._waited(wait, stop):
                self._let_go(claim, token, rest=None)
                return Became.INTERRUPTED
            if self.elapsed() - begun <= (wait + LATE).total_seconds():
                return Became.ASKED
        raise ServiceFault(self.service, "every turn was missed: this machine or its database is too slow")

    def _waited(self, wait: timedelta, stop: Callable[[], bool]) -> bool:
        """Wait, in short steps; False: whoever waits is to stop."""
        left = wait.total_seconds()
        while not stop():
            step = min(left, NOTICED.total_seconds())
            self.sleep(step)
            left -= step
            if left <= 0:
                return True
        return False

    def _let_go(self, claim: str, token: UUID, *, rest: timedelta | None) -> None:
        with self.open_unit() as unit:
            unit.leases.release(claim, token=token)  # before the turn, as whoever claims it locks them
            if rest is not None:
                unit.turns.rest(self.service, span=rest)
            unit.commit()
