"""Who is called when, and by whom?  The plan of calls.

Abstract on purpose: days are numbers and time is blocks of the grid, so that nothing depends on a calendar.  Who is
due, in windows from which all that is forbidden has been cut, goes in; calls with a time and a caller come out, and for
each other one why not.  The method, and why it is exact for calls of one block, is told where it is coded:
:mod:`~boona_core.call_planning.chains` for one length, :mod:`~boona_core.call_planning.mixed` for several,
:mod:`~boona_core.call_planning.bound` for the bound, :mod:`~boona_core.call_planning.callers` for the callers' names.
"""

from boona_core.call_planning.planning import plan_calls
from boona_core.call_planning.relief import Relief, more_callers
from boona_core.call_planning.values import (
    CallerTime,
    CallPlan,
    DueCall,
    PlacedCall,
    Span,
    Unplaced,
    WhyUnplaced,
)

__all__ = [
    "CallPlan",
    "CallerTime",
    "DueCall",
    "PlacedCall",
    "Relief",
    "Span",
    "Unplaced",
    "WhyUnplaced",
    "more_callers",
    "plan_calls",
]
