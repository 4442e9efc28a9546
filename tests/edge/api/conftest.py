"""An agency whose API runs on a port of this machine, on a database of its own."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from attrs import field, frozen

from boona_adapters import serving, wiring
from boona_adapters.settings import Settings, read_settings
from boona_core.access import Names, Role, Scope
from tests.contract.postgres_seeds import PostgresSeeds
from tests.edge.office import AGENCY


@frozen
class Api:
    """A running API, and what a test needs beside it."""

    url: str
    wired: wiring.Wired = field(repr=False)
    seed: PostgresSeeds = field(repr=False)

    def token(
        self,
        role: Role = Role.COORDINATOR,
        *,
        names: Names = Names.ENGLISH,
        scopes: tuple[Scope, ...] = (),
        lasts: timedelta = timedelta(hours=1),
        caller: int | None = None,
    ) -> str:
        """A fresh token."""
        tokens = self.wired.application.keep_tokens
        return tokens.issue("test", role, lasts=lasts, scopes=scopes, names=names, caller=caller).secret

    def client(self, role: Role = Role.COORDINATOR, **told: Any) -> httpx.Client:
        """A client with a fresh token, to be closed."""
        headers = {"Authorization": f"Bearer {self.token(role, **told)}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60)


def settings_for(url: str, **more: str) -> Settings:
    """The settings of an agency on a database, listening on a free port."""
    return read_settings({"BOONA_DATABASE_URL": url, "BOONA_API__THREADS": "8", **AGENCY, **more})


@contextmanager
def api_on(url: str, **more: str) -> Iterator[Api]:
    """An API on a database; *more* are settings."""
    with (
        serving.wired(settings_for(url, **more)) as wired,
        socket.create_server(("127.0.0.1", 0), backlog=256) as on,
        serving.served(wired, on),
    ):
        yield Api(f"http://127.0.0.1:{on.getsockname()[1]}", wired, PostgresSeeds(wired.engine))


@pytest.fixture
def api(database_url: str) -> Iterator[Api]:
    """An API on an empty database."""
    with api_on(database_url) as running:
        yield running


@pytest.fixture
def client(api: Api) -> Iterator[httpx.Client]:
    """A coordinator's program."""
    with api.client() as opened:
        yield opened


@pytest.fixture
def german(api: Api) -> Iterator[httpx.Client]:
    """A coordinator's program that speaks German."""
    with api.client(names=Names.GERMAN) as opened:
        yield opened
