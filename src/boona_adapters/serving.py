"""How does the API get put together, and served?

It stands beside the wiring so that the other commands do without its libraries.
"""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta

import uvicorn
from litestar import Litestar

from boona_adapters import wiring
from boona_adapters.faults import checkpoint_of
from boona_adapters.http.app import Service, create_app
from boona_adapters.http.asking import Answering
from boona_adapters.http.gate import Gate
from boona_adapters.http.health import Metrics
from boona_adapters.http.tracing import Traced, untraced
from boona_adapters.postgres.connection import Timeouts
from boona_adapters.postgres.migrating import Standing
from boona_adapters.settings import Settings
from boona_adapters.threaded_server import ServerStopped, in_a_thread
from boona_core.access import Role
from boona_core.errors import BoonaError, StoreError

_GRACE_SECONDS = 5
_FIRST_LASTS = timedelta(days=90)


def wired(settings: Settings) -> wiring.Wired:
    """The application with as many connections as the API has threads, and its own timeout of statements.

    Workers are told what a request made due.

    Raises:
        BoonaError: it cannot be built.
    """
    return wiring.build(
        settings,
        connections=settings.api.threads,
        rings=True,
        timeouts=Timeouts(statement=settings.api.statement_timeout, lock=settings.api.statement_timeout),
    )


@contextmanager
def running_app(built: wiring.Wired, *, faults: str = "") -> Iterator[Litestar]:
    """The API on an application, with its threads for as long as the block lasts."""
    settings = built.settings.api
    with (
        ThreadPoolExecutor(settings.threads, thread_name_prefix="boona-api") as executor,
        _tracing(settings.traces_url) as traced,
    ):
        yield create_app(
            Service(
                answering=Answering(
                    open_unit=built.open_unit,
                    applications=built.applications,
                    require_if_match=settings.require_if_match,
                    checkpoint=checkpoint_of(faults),
                ),
                gate=Gate(built.application.keep_tokens.find, time.monotonic, settings.requests_per_minute),
                executor=executor,
                metrics=Metrics(
                    lambda: {s.value: count for s, count in built.application.find_emails.counts().items()}
                ),
                largest_body=settings.largest_body,
                largest_file=settings.largest_import,
                parts={
                    "database": lambda: _database(built),
                    "migrations": lambda: _migrations(built.settings),
                },
                traced=traced,
            )
        )


def listening(settings: Settings, *, tries: int = 1) -> socket.socket:
    """A socket where the settings say, or on one of the next ports, so many in all.

    Raises:
        ServerStopped: nothing can listen there.
    """
    api = settings.api
    family = socket.AF_INET6 if ":" in api.host else socket.AF_INET
    ports = range(api.port, min(api.port + tries, 65_536))
    words = ""
    for port in ports:
        try:
            return socket.create_server((api.host, port), family=family, backlog=1024)
        except OSError as fault:
            words = fault.strerror or str(fault.errno)
    raise ServerStopped("the API", f"cannot listen on {api.host}, port {api.port}: {words}")


def first_token(built: wiring.Wired) -> str | None:
    """A token that may do everything, where there is none yet; None: there is one."""
    tokens = built.application.keep_tokens
    if tokens.all():
        return None
    return tokens.issue("first", Role.ADMIN, lasts=_FIRST_LASTS).secret


def server_of(app: Litestar) -> uvicorn.Server:
    """What serves the API; it logs nothing itself and does not say what it is."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )


@contextmanager
def served(built: wiring.Wired, on: socket.socket, *, faults: str = "") -> Iterator[None]:
    """Serve the API from a thread of this process for as long as the block lasts; ready when the block begins.

    Raises:
        ServerStopped: it could not start.
    """
    with running_app(built, faults=faults) as app, in_a_thread(server_of(app), on, what="the API"):
        yield


def _tracing(url: str | None) -> AbstractContextManager[Traced]:
    if url is None:
        return nullcontext(untraced)
    try:
        from boona_adapters.traces import traces  # noqa: PLC0415 - an extra that few installations have
    except ImportError:
        raise wiring.NotInstalled("BOONA_API__TRACES_URL asks for OpenTelemetry: install boona[tracing]") from None
    return traces(url)


def _database(built: wiring.Wired) -> str | None:
    try:
        with built.open_unit() as unit:
            unit.now()
    except StoreError:
        return "the database cannot be reached"
    return None


def _migrations(settings: Settings) -> str | None:
    try:
        standing = wiring.check(settings)
    except BoonaError:
        return "it cannot be told at which revision the database is"
    return None if standing is Standing.AT_HEAD else "the database is not at the newest revision"
