"""Create placement requests from matches: what fits is offered, and never twice at once.

The rules are asked again under the locks of both sides, so that nothing that changed since the list was made is offered
by it.
"""

from collections.abc import Collection, Mapping
from zoneinfo import ZoneInfo

from attrs import frozen

from boona_core.errors import UnknownId
from boona_core.ids import PatientId, PlacementRequestId, TherapistId
from boona_core.import_ports import NewRequest
from boona_core.instants import local_day
from boona_core.matching import Match, decide_match
from boona_core.matching_ports import OpenMatchingUnit
from boona_core.pairing import STRANGERS, MatchingPolicy
from boona_core.usecases.matching import routes_from
from boona_core.usecases.telling import match_created

PairOfIds = tuple[PatientId, TherapistId]


@frozen(kw_only=True)
class Offered:
    """What was created, or would be.

    Attributes:
        request_ids: Of each pair that is offered from now on; of a dry run, the ids that nothing has kept.
        refused: The other pairs, each with every reason.
    """

    dry_run: bool
    request_ids: Mapping[PairOfIds, PlacementRequestId]
    refused: tuple[Match, ...]


@frozen(kw_only=True)
class OfferMatches:
    """Create an open placement request for each pair that fits."""

    open_unit: OpenMatchingUnit
    policy: MatchingPolicy
    zone: ZoneInfo

    def __call__(self, pairs: Collection[PairOfIds], *, priority: int = 1, dry_run: bool = False) -> Offered:
        """Offer these pairs, all that fit in one transaction.

        Raises:
            UnknownId: one of these patients or therapists does not exist; nothing is created.
        """
        wanted = list(dict.fromkeys(pairs))
        patient_ids = {patient for patient, _ in wanted}
        therapist_ids = {therapist for _, therapist in wanted}
        with self.open_unit() as unit:
            today = local_day(unit.now(), self.zone)
            unit.patients.lock(patient_ids)
            unit.therapists.lock(therapist_ids)
            seekers, practices = unit.matching.seekers(patient_ids), unit.matching.practices(therapist_ids)
            _refuse_unknown("patient", patient_ids - seekers.keys())
            _refuse_unknown("therapist", therapist_ids - practices.keys())
            between = unit.matching.pairs(patient_ids=patient_ids)
            routes = routes_from(unit, seekers.values())
            decided = {
                (patient, therapist): decide_match(
                    seekers[patient],
                    practices[therapist],
                    between.get((patient, therapist), STRANGERS),
                    policy=self.policy,
                    today=today,
                    routes=routes,
                )
                for patient, therapist in wanted
            }
            new = [NewRequest(*pair, priority) for pair, match in decided.items() if match.fits]
            created = unit.imports.create_requests(new)
            unit.outbox.put(
                match_created(
                    created[each.patient_id, each.therapist_id], each.patient_id, each.therapist_id, priority=priority
                )
                for each in new
                if (each.patient_id, each.therapist_id) in created
            )
            if not dry_run:
                unit.commit()
        refused = tuple(match for match in decided.values() if not match.fits)
        return Offered(dry_run=dry_run, request_ids=created, refused=refused)


def _refuse_unknown(kind: str, ids: Collection[int]) -> None:
    if ids:
        raise UnknownId(kind, min(ids))
