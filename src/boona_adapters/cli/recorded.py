"""How is it told what followed from what a therapist said, in an answer or in a call?"""

from boona_adapters.cli.printing import counted, print_line, warn
from boona_core.usecases.outcomes import Recorded


def print_recorded(recorded: Recorded) -> None:
    """Where requests and patients stand now, and which calls are off; what a person must look at as a warning."""
    for number, status in sorted(recorded.moved.items()):
        print_line(f"  request {number}: {status.value}")
    for patient in recorded.placed:
        print_line(f"  patient {patient} has a place")
    for patient in recorded.displaced:
        print_line(f"  patient {patient} searches again")
    if recorded.canceled_calls:
        calls = counted(len(recorded.canceled_calls), "planned call", "planned calls")
        print_line(f"  {calls} canceled: {', '.join(map(str, recorded.canceled_calls))}")
    for late in recorded.too_late:
        warn(f"request {late}: accepted too late, it was canceled already; see `boona emails`")
