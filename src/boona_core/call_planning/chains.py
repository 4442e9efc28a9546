"""Calls of one length, and how they make room for each other like for like.

Each call has a set of feasible starts.  When all starts of a new call are taken, a call that holds one of them may be
able to move to another start, whose holder moves to a third, and so on to a free one: an *augmenting path*.  Breadth
first search finds the shortest.  If it meets no free start, the starts it has seen are *closed*: whoever holds one of
them has nowhere else to go, now and for ever (as long as no capacity is added), so a later call whose starts are all
closed is refused by one operation, and no search enters them again.

Sets of calls that can all be placed are the independent sets of a matroid, the transversal matroid (J. Edmonds and D.
R. Fulkerson, "Transversals and matroid partition", 1965); with numbers that several therapists share it is still one,
since then such sets are those that can be linked through a network (a gammoid).  So, where a free start is all that a
call needs (calls of one block), adding calls one by one in order of importance, moving but never dropping those placed,
ends with the best set: as many as possible of the first class, then of the first two, and so on, and the most of all.

The graph of calls and starts is never listed.  Per start there is the union of what its holders could take instead, and
a search goes from start to start by that.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence

from boona_core.call_planning.timeline import lowest

Moves = list[tuple[int, int]]
"""Calls and their new starts; done in this order, each finds its start free, or just left by the one before."""

Record = tuple[int, int | None]
"""Starts that a search sees for the first time, and who could come to them: anybody who begins at a start (its number),
one call (``~call``), or, for the start that is to be left, None."""

Pushers = dict[int, int | None]
"""The calls with a shared number that a search has met, and which other one would take its start; None: anybody."""


class Chains:
    """The calls of one length that are placed, by start.

    Args:
        starts: Of each call (a number from 0) its feasible starts.
        size: How many blocks there are.
        lines: Of each call that shares its number, that number.  Two calls of a line never have one start.
    """

    def __init__(self, starts: Sequence[int], size: int, lines: Mapping[int, Hashable]) -> None:
        self._starts = starts
        self._lines = lines
        self.at: list[list[int]] = [[] for _ in range(size)]
        """Start to the calls that begin there and share their number with nobody."""
        self._sharers: dict[int, list[int]] = {}
        self._of_line: dict[Hashable, dict[int, int]] = {}
        self.reach = [0] * size
        """Start to the union of the feasible starts of *at*."""
        self.start_of: dict[int, int] = {}
        self.closed = 0
        """Starts from which no free one can be reached."""
        self._closed_calls: set[int] = set()
        self.seen = 0
        """The starts that the last search saw, if it was in vain."""
        self._seen_calls: set[int] = set()
        self.steps = 0
        """How many starts all searches have looked from."""

    def put(self, call: int, start: int) -> None:
        """Let a call begin there."""
        self.start_of[call] = start
        if call in self._lines:
            self._sharers.setdefault(start, []).append(call)
            self._of_line.setdefault(self._lines[call], {})[start] = call
        else:
            self.at[start].append(call)
            self.reach[start] |= self._starts[call]

    def take(self, call: int) -> int:
        """Take a call away from its start, which is returned."""
        start = self.start_of.pop(call)
        if call in self._lines:
            self._sharers[start].remove(call)
            del self._of_line[self._lines[call]][start]
        else:
            calls = self.at[start]
            calls.remove(call)
            reach = 0
            for other in calls:
                reach |= self._starts[other]
            self.reach[start] = reach
        return start

    def move(self, moves: Moves) -> None:
        """Make these moves; a call that had no start has one afterwards."""
        for call, start in moves:
            if call in self.start_of:
                self.take(call)
            self.put(call, start)

    def free_for(self, call: int, free: int) -> int:
        """Those of the free starts that a call could have at once."""
        here = self._starts[call] & free
        return here & ~self._taken_on(self._lines[call]) if call in self._lines else here

    def movable(self, start: int, free: int) -> list[int]:
        """The calls that begin at a start and could begin at one of the free ones instead, by number."""
        calls = list(self._sharers.get(start, ()))
        if self.reach[start] & free:
            calls += self.at[start]
        return sorted(call for call in calls if self.free_for(call, free))

    def room_for(self, call: int, free: int) -> Moves | None:
        """The moves after which the new call has a start, the last of them its own.

        None: there are none, which is remembered.
        """
        if not self._starts[call] & ~self.closed:
            return None
        pushers: Pushers = {}
        found: list[Record] = [(self._starts[call], ~call)]
        if call in self._lines:
            found = list(self._pushed(call, None, pushers))
        moves = self._search(found, free, pushers)
        if moves is None:
            self.close()
        return moves

    def room_in(self, starts: int, free: int) -> Moves | None:
        """The moves after which one call fewer begins at one of these starts: where the last of them moves away from.

        None: there are none.  None of the starts may be free.
        """
        return self._search([(starts, None)], free, {})

    def close(self) -> None:
        """Remember that the last search was in vain: nothing it saw leads to a free start."""
        self.closed |= self.seen
        self._closed_calls |= self._seen_calls

    def reopen(self) -> None:
        """Forget what is closed, since there is room where there was none."""
        self.closed = 0
        self._closed_calls.clear()

    def _search(self, found: list[Record], free: int, pushers: Pushers) -> Moves | None:
        """Look breadth first for a free start, from the starts that are *found* already."""
        reach, sharers = self.reach, self._sharers
        unseen = ~self.closed
        records: list[Record] = []
        for starts, mover in found:
            fresh = starts & unseen
            if not fresh:
                continue
            unseen ^= fresh
            records.append((fresh, mover))
            if goals := fresh & free:
                return self._moves_to(lowest(goals), records, pushers)
            while fresh:
                low = fresh & -fresh
                fresh ^= low
                start = low.bit_length() - 1
                self.steps += 1
                if further := reach[start] & unseen:
                    if goals := further & free:
                        records.append((further, start))
                        return self._moves_to(lowest(goals), records, pushers)
                    found.append((further, start))
                for call in sharers.get(start, ()) if sharers else ():
                    found.extend(self._pushed(call, None, pushers))
        self.seen = ~unseen & ~self.closed
        self._seen_calls = set(pushers)
        return None

    def _pushed(self, call: int, pusher: int | None, pushers: Pushers) -> Iterator[Record]:
        """Where a call that shares its number could go, and those of its number whom it would push on.

        A start that its own number holds already is entered only in that holder's stead, at no cost of capacity.
        """
        pending: list[tuple[int, int | None]] = [(call, pusher)]
        while pending:
            call, pusher = pending.pop()
            if call in pushers or call in self._closed_calls:
                continue
            pushers[call] = pusher
            held = self._of_line.get(self._lines[call], {})
            yield self._starts[call] & ~self._taken_on(self._lines[call]), ~call
            pending.extend((other, call) for start, other in held.items() if self._starts[call] >> start & 1)

    def _taken_on(self, line: Hashable) -> int:
        """The starts that calls of a line hold."""
        taken = 0
        for start in self._of_line.get(line, ()):
            taken |= 1 << start
        return taken

    def _moves_to(self, goal: int, records: list[Record], pushers: Pushers) -> Moves:
        """Follow the records back from a free start to where the search began."""
        moves: Moves = []
        place = len(records) - 1
        mover = records[place][1]
        while mover is not None:
            call = ~mover if mover < 0 else next(call for call in self.at[mover] if self._starts[call] >> goal & 1)
            moves.append((call, goal))
            if call not in self.start_of:
                break
            goal = self.start_of[call]
            pusher = pushers.get(call)
            if pusher is not None:
                mover = ~pusher
                continue
            while not records[place][0] >> goal & 1:
                place -= 1
            mover = records[place][1]
        return moves
