"""The command that serves the HTTP API."""

import os

import click
from attrs import evolve

from boona_adapters import serving
from boona_adapters.cli.opening import told
from boona_adapters.settings import FAULTS_VARIABLE, WHOLE_APPLICATION, is_loopback


@click.command
@click.option("--host", help="The address to listen on, instead of the one that the settings name.")
@click.option("--port", type=click.IntRange(1, 65_535), help="The port to listen on, likewise.")
def api(*, host: str | None, port: int | None) -> None:
    """Serve the HTTP API until Ctrl-C.

    It listens on this machine alone unless it is told otherwise; `boona token create` makes the token that every call
    needs.  The whole of it is described at /reference and /openapi.json.
    """
    settings = told(WHOLE_APPLICATION)
    settings = evolve(
        settings, api=evolve(settings.api, host=host or settings.api.host, port=port or settings.api.port)
    )
    with serving.wired(settings) as built, serving.listening(settings) as on:
        where = f"http://{settings.api.host}:{on.getsockname()[1]}"
        click.echo(f"the API is at {where}/api, its reference at {where}/reference; Ctrl-C stops it", err=True)
        if not is_loopback(settings.api.host):
            click.echo("it can be reached from other machines: put it behind a proxy that speaks TLS", err=True)
        with serving.running_app(built, faults=os.environ.get(FAULTS_VARIABLE, "")) as app:
            serving.server_of(app).run(sockets=[on])
