"""`boona api` as a process of its own."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.edge.office import Office


@contextmanager
def serving(office: Office, port: int, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """`boona api` as a process of its own, answering when the block begins."""
    command = [sys.executable, "-m", "boona_adapters.cli", "api", "--port", str(port)]
    process = subprocess.Popen(
        command,
        env=office.plain_environ({"BOONA_API__THREADS": "4", **settings}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_it_answers(process, port)
        yield process
    finally:
        process.terminate()
        process.wait(60)


def wait_until_it_answers(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server did not start"
        try:
            httpx.get(f"http://127.0.0.1:{port}/health/live", timeout=5)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the server never answered")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port
