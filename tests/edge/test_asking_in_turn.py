"""However many processes ask, a service is asked once a second; and it is seen where it is asked more often."""

import subprocess
import sys
from pathlib import Path

from tests.map_server import MapServer, map_server, said

ROOT = Path(__file__).resolve().parents[2]


def asked_by_processes(url: str, *words: str, processes: int = 3, questions: int = 2) -> MapServer:
    """What a server of maps was asked by several processes that began at once."""
    with map_server(said([])) as server:
        running = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.edge.asking_process", url, server.url, f"N{n}", str(questions), *words],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for n in range(processes)
        ]
        assert [process.stdout.readline() for process in running if process.stdout] == ["ready\n"] * processes
        ended = [process.communicate("go\n", timeout=60) for process in running]
        assert [process.returncode for process in running] == [0] * len(ended)
    return server


def test_processes_that_ask_at_once_ask_once_a_second_together(database_url: str) -> None:
    server = asked_by_processes(database_url)

    assert len(server.questions) == 6
    assert min(server.gaps()) >= 1.0
    assert max(server.gaps()) < 5.0


def test_without_turns_the_same_processes_are_seen_to_ask_too_often(database_url: str) -> None:
    server = asked_by_processes(database_url, "--without-turns")

    assert len(server.questions) == 6
    assert min(server.gaps()) < 0.5
