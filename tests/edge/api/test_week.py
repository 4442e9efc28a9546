"""The example that runs a week over HTTP, with a clock that goes on by itself."""

import importlib.util
import socket
from datetime import date, time, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from attrs import evolve

from boona_adapters import serving, wiring
from boona_core.access import Names, Role
from tests.edge.api.conftest import settings_for
from tests.journeys.virtual import MovedStore, on_the_wall
from tests.sink import running_sink

FIRST_MONDAY = date(2026, 11, 2)
EIGHT = time(8)


def loaded(path: Path) -> ModuleType:
    """A script of the examples as a module."""
    spec = importlib.util.spec_from_file_location("week_over_http", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_week_over_http_in_german_names(database_url: str, project_folder: Path, tmp_path: Path) -> None:
    example = loaded(project_folder / "examples" / "week_over_http.py")
    said: list[str] = []
    days = [FIRST_MONDAY]
    with (
        running_sink(tmp_path) as sink,
        serving.wired(settings_for(database_url, BOONA_SMTP__PORT=str(sink.port))) as wired,
        socket.create_server(("127.0.0.1", 0)) as on,
    ):
        store = MovedStore(wired.open_unit)
        store.set_to(on_the_wall(FIRST_MONDAY, EIGHT))
        moved = evolve(wired, open_unit=store, application=wired.applications(store))
        issued = moved.application.keep_tokens.issue(
            "week", Role.COORDINATOR, lasts=timedelta(days=30), names=Names.GERMAN
        )

        def next_day(_: str) -> None:
            moved.application.drain_queue()
            days.append(days[-1] + timedelta(days=1))
            store.set_to(on_the_wall(days[-1], EIGHT))

        with serving.served(moved, on):
            boona = example.Boona(f"http://127.0.0.1:{on.getsockname()[1]}", issued.secret)
            told: dict[str, Any] = example.run_week(boona, next_day, said.append)

    assert days[-1] == FIRST_MONDAY + timedelta(days=7)
    assert len(told["plan"]["emails"]) == 2
    assert told["refusal"][1]["next_allowed_on"] == "2026-11-09"
    assert told["confirmation"]["template"] == "confirmation"
    assert (told["call"]["caller_id"], told["call"]["status"]) == (told["caller"]["id"], "completed")
    assert told["requests"] == {
        ("Kim", "Weber"): "accepted",
        ("Kim", "Kurz"): "canceled",
        ("Alex", "Weber"): "rejected",
        ("Alex", "Kurz"): "accepted",
        ("Toni", "Weber"): "rejected",
        ("Toni", "Kurz"): "in_progress",
    }
    assert said[-1] == "Montag: 2 Plätze in einer Woche"
    assert wiring.check(wired.settings).value == "at_head"
