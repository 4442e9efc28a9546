"""The commands of `docs/http.md`, as they stand there, against a service that sends by itself."""

import os
import re
import shutil
import socket
import subprocess
import threading
from datetime import date, time, timedelta
from pathlib import Path

from attrs import evolve

from boona_adapters import serving
from boona_core.access import Role
from tests.edge.api.conftest import settings_for
from tests.journeys.virtual import MovedStore, on_the_wall
from tests.needs import needs
from tests.sink import running_sink

MONDAY_AT_NINE = on_the_wall(date(2026, 11, 2), time(9))


def test_the_commands_of_the_page_do_what_it_says(database_url: str, project_folder: Path, tmp_path: Path) -> None:
    bash, _ = needs(shutil.which("bash"), "bash"), needs(shutil.which("curl"), "curl")
    page = (project_folder / "docs" / "http.md").read_text(encoding="utf-8")
    commands = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    with (
        running_sink(tmp_path) as sink,
        serving.wired(settings_for(database_url, BOONA_SMTP__PORT=str(sink.port))) as wired,
        socket.create_server(("127.0.0.1", 0)) as on,
    ):
        store = MovedStore(wired.open_unit)
        store.set_to(MONDAY_AT_NINE)  # no command depends on the day on which the test is run
        moved = evolve(wired, open_unit=store, application=wired.applications(store))
        secret = moved.application.keep_tokens.issue("docs", Role.COORDINATOR, lasts=timedelta(hours=1)).secret
        ended = threading.Event()
        sending = threading.Thread(target=lambda: _send_until(moved.application.drain_queue, ended))
        sending.start()
        try:
            with serving.served(moved, on):
                url = f"http://127.0.0.1:{on.getsockname()[1]}"
                told = subprocess.run(
                    [bash, "-euo", "pipefail", "-c", "\n".join(commands)],
                    env={**os.environ, "BOONA": url, "TOKEN": secret},
                    capture_output=True,
                    text=True,
                    check=False,
                    cwd=tmp_path,
                    timeout=240,
                )
        finally:
            ended.set()
            sending.join()

    assert len(commands) == 10
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout.rstrip().endswith('"status":"in_therapy"')


def _send_until(drain: object, ended: threading.Event) -> None:
    while not ended.wait(0.2):
        assert callable(drain)
        drain()
