"""How many calls can any plan have at most?  Of calls with several lengths, whose best plan nobody knows.

Every call is cut into blocks, and each block may lie anywhere where the call may lie, apart from the others.  A real
plan is one of those, and of those the best can be found: a call of *n* blocks is worth 1 in all, each of its blocks
1/n, and sets of blocks that can all be placed form a matroid (:mod:`boona_core.call_planning.chains`), in which taking
the most valuable first, those of the shortest calls, gives the most value.
"""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from boona_core.call_planning.one_block import Blocks
from boona_core.call_planning.timeline import covered


def upper_bound(starts: Sequence[int], lengths: Sequence[int], callers: Sequence[int]) -> int:
    """A number of calls that no plan exceeds.

    Args:
        starts: Of each call its feasible starts.
        lengths: Of each call its blocks.
        callers: How many callers are left in each block.
    """
    order = sorted(range(len(starts)), key=lambda call: (lengths[call], starts[call].bit_count()))
    pieces = [call for call in order for _ in range(lengths[call])]
    blocks = Blocks([covered(starts[call], lengths[call]) for call in pieces], callers, {})
    placed = Counter(lengths[call] for piece, call in enumerate(pieces) if blocks.place(piece))
    return int(sum(Fraction(pieces, length) for length, pieces in placed.items()))
