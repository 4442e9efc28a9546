"""The commands about who is let in over the API."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import click

from boona_adapters import wiring
from boona_adapters.cli.opening import told
from boona_adapters.cli.options import as_json, dry_run, id_of
from boona_adapters.cli.printing import print_json, print_line, print_table
from boona_adapters.settings import Need
from boona_core.access import AccessToken, Names, Role, Scope
from boona_core.ids import AccessTokenId
from boona_core.usecases.tokens import KeepTokens


@click.group
def token() -> None:
    """Let other programs in over the API: create, list, revoke."""


@token.command()
@click.argument("name")
@click.option("--role", type=click.Choice([each.value for each in Role]), required=True, help="What it may do.")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([each.value for each in Scope]),
    multiple=True,
    help="Narrow it to this; may be said several times.",
)
@click.option(
    "--names",
    type=click.Choice([each.value for each in Names]),
    default=Names.ENGLISH.value,
    show_default=True,
    help="In which language fields are named.",
)
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True, help="How long it is valid.")
@click.option("--caller", type=id_of("caller"), help="Of a caller's token: whose list it shows.")
@click.option("--replaces", type=id_of("token"), help="A token that ends after --grace hours.")
@click.option("--grace", type=click.IntRange(0, 720), default=24, show_default=True, help="Hours.")
@dry_run
@as_json
def create(
    name: str,
    *,
    role: str,
    scopes: Sequence[str],
    names: str,
    days: int,
    caller: int | None,
    replaces: int | None,
    grace: int,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Make a token called NAME, and show it this one time."""
    if dry_run:
        print_line(f"would make a token {name} of the role {role}, valid for {days} days")
        return
    with _tokens() as tokens:
        issued = tokens.issue(
            name,
            Role(role),
            lasts=timedelta(days=days),
            scopes=[Scope(each) for each in scopes],
            names=Names(names),
            caller=caller,
            replaces=None if replaces is None else AccessTokenId(replaces),
            grace=timedelta(hours=grace),
        )
    if as_json:
        print_json({**token_json(issued.token), "token": issued.secret})
        return
    click.echo(f"token {issued.token.id}, valid until {issued.token.expires_at:%Y-%m-%d}; it is shown once:", err=True)
    print_line(issued.secret)


@token.command("list")
@as_json
def list_tokens(*, as_json: bool) -> None:
    """List every token, valid or not; never its secret."""
    with _tokens() as tokens:
        found = tokens.all()
    if as_json:
        print_json([token_json(each) for each in found])
        return
    print_table(
        ("id", "name", "role", "scopes", "names", "expires", "last used", "revoked"),
        [
            (
                each.id,
                each.name,
                each.role.value,
                ", ".join(sorted(each.scopes)) or "all",
                each.names.value,
                _minute(each.expires_at),
                _minute(each.last_used_at),
                _minute(each.revoked_at),
            )
            for each in found
        ],
    )


@token.command()
@click.argument("token_id", metavar="TOKEN", type=id_of("token"))
@dry_run
@as_json
def revoke(token_id: int, *, dry_run: bool, as_json: bool) -> None:
    """End a token now; a running API notices within seconds."""
    if dry_run:
        print_line(f"would revoke token {token_id}")
        return
    with _tokens() as tokens:
        ended = tokens.revoke(AccessTokenId(token_id))
    if as_json:
        print_json(token_json(ended))
    else:
        print_line(f"token {ended.id} ({ended.name}) is revoked")


def token_json(token: AccessToken) -> dict[str, object]:
    """A token without its secret, for programs."""
    return {
        "id": token.id,
        "name": token.name,
        "role": token.role.value,
        "scopes": sorted(scope.value for scope in token.scopes),
        "names": token.names.value,
        "caller": token.caller,
        "created_at": token.created_at.isoformat(),
        "expires_at": token.expires_at.isoformat(),
        "last_used_at": token.last_used_at and token.last_used_at.isoformat(),
        "revoked_at": token.revoked_at and token.revoked_at.isoformat(),
    }


def _minute(instant: datetime | None) -> str | None:
    return None if instant is None else f"{instant:%Y-%m-%d %H:%M} UTC"


@contextmanager
def _tokens() -> Iterator[KeepTokens]:
    settings = told({Need.DATABASE})
    with wiring.opened_tokens(settings) as tokens:
        yield tokens
