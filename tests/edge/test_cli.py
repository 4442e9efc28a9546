"""The command line as a whole: what it lists, what it loads, how it fails."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from boona_adapters.cli.program import COMMANDS
from boona_adapters.cli.words import REASONS
from boona_core.contact import Reason
from tests.edge.office import AGENCY, Office, office_on

PEOPLE = ("match", "geocode", "duplicates", "merge", "unmerge", "patient", "therapist")
ROLES = ("worker", "sweep", "relay")
LISTED = (
    *("up", "db", "import", *PEOPLE, "plan", "follow-ups", "send", "emails", "queue", "settle", "cancel", "release"),
    *("answer", "confirm", "undo", "calls", "call", "callers", "closures", "why"),
    *("api", "token", *ROLES, "events", "release-hold", "doctor"),
)
CALL = tuple(("call", "1", name) for name in ("completed", "failed", "canceled", "moved", "again"))
CALLERS = tuple(("callers", name) for name in ("add", "change", "remove", "late"))
CLOSURES = (("closures", "add"), ("closures", "remove"))
TOKENS = (("token", "create"), ("token", "revoke"))
HELPS = [
    ("db",),
    ("db", "upgrade"),
    ("db", "downgrade"),
    ("db", "check"),
    ("import",),
    *((name,) for name in PEOPLE),
    ("plan",),
    ("plan", "emails"),
    ("plan", "calls"),
    ("plan", "call"),
    ("up",),
    *((name,) for name in LISTED[4 + len(PEOPLE) :]),
    *CALL,
    *CALLERS,
    ("callers", "list"),
    *CLOSURES,
    ("closures", "list"),
    *TOKENS,
    ("token", "list"),
]
SILENT = {("db",), ("import",), ("plan",), ("call",), ("api",), ("token",), *((role,) for role in ROLES)}
JSON = [arguments for arguments in HELPS if arguments not in SILENT]
CHANGING = [
    ("db", "upgrade"),
    ("db", "downgrade"),
    *((name,) for name in PEOPLE),
    ("plan", "emails"),
    ("plan", "calls"),
    ("plan", "call"),
    ("follow-ups",),
    ("send",),
    ("queue",),
    ("settle",),
    ("cancel",),
    ("release",),
    ("answer",),
    ("confirm",),
    ("undo",),
    *CALL,
    *CALLERS,
    *CLOSURES,
    *TOKENS,
    ("release-hold",),
]


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with office_on(database_url) as ready:
        yield ready


@pytest.fixture
def homeless() -> Iterator[Office]:
    """An office whose database nobody can reach."""
    with office_on("postgresql+psycopg2://boona:hush@127.0.0.1:1/boona") as ready:
        yield ready


def test_help_lists_every_command(homeless: Office) -> None:
    said = homeless.boona("--help")

    _, _, commands = said.out.partition("Commands:")
    assert said.status == 0
    assert tuple(COMMANDS) == LISTED
    assert tuple(line.split()[0] for line in commands.splitlines()[1 : 1 + len(LISTED)]) == LISTED


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_loads_neither_the_database_nor_the_web(arguments: list[str]) -> None:
    look = (
        "import sys; from boona_adapters.cli import main; "
        f"status = main({arguments!r}); "
        "heavy = {'sqlalchemy', 'psycopg2', 'alembic', 'litestar', 'jinja2', 'redis'}; "
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else status)"
    )

    ended = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("arguments", HELPS)
def test_every_command_has_a_help(arguments: tuple[str, ...], homeless: Office) -> None:
    said = homeless.boona(*arguments, "--help")

    assert said.status == 0
    assert said.out.startswith(f"Usage: boona {' '.join(arguments).replace('call 1', 'call CALL')} ")


@pytest.mark.parametrize("arguments", JSON)
def test_every_command_speaks_to_programs(arguments: tuple[str, ...], homeless: Office) -> None:
    assert "--json" in homeless.boona(*arguments, "--help").out


@pytest.mark.parametrize("arguments", CHANGING)
def test_every_command_that_changes_something_can_show_it_first(arguments: tuple[str, ...], homeless: Office) -> None:
    assert "--dry-run" in homeless.boona(*arguments, "--help").out


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("plan",),
        ("fly",),
        ("why",),
        ("why", "0"),
        ("why", "x"),
        ("queue",),
        ("settle", "1", "maybe"),
        ("send", "--connections", "0"),
        ("emails", "--status", "lost"),
        ("emails", "--nonsense"),
        ("call",),
        ("call", "1"),
        ("call", "1", "lost"),
        ("call", "1", "moved", "--to", "09:10"),
        ("callers", "add"),
        ("callers", "--json", "list"),
        ("closures", "add", "tomorrow"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_so_on_standard_error(arguments: tuple[str, ...], homeless: Office) -> None:
    said = homeless.boona(*arguments)

    assert said.status == 2
    assert said.out == ""
    assert "Usage: boona" in said.err


def test_everything_that_is_missing_is_told_at_once(homeless: Office) -> None:
    nothing = dict.fromkeys(["BOONA_DATABASE_URL", "BOONA_SMTP__PORT", *AGENCY])

    said = homeless.boona("plan", "emails", **nothing)

    assert (said.status, said.out) == (1, "")
    assert said.err.splitlines() == [
        "boona: 5 to mend:",
        "  BOONA_DATABASE_URL: is missing",
        "  BOONA_SENDER__EMAIL: is missing",
        "  BOONA_SENDER__NAME: is missing",
        "  BOONA_AGENCY__NAME: is missing",
        "  BOONA_AGENCY__ADDRESS: is missing",
    ]


def test_a_database_that_cannot_be_reached_is_one_line_without_its_password(homeless: Office) -> None:
    said = homeless.boona("emails")

    assert (said.status, said.out) == (1, "")
    assert said.err.startswith("boona: the database cannot be reached")
    assert said.err.count("\n") == 1
    assert "hush" not in said.err


def test_an_error_that_nobody_foresaw_shows_a_reference_and_no_data(office: Office) -> None:
    office.seed.email(office.seed.therapist(), recipient_name="Kanarienvogel")
    with office.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE communication_service.emails DROP CONSTRAINT ck_emails_status"))
        connection.execute(sa.text("UPDATE communication_service.emails SET status = 'Kanarienvogel'"))

    said = office.boona("emails")

    log, message = said.err.splitlines()
    assert (said.status, said.out) == (1, "")
    assert json.loads(log)["reference"] in message
    assert json.loads(log)["places"]
    assert "Kanarienvogel" not in said.err
    assert "Traceback" not in said.err


def test_every_reason_has_words() -> None:
    assert REASONS.keys() == set(Reason)
