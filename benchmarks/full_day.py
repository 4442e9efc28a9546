"""A day at full size: plan, compose and store for 5,000 and for 50,000 therapists, with the memory that it took.

Each size runs in a process of its own, so that its peak is its own.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.agency import agency
from benchmarks.measuring import Figure

_SIZES = (5_000, 50_000)


def one_day(therapists: int) -> dict[str, float]:
    """Seconds and peak memory (MiB) of this process for one day."""
    with agency(therapists=therapists, each=20) as bound:
        begun = time.perf_counter()
        run = bound.plan()
        seconds = time.perf_counter() - begun
        assert len(run.plan.emails) == therapists
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "peak": peak}


def rows() -> Iterator[Figure]:
    """One row: ten times as many therapists, how many times the cost."""
    days = {}
    for size in _SIZES:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.full_day", str(size)], check=True, capture_output=True, text=True
        )
        days[size] = json.loads(done.stdout)
    small, large = (days[size] for size in _SIZES)
    growth = large["seconds"] / small["seconds"] / (_SIZES[1] / _SIZES[0])
    yield Figure(
        work="a day for 50,000 therapists and 1,000,000 open requests: plan, compose, store",
        beside="ten times the day for 5,000",
        ratio=1 / growth,
        wanted=0.8,
        seconds={"50,000": large["seconds"], "5,000": small["seconds"]},
        note=f"peak memory {large['peak']:,.0f} MiB (limit 1,024), of 5,000 {small['peak']:,.0f} MiB",
    )


if __name__ == "__main__":
    print(json.dumps(one_day(int(sys.argv[1]))))
