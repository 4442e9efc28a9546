"""Find out where those are whose place nobody knows.

Asked are the addresses of therapists who may be matched, each of the places at which they work, and the postal codes
of patients who wait, where the table of postal codes says nothing.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

from attrs import frozen

from boona_core.geo import Point
from boona_core.geocoding import (
    Address,
    GeocodingPolicy,
    Located,
    Provenance,
    next_question,
)
from boona_core.geocoding_ports import Geocoder
from boona_core.matching_ports import GeocodingUnit, OpenGeocodingUnit
from boona_core.usecases.asked import Asked, Run
from boona_core.usecases.asking_in_turn import AskInTurn, Became


@frozen(kw_only=True)
class LocatePeople:
    """Ask a geocoder about every place that is not known, in small steps.

    Attributes:
        ask_in_turn: For the geocoder's service.
    """

    open_unit: OpenGeocodingUnit
    geocoder: Geocoder
    ask_in_turn: AskInTurn
    policy: GeocodingPolicy

    def __call__(
        self,
        *,
        limit: int | None = None,
        dry_run: bool = False,
        on_asked: Callable[[int], None] = lambda _: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> Asked:
        """Ask what is not known; what is known already, or known to be unknown, is not asked again.

        Args:
            limit: Questions at most; None: all.
            dry_run: Ask nothing, change nothing, say what would be asked first.
            on_asked: Told after each answer how many there were.
            stop: Whether to stop, and leave the rest to the next run; asked between two steps.
        """
        with self.open_unit() as unit:
            people = unit.matching.sought()
            wanted = [addresses for each in people for addresses in each.places if addresses]
            keys = {address.key for addresses in wanted for address in addresses}
            known = dict(unit.addresses.get_many(keys, now=unit.now()))
            if not dry_run:
                unit.addresses.forget_ended(now=unit.now())
                unit.commit()
        run = Run(
            service=self.ask_in_turn.service,
            limit=limit,
            failures=self.policy.failures,
            on_asked=on_asked,
            stop=stop,
        )
        if dry_run:
            firsts = {question.key for each in wanted if (question := next_question(each, known)) is not None}
            run.questions = len(firsts) if limit is None else min(len(firsts), limit)
            run.limited = run.questions < len(firsts)
            answers: list[Located] = []
        else:
            answers = self._ask(wanted, known, run)
        return run.asked(
            dry_run=dry_run,
            people=len(people),
            without_question=sum(not each.can_be_asked_about for each in people),
            answers=[answer.point is not None for answer in answers],
        )

    def _ask(self, wanted: Sequence[Sequence[Address]], known: dict[str, Located], run: Run) -> list[Located]:
        """Ask about all of them, where need be about the coarser address too; the answers are added to *known*."""
        answers: list[Located] = []
        without_answer: set[str] = set()
        for addresses in wanted:
            while (
                (question := next_question(addresses, known)) is not None
                and question.key not in without_answer
                and run.may_ask()
            ):
                if not run.ask(partial(self._one, question, known, answers, run.stop)):
                    without_answer.add(question.key)
            if run.is_over:
                break
        return answers

    def _one(
        self, question: Address, known: dict[str, Located], answers: list[Located], stop: Callable[[], bool]
    ) -> Became:
        def is_known(unit: GeocodingUnit) -> bool:
            known.update(unit.addresses.get_many([question.key], now=unit.now()))
            return question.key in known

        def keep(unit: GeocodingUnit, point: Point | None) -> None:
            days = self.policy.keep_unknown_days if point is None else self.policy.keep_days
            asked_at = unit.now()
            provenance = Provenance(
                source=self.geocoder.source, asked_at=asked_at, ends_at=asked_at + timedelta(days=days)
            )
            answers.append(Located(point, provenance))
            known[question.key] = answers[-1]
            unit.addresses.put(question, answers[-1])

        return self.ask_in_turn(
            question.key, is_known=is_known, ask=lambda: self.geocoder.locate(question), keep=keep, stop=stop
        )
