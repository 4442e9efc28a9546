"""Fault points end or freeze the process exactly where they are asked to."""

import os
import select
import signal
import subprocess
import sys

import pytest

from boona_adapters.faults import Deed, Fault, checkpoint_of, read_faults
from boona_core.errors import InvalidValue

WALK = """
import os, sys
from boona_adapters.faults import checkpoint_of
checkpoint = checkpoint_of(os.environ.get("BOONA_FAULTS", ""))
for number in range(1, 6):
    checkpoint("claimed")
    checkpoint("marker_committed")
    print(number, flush=True)
"""

WALK_IN_A_THREAD = """
import os, threading
from boona_adapters.faults import checkpoint_of
checkpoint = checkpoint_of(os.environ["BOONA_FAULTS"])
def go():
    for number in range(1000):
        checkpoint("claimed")
        os.write(1, b".")
thread = threading.Thread(target=go)
thread.start()
thread.join()
"""


def walk(faults: str, program: str = WALK) -> "subprocess.Popen[str]":
    """A process that passes two points five times and counts its rounds."""
    environ = {**os.environ, "BOONA_FAULTS": faults}
    return subprocess.Popen([sys.executable, "-c", program], env=environ, stdout=subprocess.PIPE, text=True)


def test_several_faults_are_read_at_once() -> None:
    assert read_faults("marker_committed:kill@3, dot_sent:stop@1") == (
        Fault("marker_committed", Deed.KILL, 3),
        Fault("dot_sent", Deed.STOP, 1),
    )


@pytest.mark.parametrize("text", ["claimed", "claimed:kill", "claimed:kill@0", "claimed:sing@1", "a b:kill@1"])
def test_what_is_no_fault_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="BOONA_FAULTS"):
        read_faults(text)


def test_nothing_is_kept_where_nothing_is_asked_for() -> None:
    assert checkpoint_of("") is checkpoint_of(" ")


def test_a_process_without_faults_goes_on_to_the_end() -> None:
    with walk("") as process:
        output, _ = process.communicate(timeout=60)

    assert process.returncode == 0
    assert output.split() == ["1", "2", "3", "4", "5"]


def test_a_process_is_killed_the_third_time_it_reaches_the_point() -> None:
    with walk("marker_committed:kill@3") as process:
        output, _ = process.communicate(timeout=60)

    assert process.returncode == -signal.SIGKILL
    assert output.split() == ["1", "2"]


def test_a_process_freezes_at_the_point_and_goes_on_when_it_is_woken() -> None:
    with walk("claimed:stop@2") as process:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        frozen = os.WIFSTOPPED(status)
        process.send_signal(signal.SIGCONT)
        output, _ = process.communicate(timeout=60)

    assert frozen
    assert output.split() == ["1", "2", "3", "4", "5"]


def test_a_thread_that_freezes_its_process_does_nothing_more_itself() -> None:
    with walk("claimed:stop@1", WALK_IN_A_THREAD) as process:
        assert process.stdout is not None
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        written, _, _ = select.select([process.stdout.fileno()], [], [], 0.1)
        process.send_signal(signal.SIGCONT)
        output, _ = process.communicate(timeout=60)

    assert os.WIFSTOPPED(status)
    assert not written
    assert output == "." * 1000
