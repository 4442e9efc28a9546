"""What has a run asked, and may it go on?"""

from collections.abc import Callable, Collection

from attrs import define, field, frozen

from boona_core.geocoding import Service
from boona_core.geocoding_ports import ServiceFault
from boona_core.usecases.asking_in_turn import Became


@frozen(kw_only=True)
class Asked:
    """What a run has asked.

    Attributes:
        people: With a place that was not known, or whose ways were looked at.
        without_question: Of them, those about whom nothing can be asked: too little is known.
        questions: Asked; in a dry run those that would be asked first.
        found: Places or roads that are known by it.
        unknown: Answers that nobody knows.
        elsewhere: Questions that another run was asking.
        failed: Questions without an answer that makes sense; they are asked again by the next run.
        limited: It ended at the limit that it was given.
        interrupted: It was told to stop before everything was asked.
        stopped: Why else it ended before everything was asked; None: it came to its end.
    """

    dry_run: bool
    people: int = 0
    without_question: int = 0
    questions: int = 0
    found: int = 0
    unknown: int = 0
    elsewhere: int = 0
    failed: int = 0
    limited: bool = False
    interrupted: bool = False
    stopped: str | None = None


@define(kw_only=True)
class Run:
    """Counts what a run asks, and says when it is over.

    Attributes:
        limit: Questions at most; None: all.
        failures: So many in a row end it.
        stop: Whether it is to stop; asked between two steps.
    """

    service: Service
    limit: int | None
    failures: int
    on_asked: Callable[[int], None]
    stop: Callable[[], bool]
    questions: int = 0
    elsewhere: int = 0
    failed: int = 0
    limited: bool = False
    interrupted: bool = False
    stopped: str | None = None
    _in_a_row: int = field(default=0, init=False)

    @property
    def is_over(self) -> bool:
        """Whether a further question was refused, or will be."""
        return self.limited or self.interrupted or self.stopped is not None

    def goes_on(self) -> bool:
        """Whether there may be a next question; where it was told to stop there is none."""
        self.interrupted = self.interrupted or (not self.is_over and self.stop())
        return not self.is_over

    def may_ask(self) -> bool:
        """Whether the question that is to be asked next may be asked."""
        self.limited = self.limited or (self.limit is not None and self.questions >= self.limit)
        return self.goes_on()

    def ask(self, asking: Callable[[], Became]) -> bool:
        """Ask one question; whether its answer is known by now."""
        try:
            became = asking()
        except ServiceFault as fault:
            self.questions += 1
            self.failed += 1
            self._in_a_row += 1
            if fault.retry_after is not None or self._in_a_row >= self.failures:
                self.stopped = str(fault)
            return False
        if became is Became.RESTING:
            self.stopped = f"{self.service} is to be left alone for a while"
        elif became is Became.INTERRUPTED:
            self.interrupted = True
        elif became is Became.ELSEWHERE:
            self.elsewhere += 1
        elif became is Became.ASKED:
            self._in_a_row = 0
            self.questions += 1
            self.on_asked(self.questions)
        return became in (Became.ASKED, Became.KNOWN)

    def asked(self, *, dry_run: bool, people: int, without_question: int, answers: Collection[bool]) -> Asked:
        """What it has asked; *answers* say of each place or way whether it is known now."""
        found = sum(answers)
        return Asked(
            dry_run=dry_run,
            people=people,
            without_question=without_question,
            questions=self.questions,
            found=found,
            unknown=len(answers) - found,
            elsewhere=self.elsewhere,
            failed=self.failed,
            limited=self.limited,
            interrupted=self.interrupted,
            stopped=self.stopped,
        )
