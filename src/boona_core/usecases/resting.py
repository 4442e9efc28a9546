"""Take up again what rested until a day: patients whose pause is over are searched for again, and others are told."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from attrs import frozen

from boona_core.event_ports import OpenRunningUnit
from boona_core.events import Event, EventType
from boona_core.ids import PatientId
from boona_core.instants import local_day


@frozen(kw_only=True)
class EndRests:
    """End the pauses that are over; the rules counted them as over already."""

    open_unit: OpenRunningUnit
    zone: ZoneInfo

    def __call__(self) -> Sequence[PatientId]:
        """Whose search goes on, by id."""
        with self.open_unit() as unit:
            ended = unit.rests.end_pauses(local_day(unit.now(), self.zone))
            unit.outbox.put(
                Event(type=EventType.PATIENT_UPDATED, key=patient, data={"patient_id": patient}) for patient in ended
            )
            unit.commit()
        return ended
