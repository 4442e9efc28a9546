"""Which calls of several lengths can be made, and when?  As many as one finds, the most important first.

With several lengths the question is as hard as packing: this is a search, not a proof, and the plan says how far it can
be from the best (:mod:`boona_core.call_planning.bound`).  Calls that are placed are moved, never dropped, so a class
never loses to a later one.  A new call is inserted so:

1. *Chain of equals*: calls of its own length change places like for like (:mod:`boona_core.call_planning.chains`);
   only the end of the chain touches how many callers are left.
2. *Clearing*, where no chain exists: a start is chosen, and in each of its blocks where no caller is left, one is made
   free: by *evicting* a call that lies there (the shortest first, through a chain of its own length that ends
   elsewhere), or by letting the need for a caller *wander*: a call that lies in the block could move to a start from
   which callers are left in all of its blocks but one, or slide by one block, for which one block is needed too; and
   so on from that block, breadth first, until one is met in which a caller is left.  Then 1 again.
3. Starts that were tried in vain, and blocks from which no need could wander off, are not tried again until room
   appears somewhere.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import reduce
from operator import and_, or_

from boona_core.call_planning.chains import Chains, Moves
from boona_core.call_planning.timeline import by_start, each, lowest, runs

_STARTS_TRIED = 40
"""For one call, at most so many starts are tried to be cleared."""

_BLOCKS_WANDERED = 300
"""So far the need for a caller wanders, in blocks looked at."""

_STEPS_OF_A_BLOCK = 10
"""Looking at a block takes about as long as looking from so many starts."""


Step = tuple[int, int, int, int]
"""A move that makes a block free: the block, the call's length and start, and which of its blocks is, after it, the one
in which a caller is needed."""

Need = tuple[int, Step | None]
"""Blocks in which a caller is needed, and for which step; None: for the call that is to be placed."""


class Board:
    """Calls of several lengths, each with a start, and how many callers are left in each block.

    Calls that share their number with others stay where they were placed.

    Args:
        starts: Of each call (a number from 0) its feasible starts.
        lengths: Of each call its blocks.
        callers: How many callers are left in each block.
        lines: Of each call that shares its number with others, that number.
        effort: After so many :attr:`steps` no start is cleared any more.
    """

    def __init__(
        self,
        starts: Sequence[int],
        lengths: Sequence[int],
        callers: Sequence[int],
        lines: Mapping[int, Hashable],
        *,
        effort: int = 1_000_000,
    ) -> None:
        self._starts, self._lengths, self._lines, self._effort = starts, lengths, lines, effort
        self._left = list(callers)
        self._open = sum(1 << block for block, left in enumerate(callers) if left)
        self._chains = {length: Chains(starts, len(callers), {}) for length in sorted(set(lengths))}
        self._tried = dict.fromkeys(self._chains, 0)
        self._banned = dict.fromkeys(self._chains, 0)
        self._free: dict[int, int] = {}
        self._nearly: dict[int, list[int]] = {}
        self._fixed: dict[int, int] = {}
        self._of_line: dict[Hashable, list[int]] = {}
        self._dry = 0
        self._wandered = 0

    @property
    def start_of(self) -> dict[int, int]:
        """Call to start."""
        start_of = dict(self._fixed)
        for chains in self._chains.values():
            start_of |= chains.start_of
        return start_of

    @property
    def steps(self) -> int:
        """How many starts and blocks have been looked at: the same on every machine, as seconds are not."""
        return _STEPS_OF_A_BLOCK * self._wandered + sum(chains.steps for chains in self._chains.values())

    def place(self, call: int) -> bool:
        """Place one more call, moving others if need be; false: no way was found."""
        length = self._lengths[call]
        wanted = self._starts[call] & ~self._taken_on_line(call)
        return self._place_by_chain(call, length, wanted) or (
            self.steps < self._effort and self._clear(length, wanted) and self._place_by_chain(call, length, wanted)
        )

    def put(self, call: int, start: int) -> None:
        """Let a call begin there, where callers are left for it."""
        if call in self._lines:
            self._fixed[call] = start
            self._of_line.setdefault(self._lines[call], []).append(call)
        else:
            self._chains[self._lengths[call]].put(call, start)
        self._occupy(start, self._lengths[call])

    def take(self, call: int) -> int:
        """Take a call away from its start, which is returned."""
        if call in self._lines:
            start = self._fixed.pop(call)
            self._of_line[self._lines[call]].remove(call)
        else:
            start = self._chains[self._lengths[call]].take(call)
        self._vacate(start, self._lengths[call])
        return start

    def ban(self, start: int, length: int) -> None:
        """Let no further call of this length begin there."""
        self._banned[length] |= 1 << start
        self._free.clear()

    def forget_failures(self) -> None:
        """Let everything be tried again: calls have moved since, even where no room has appeared."""
        for length in self._chains:
            self._reopen(length)

    def move_earlier(self) -> None:
        """Move each call, in order of time, to its earliest free start.

        Afterwards no call could begin earlier by itself: blocks that a call leaves would be of no use to one that was
        looked at already and begins no later.  That the starts are the earliest together is not promised.
        """
        start_of = self.start_of
        for call in by_start(start_of):
            start = start_of[call]
            length = self._lengths[call]
            before = self._starts[call] & ((1 << start) - 1)
            around = ((1 << length) - 1) << start
            if before & runs(self._open | around, length) & ~self._banned[length]:
                self.take(call)
                free = (self._free_for(length) | 1 << start) & self._starts[call] & ~self._taken_on_line(call)
                self.put(call, lowest(free))

    def _place_by_chain(self, call: int, length: int, wanted: int) -> bool:
        """Place a call at a free start, or at one that a chain of equals leaves."""
        free = self._free_for(length)
        if free & wanted:
            self.put(call, lowest(free & wanted))
            return True
        chains = self._chains[length]
        moves = chains.room_in(wanted, free)
        if moves is None:
            chains.close()
            return False
        start = chains.start_of[moves[-1][0]]
        self._move(chains, length, moves, start)
        self.put(call, start)
        return True

    def _move(self, chains: Chains, length: int, moves: Moves, start: int) -> None:
        """Make the moves of a chain that begins at *start*."""
        chains.move(moves)
        self._vacate(start, length)
        self._occupy(moves[0][1], length)

    def _clear(self, length: int, wanted: int) -> bool:
        """Make room for a call of this length at one of its starts, or at one from which a chain leads there."""
        chains = self._chains[length]
        tries = 0
        for starts in (wanted, chains.seen & ~wanted):
            untried = starts & ~self._tried[length] & ~self._banned[length]
            for start in sorted(each(untried), key=lambda start: self._full_blocks(start, length)):
                if tries == _STARTS_TRIED:
                    return False
                tries += 1
                target = ((1 << length) - 1) << start
                if all(self._make_free(block, target) for block in range(start, start + length)):
                    return True
                self._tried[length] |= 1 << start
        return False

    def _full_blocks(self, start: int, length: int) -> int:
        """In how many blocks of a call from there no caller is left."""
        return length - (self._open >> start & ((1 << length) - 1)).bit_count()

    def _make_free(self, block: int, target: int) -> bool:
        """Let a caller be left in the block, without taking one from the target, in which it lies."""
        return bool(self._left[block]) or self._evict(block, target) or self._wander(block, target)

    def _evict(self, block: int, target: int) -> bool:
        """Move one call that lies in the block out of the target, by a chain of its own length."""
        for length, chains in self._chains.items():
            touching = self._touching(target, length)
            for start in range(max(0, block - length + 1), block + 1):
                if not chains.at[start] or chains.closed >> start & 1:
                    continue
                free = self._free_for(length)
                moves = chains.room_in(1 << start, free & ~touching)
                if moves is not None:
                    self._move(chains, length, moves, start)
                    return True
                if not chains.seen & free:
                    chains.close()
        return False

    def _wander(self, block: int, target: int) -> bool:
        """Let a caller who is left somewhere be left in the block instead, by calls that move one after the other."""
        if self._dry >> block & 1:
            return False
        touching = {length: self._touching(target, length) | self._banned[length] for length in self._chains}
        unseen = ~target & ~self._dry
        records: list[Need] = [(1 << block, None)]
        end = self._wandered + _BLOCKS_WANDERED
        for blocks, _ in records:
            for here in each(blocks):
                self._wandered += 1
                for further, move in self._needs_of(here, touching):
                    fresh = further & unseen
                    if not fresh:
                        continue
                    unseen ^= fresh
                    records.append((fresh, move))
                    if fresh & self._open:
                        return self._move_back(records, lowest(fresh & self._open))
            if self._wandered > end:
                break
        self._dry |= reduce(or_, (blocks for blocks, _ in records))
        return False

    def _needs_of(self, here: int, touching: Mapping[int, int]) -> Iterator[tuple[int, Step]]:
        """In which one block a caller would be needed if a call that lies *here* moved away, and how it would move."""
        for length, chains in self._chains.items():
            nearly = self._nearly_free(length)
            for start in range(max(0, here - length + 1), here + 1):
                reach = chains.reach[start]
                if not reach:
                    continue
                away = reach & ~touching[length]
                for place, starts in enumerate(nearly):
                    if further := (away & starts) << place:
                        yield further, (here, length, start, place)
                allowed = reach & ~self._banned[length]
                if here == start and allowed >> (start + 1) & 1:
                    yield 1 << (start + length), (here, length, start, length - 1)
                if here == start + length - 1 and start and allowed >> (start - 1) & 1:
                    yield 1 << (start - 1), (here, length, start, 0)

    def _move_back(self, records: list[Need], needed: int) -> bool:
        """Move the calls, the last one first; what has moved stays, also if another one is then in the way."""
        place = len(records) - 1
        while (step := records[place][1]) is not None:
            here, length, start, offset = step
            chains, to = self._chains[length], needed - offset
            call = next((call for call in chains.at[start] if self._starts[call] >> to & 1), None)
            if call is None:
                return False
            around = ((1 << length) - 1) << start
            if not runs(self._open | around, length) >> to & 1:
                return False
            chains.move([(call, to)])
            self._vacate(start, length)
            self._occupy(to, length)
            if chains.closed >> to & 1 and self._starts[call] & ~chains.closed:
                self._reopen(length)
            needed = here
            while not records[place][0] >> needed & 1:
                place -= 1
        return True

    def _touching(self, target: int, length: int) -> int:
        """The starts from which a call of this length would touch the target."""
        touching = target
        for step in range(1, length):
            touching |= target >> step
        return touching

    def _nearly_free(self, length: int) -> list[int]:
        """For each block of a call, the starts from which callers are left in all its other blocks."""
        if length not in self._nearly:
            one_less = [self._open >> step for step in range(length)]
            everywhere = (1 << len(self._left)) - 1
            self._nearly[length] = [
                reduce(and_, one_less[:place] + one_less[place + 1 :], everywhere) for place in range(length)
            ]
        return self._nearly[length]

    def _taken_on_line(self, call: int) -> int:
        """The starts from which the call would meet another one of its number."""
        taken = 0
        for other in self._of_line.get(self._lines.get(call), ()):
            first = max(0, self._fixed[other] - self._lengths[call] + 1)
            taken |= (1 << (self._fixed[other] + self._lengths[other])) - (1 << first)
        return taken

    def _free_for(self, length: int) -> int:
        """The starts from which callers are left for a whole call of this length."""
        if length not in self._free:
            self._free[length] = free = runs(self._open, length) & ~self._banned[length]
            if self._chains[length].closed & free:
                self._reopen(length)
        return self._free[length]

    def _reopen(self, length: int) -> None:
        """Forget what was tried in vain, since something has changed there."""
        self._chains[length].reopen()
        self._tried[length] = 0
        self._dry = 0

    def _occupy(self, start: int, length: int) -> None:
        for block in range(start, start + length):
            self._change(block, -1)

    def _vacate(self, start: int, length: int) -> None:
        for block in range(start, start + length):
            self._change(block, 1)

    def _change(self, block: int, callers: int) -> None:
        """Let so many more callers be left in the block."""
        before = self._left[block]
        self._left[block] = before + callers
        if not before or not self._left[block]:
            self._open ^= 1 << block
            self._free.clear()
            self._nearly.clear()
