"""How many calls of several lengths the linear program of all pairs allows: more than any real plan can have."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import frozen
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array

from boona_core.call_planning import CallerTime, DueCall
from tests.core.call_planning_oracle import blocks_of


@frozen
class Program:
    """A variable for each call and start: at most one start a call, at most so many calls a block as callers."""

    matrix: Any
    limits: Any

    @property
    def variables(self) -> int:
        """How many pairs of a call and a start there are."""
        return int(self.matrix.shape[1])


def program(calls: Sequence[DueCall], callers: Sequence[CallerTime]) -> Program:
    """List all pairs."""
    staff = Counter(block for caller in callers for block in blocks_of(caller.spans))
    row = {block: len(calls) + place for place, block in enumerate(sorted(staff))}
    rows: list[int] = []
    columns: list[int] = []
    column = 0
    for number, call in enumerate(calls):
        starts = {(day, at) for day, start, end in call.windows for at in range(start, end - call.blocks + 1)}
        for day, at in sorted(starts):
            covered = [(day, at + step) for step in range(call.blocks)]
            if all(block in row for block in covered):
                rows += [number, *(row[block] for block in covered)]
                columns += [column] * (1 + call.blocks)
                column += 1
    limits = [1] * len(calls) + [staff[block] for block in sorted(staff)]
    matrix = csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(limits), column))
    return Program(matrix, np.array(limits))


def bound(program: Program) -> float:
    """The optimum of the linear program, by HiGHS' interior point method."""
    found = linprog(-np.ones(program.variables), A_ub=program.matrix, b_ub=program.limits, method="highs-ipm")
    assert found.success
    return -float(found.fun)


def best_by_mip(program: Program, *, seconds: float) -> int:
    """The best plan that HiGHS finds in whole numbers within so many seconds; 0 if it finds none."""
    found = milp(
        -np.ones(program.variables),
        constraints=LinearConstraint(program.matrix, ub=program.limits),
        integrality=np.ones(program.variables),
        bounds=Bounds(0, 1),
        options={"time_limit": seconds},
    )
    return 0 if found.x is None else round(-found.fun)
