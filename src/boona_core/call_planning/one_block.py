"""Which calls of one block can be made, and when?  As many as possible, the most important first: exactly.

See :mod:`boona_core.call_planning.chains` for the method, and why it is exact.
"""

from collections.abc import Hashable, Mapping, Sequence

from boona_core.call_planning.chains import Chains
from boona_core.call_planning.timeline import lowest


class Blocks:
    """Calls of one block, each with a start.

    Args:
        starts: Of each call (a number from 0) its feasible starts.
        callers: How many callers are left in each block.
        lines: Of each call that shares its number with others, that number.
    """

    def __init__(self, starts: Sequence[int], callers: Sequence[int], lines: Mapping[int, Hashable]) -> None:
        self._chains = Chains(starts, len(callers), lines)
        self._left = list(callers)
        self._free = sum(1 << block for block, left in enumerate(callers) if left)

    @property
    def start_of(self) -> dict[int, int]:
        """Call to start."""
        return self._chains.start_of

    def place(self, call: int) -> bool:
        """Place one more call, moving others if need be; false: no plan has it and all that are placed."""
        if now := self._chains.free_for(call, self._free):
            # The last free start: a search looks from the first ones, so it soon meets what is left free.
            self.put(call, now.bit_length() - 1)
        elif moves := self._chains.room_for(call, self._free):
            self._chains.move(moves)
            self._occupy(moves[0][1])
        else:
            return False
        return True

    def put(self, call: int, start: int) -> None:
        """Let a call begin there, where a caller is left for it."""
        self._chains.put(call, start)
        self._occupy(start)

    def move_earlier(self) -> None:
        """Move each call, in order of time, to its earliest free start.

        Afterwards no call could begin earlier by itself: a block that a call leaves does not lie before one that was
        looked at already.  That the starts are the earliest together is not promised.
        """
        chains = self._chains
        for start in range(len(self._left)):
            before = (1 << start) - 1
            for call in chains.movable(start, self._free & before):
                if earlier := chains.free_for(call, self._free & before):
                    chains.move([(call, lowest(earlier))])
                    self._occupy(lowest(earlier))
                    self._left[start] += 1
                    self._free |= 1 << start

    def _occupy(self, block: int) -> None:
        """Let one caller be busy there."""
        self._left[block] -= 1
        if not self._left[block]:
            self._free ^= 1 << block
