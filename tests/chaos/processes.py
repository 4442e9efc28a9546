"""How a chaos test starts, kills, freezes and outlives processes.

Processes are forked off a server that has imported everything already: a restart takes some milliseconds, and so a
hundred kills fit into a few seconds.  Each is a process group of its own, and what it prints goes into a file.
"""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import get_context, parent_process
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread

import psutil
from attrs import define, evolve, field, frozen

from tests.chaos.worker import Orders

Program = Callable[[Orders], None]

LONGEST = 120.0
"""Seconds after which a process that should have ended counts as hanging."""

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.chaos.worker", "tests.chaos.outbox", "tests.chaos.roles"])


class Hangs(AssertionError):
    """A process did not come where it should within a time that is long enough for everything."""


@frozen
class Worker:
    """One running process."""

    _process: BaseProcess
    output: Path

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.is_alive()

    def kill(self) -> None:
        """End it at once; nothing is cleaned up."""
        self._process.kill()
        self.end()

    def stop(self) -> None:
        """Ask it to stop where it likes."""
        self._process.terminate()

    @property
    def is_frozen(self) -> bool:
        """Whether it has frozen itself; whoever is dead has not."""
        with suppress(psutil.NoSuchProcess):
            return bool(psutil.Process(self.pid).status() == psutil.STATUS_STOPPED)
        return False

    def wait_until_frozen(self) -> None:
        """Wait until it has."""
        until(lambda: self.is_frozen, "nobody froze")

    def go_on(self) -> None:
        """Thaw it, unless it is dead."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGCONT)

    def end(self) -> int:
        """Wait for its end; its exit code, below zero the signal that killed it."""
        self._process.join(LONGEST)
        if self._process.exitcode is None:
            raise Hangs(f"process {self.pid} does not end: {self.output.read_text()[-2000:]}")
        return self._process.exitcode


@define
class Crew:
    """The processes of one test."""

    _folder: Path
    _started: list[Worker] = field(factory=list, init=False)

    def start(self, program: Program, orders: Orders) -> Worker:
        """Run *program* in a new process."""
        output = self._folder / f"output-{len(self._started)}.txt"
        process = _CONTEXT.Process(target=_run, args=(program, orders, output), daemon=True)
        process.start()
        worker = Worker(process, output)
        self._started.append(worker)
        return worker

    def outputs(self) -> list[Path]:
        """What the processes printed."""
        return [worker.output for worker in self._started if worker.output.exists()]

    def end(self) -> None:
        """Kill whoever is left."""
        for worker in self._started:
            if worker.alive:
                worker.kill()


def _run(program: Program, orders: Orders, output: Path) -> None:
    os.setpgid(0, 0)
    file = os.open(output, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)
    Thread(target=_end_with_the_test, daemon=True).start()
    program(orders)


def _end_with_the_test() -> None:
    """Nobody outlives the process of the test, however that one ends."""
    test = parent_process()
    assert test is not None
    test.join()
    os._exit(1)


def until(reached: Callable[[], bool], otherwise: str) -> None:
    """Wait until *reached*.

    Raises:
        Hangs: it was not within a time that is long enough for everything.
    """
    deadline = time.monotonic() + LONGEST
    while not reached():
        if time.monotonic() > deadline:
            raise Hangs(otherwise)
        time.sleep(0.002)


@contextmanager
def crew_in(folder: Path) -> Iterator[Crew]:
    """A crew that is gone when the block ends."""
    crew = Crew(folder)
    try:
        yield crew
    finally:
        crew.end()


MISHAP = 0.3
"""How often something else happens than that somebody is killed, where there is something else."""


def kill_at_random(
    crew: Crew,
    posts: Sequence[tuple[Program, Orders]],
    *,
    moments: Iterator[None],
    seed: int,
    mishaps: Sequence[Callable[[], None]] = (),
) -> list[Worker]:
    """Man every post, and at each of *moments* kill somebody and put a new one in the place; returns who is left.

    Args:
        mishaps: What else may happen instead.
    """
    rng = random.Random(seed)  # noqa: S311 - a test may be repeatable
    workers = [crew.start(program, orders) for program, orders in posts]
    for number, _ in enumerate(moments, start=1):
        if mishaps and rng.random() < MISHAP:
            rng.choice(mishaps)()
            continue
        place = rng.randrange(len(posts))
        workers[place].kill()
        program, orders = posts[place]
        workers[place] = crew.start(program, evolve(orders, seed=orders.seed + 100 * number))
    return workers


def stop_all(workers: Sequence[Worker]) -> None:
    """Ask all of them to stop, and wait until they have."""
    for worker in workers:
        worker.stop()
    for worker in workers:
        worker.end()


def moments_along(count: int, progress: Callable[[], int], *, end: int, seed: int) -> Iterator[None]:
    """So many moments, spread at random over a progress from 0 to *end*, all of them before the end."""
    rng = random.Random(seed)  # noqa: S311 - a test may be repeatable
    for threshold in sorted(rng.sample(range(end * 19 // 20), count)):
        until(lambda threshold=threshold: progress() >= threshold, "nothing moves on")  # type: ignore[misc]
        time.sleep(rng.uniform(0, 0.03))
        yield
