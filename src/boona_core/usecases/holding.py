"""Has the store been restored from before something was sent?  Then no email leaves until a person says so.

A mark rises with everything that leaves the house.  It is kept in the store and, a moment later, outside of it, where a
restore of the store does not reach.  A store that is behind the mark outside has forgotten something.
"""

from attrs import frozen

from boona_core.event_ports import OpenRunningUnit, OutsideMark


@frozen
class Hold:
    """The dispatcher rests until a person releases it.

    Attributes:
        outside: The mark that was noted outside of the store.
        inside: How far the store itself knows of.
    """

    outside: int
    inside: int


@frozen(kw_only=True)
class WatchHighWater:
    """Raise the mark with what leaves, and compare."""

    open_unit: OpenRunningUnit
    outside: OutsideMark

    def hold(self) -> Hold | None:
        """Why nothing may leave; None: it may.

        The mark outside is read first: what others note meanwhile can only make the store's own higher.
        """
        outside = self.outside.read()
        if outside is None:
            return None
        with self.open_unit() as unit:
            inside = unit.high_water.mark()
        return Hold(outside, inside) if outside > inside else None

    def rise(self) -> None:
        """Something leaves, or has left: raise both marks, unless the store is behind already."""
        if self.hold() is not None:
            return
        with self.open_unit() as unit:
            mark = unit.high_water.rise()
            unit.commit()
        self.outside.note(mark)

    def release(self) -> Hold | None:
        """A person has looked at what was restored: let emails leave again; returns the hold that there was."""
        hold = self.hold()
        if hold is not None:
            with self.open_unit() as unit:
                mark = unit.high_water.rise(above=hold.outside)
                unit.commit()
            self.outside.note(mark)
        return hold
