"""The most calls of one block that can be made, by the maximum flow of scipy through a network of all pairs."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from boona_core.call_planning import CallerTime, DueCall
from tests.core.call_planning_oracle import blocks_of


def most_calls(calls: Iterable[DueCall], callers: Iterable[CallerTime]) -> int:
    """From a source to each call, to each block where it may be, through its number if it is shared, to a sink."""
    due = list(calls)
    staff = Counter(block for caller in callers for block in blocks_of(caller.spans))
    block_node = {block: 2 + len(due) + place for place, block in enumerate(staff)}
    line_node: dict[object, int] = {}
    edges: list[tuple[int, int, int]] = [(node, 1, staff[block]) for block, node in block_node.items()]
    for node, call in enumerate(due, start=2):
        edges.append((0, node, 1))
        there = sorted(block_node[block] for block in blocks_of(call.windows) if block in block_node)
        if call.line is None:
            edges += [(node, block, 1) for block in there]
            continue
        for block in there:
            taken = line_node.setdefault((call.line, block), 2 + len(due) + len(staff) + len(line_node))
            edges.append((node, taken, 1))
            edges.append((taken, block, 1))
    first, second, capacity = np.array(sorted(set(edges)), dtype=np.int32).T
    size = 2 + len(due) + len(block_node) + len(line_node)
    return int(maximum_flow(csr_array((capacity, (first, second)), shape=(size, size)), 0, 1).flow_value)
