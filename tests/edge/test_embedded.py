"""The embedded servers: they answer, keep their data, keep strangers out, and never outlive who started them."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import psycopg2
import psycopg2.extensions
import pytest
import redis

from boona_adapters.embedded import (
    EmbeddedPostgres,
    FolderInUse,
    GuardFailed,
    ServerFailed,
    WrongDataVersion,
    embedded_postgres,
    embedded_redis,
)
from boona_adapters.embedded.account import Account, choose_account
from boona_adapters.embedded.ports import free_port
from boona_core.errors import InvalidValue

QUICK = {"fsync": "off"}
PATIENCE_SECONDS = 20.0

PARENT_OF_POSTGRES = """
import os, sys
from pathlib import Path
from boona_adapters.embedded import embedded_postgres

with embedded_postgres(Path(sys.argv[1]), settings={"fsync": "off"}) as server:
    print(os.geteuid(), server.pid, server.url, flush=True)
    sys.stdin.read()
"""

PARENT_OF_REDIS_WITH_A_FORKED_CHILD = """
import os, sys
from pathlib import Path
from boona_adapters.embedded import embedded_redis

with embedded_redis(Path(sys.argv[1])) as server:
    child = os.fork()
    if child == 0:
        sys.stdin.read()
        os._exit(0)
    print(child, server.pid, server.url, flush=True)
    sys.stdin.read()
"""

CHILD_LEAVES_THE_BLOCK = """
import os, sys
from pathlib import Path
from boona_adapters.embedded.guarded import guard_of

def leave_in_a_child(folder):
    with guard_of(folder, log=folder / "log") as guard:
        guard.hold(folder / "lock", [])
        child = os.fork()
        if child == 0:
            return
        os.waitpid(child, 0)
        guard.own(folder / "answers")
        print("still there")

leave_in_a_child(Path(sys.argv[1]))
"""


def ask(url: str, statement: str) -> str:
    """The single value that *statement* gives, as text; what it changed is committed."""
    with closing(connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return str(cursor.fetchone()[0]) if cursor.description else ""  # type: ignore[index]


def connect(url: str) -> psycopg2.extensions.connection:
    return psycopg2.connect(url.replace("+psycopg2", ""))


def family(pid: int) -> set[int]:
    """The process, its parent (the guard) and its children."""
    rows = _process_table()
    return {pid} | {row for row, (parent, _) in rows.items() if parent == pid} | {rows[pid][0]}


def living(pids: set[int]) -> set[int]:
    """Which of *pids* are in the process table, and not merely waiting to be buried."""
    return {pid for pid, (_, state) in _process_table().items() if pid in pids and not state.startswith("Z")}


def _process_table() -> dict[int, tuple[int, str]]:
    lines = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True)
    rows = [line.split() for line in lines.stdout.splitlines()]
    return {int(pid): (int(parent), state) for pid, parent, state in rows}


def comes_true(condition: Callable[[], bool]) -> bool:
    """Wait for *condition*; False when patience ends first."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def start_parent(program: str, folder: Path, become: Callable[[], None] | None = None) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", program, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=become,  # noqa: PLW1509 - the user must change before Python starts
    )


def first_line(process: "subprocess.Popen[str]") -> Sequence[str]:
    assert process.stdout is not None
    return process.stdout.readline().split()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """One server for the tests that only look."""
    with embedded_postgres(tmp_path_factory.mktemp("postgres"), settings=QUICK) as running:
        yield running


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder below none that is closed to other users."""
    folder = Path(tempfile.mkdtemp())
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def ordinary_user(open_folder: Path) -> Account:
    """Somebody who is not root, and may write into the open folder."""
    account = choose_account(open_folder, [Path(sys.executable), open_folder])
    os.chown(open_folder, account.uid, account.gid)
    return account


def test_postgres_answers_a_query(server: EmbeddedPostgres) -> None:
    answer = ask(server.url, "SELECT 6 * 7")

    assert answer == "42"


def test_the_url_names_role_database_and_port_on_loopback(server: EmbeddedPostgres) -> None:
    scheme, _, rest = server.url.partition("://")

    assert scheme == "postgresql+psycopg2"
    assert rest.startswith("boona:")
    assert rest.endswith(f"@127.0.0.1:{server.port}/boona")


def test_the_password_is_not_in_the_representation(server: EmbeddedPostgres) -> None:
    password = server.url.split(":")[2].split("@")[0]

    assert len(password) == 48
    assert password not in repr(server)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("log_min_error_statement", "panic"),
        ("log_min_messages", "log"),
        ("log_error_verbosity", "terse"),
        ("log_statement", "none"),
        ("log_duration", "off"),
        ("log_min_duration_statement", "-1"),
        ("log_parameter_max_length", "0"),
        ("log_parameter_max_length_on_error", "0"),
        ("listen_addresses", "127.0.0.1"),
        ("password_encryption", "scram-sha-256"),
        ("TimeZone", "UTC"),
        ("server_encoding", "UTF8"),
        ("lc_messages", "C"),
        ("fsync", "off"),
    ],
)
def test_the_server_keeps_its_settings(server: EmbeddedPostgres, name: str, value: str) -> None:
    answer = ask(server.url, f"SHOW {name}")

    assert answer == value


def test_commits_are_durable_unless_told_otherwise(tmp_path: Path) -> None:
    with embedded_postgres(tmp_path) as durable:
        answer = ask(durable.url, "SELECT current_setting('fsync') || current_setting('synchronous_commit')")

    assert answer == "onon"


def test_the_database_sorts_by_bytes(server: EmbeddedPostgres) -> None:
    answer = ask(server.url, "SELECT datcollate || datctype FROM pg_database WHERE datname = current_database()")

    assert answer == "CC"


def test_the_role_may_create_databases(server: EmbeddedPostgres) -> None:
    connection = connect(server.url)
    connection.autocommit = True

    with closing(connection), connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE copy TEMPLATE template0 STRATEGY file_copy")
        cursor.execute("DROP DATABASE copy WITH (FORCE)")

    assert ask(server.url, "SELECT count(*) FROM pg_database WHERE datname = 'copy'") == "0"


def test_nobody_can_switch_on_the_logging_of_statements(server: EmbeddedPostgres) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(server.url, "SET log_statement = 'all'")


def test_the_values_of_a_failed_statement_do_not_reach_the_log(server: EmbeddedPostgres) -> None:
    begin = server.log.stat().st_size

    with pytest.raises(psycopg2.errors.InvalidDatetimeFormat, match="Erika"):
        ask(server.url, "SELECT CAST('Erika' AS date)")

    assert b"Erika" not in server.log.read_bytes()[begin:]


def test_the_statement_of_a_killed_backend_does_not_reach_the_log(tmp_path: Path) -> None:
    with embedded_postgres(tmp_path, settings=QUICK) as victim, closing(connect(victim.url)) as connection:
        backend = connection.get_backend_pid()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 'Erika Mustermann'")
            os.kill(backend, signal.SIGKILL)
            noticed = comes_true(lambda: "was terminated by signal 9" in victim.log.read_text())

        assert noticed
        assert "Erika" not in victim.log.read_text()


@pytest.mark.parametrize("name", ["log_statement", "log_error_verbosity", "listen_addresses", "port"])
def test_settings_that_keep_the_server_private_cannot_be_overridden(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidValue, match=name), embedded_postgres(tmp_path, settings={name: "all"}):
        pass


def test_a_stranger_without_the_password_is_refused(server: EmbeddedPostgres) -> None:
    with pytest.raises(psycopg2.OperationalError, match="no password supplied"):
        psycopg2.connect(host="127.0.0.1", port=server.port, user="boona", dbname="boona", passfile="/dev/null")


def test_a_stranger_with_a_wrong_password_is_refused(server: EmbeddedPostgres) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(host="127.0.0.1", port=server.port, user="boona", dbname="boona", password="guess")


def test_the_superuser_cannot_log_in(server: EmbeddedPostgres) -> None:
    with pytest.raises(psycopg2.OperationalError, match=r"no pg_hba\.conf entry"):
        psycopg2.connect(host="127.0.0.1", port=server.port, user="postgres", dbname="postgres", password="x")


@pytest.mark.parametrize("name", ["postgres.password", "postgres.log", "postgres.lock", "postgres-data"])
def test_other_users_can_read_nothing_in_the_folder(server: EmbeddedPostgres, name: str) -> None:
    mode = stat.S_IMODE((server.log.parent / name).stat().st_mode)

    assert mode & 0o077 == 0


def test_rows_are_kept_from_one_run_to_the_next(tmp_path: Path) -> None:
    with embedded_postgres(tmp_path, settings=QUICK) as first:
        ask(first.url, "CREATE TABLE kept AS SELECT 17 AS id")

    with embedded_postgres(tmp_path, settings=QUICK) as second:
        answer = ask(second.url, "SELECT id FROM kept")

    assert answer == "17"


def test_a_lost_password_is_replaced(tmp_path: Path) -> None:
    with embedded_postgres(tmp_path, settings=QUICK) as first:
        pass
    (tmp_path / "postgres.password").unlink()

    with embedded_postgres(tmp_path, settings=QUICK) as second:
        answer = ask(second.url, "SELECT 1")

    assert answer == "1"
    assert first.url.split("@")[0] != second.url.split("@")[0]


def test_two_servers_run_at_once(server: EmbeddedPostgres, tmp_path: Path) -> None:
    with embedded_postgres(tmp_path, settings=QUICK) as other:
        answers = ask(server.url, "SHOW data_directory"), ask(other.url, "SHOW data_directory")

    assert answers == (str(server.log.parent / "postgres-data"), str(tmp_path / "postgres-data"))


def test_a_second_start_on_the_same_folder_is_refused(server: EmbeddedPostgres) -> None:
    with pytest.raises(FolderInUse) as refusal, embedded_postgres(server.log.parent):
        pass

    assert refusal.value.owner == os.getpid()
    assert ask(server.url, "SELECT 1") == "1"


def test_a_port_taken_in_between_leads_to_another(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        proposals = iter([port, free_port(), free_port(), free_port()])

        with embedded_postgres(tmp_path, settings=QUICK, choose_port=lambda: next(proposals)) as lucky:
            answer = ask(lucky.url, "SELECT 1")

    assert answer == "1"
    assert lucky.port != port


def test_a_stale_file_that_names_a_living_process_does_not_hinder(tmp_path: Path) -> None:
    with embedded_postgres(tmp_path, settings=QUICK):
        pass
    stale = tmp_path / "postgres-data" / "postmaster.pid"
    account = choose_account(tmp_path, [tmp_path])

    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, preexec_fn=account.become) as namesake:  # noqa: PLW1509
        stale.write_text(f"{namesake.pid}\n{tmp_path}/postgres-data\n1\n5432\n\n127.0.0.1\n\nready\n")
        with embedded_postgres(tmp_path, settings=QUICK) as again:
            answer = ask(again.url, "SELECT 1")

    assert answer == "1"


def test_a_creation_cut_short_is_begun_anew(tmp_path: Path) -> None:
    half = tmp_path / "postgres-data.new" / "base"
    half.mkdir(parents=True)

    with embedded_postgres(tmp_path, settings=QUICK) as whole:
        answer = ask(whole.url, "SELECT 1")

    assert answer == "1"
    assert not half.exists()


def test_data_of_another_major_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "postgres-data").mkdir()
    (tmp_path / "postgres-data" / "PG_VERSION").write_text("9\n")

    with pytest.raises(WrongDataVersion) as refusal, embedded_postgres(tmp_path):
        pass

    assert refusal.value.found == "9"


def test_a_setting_that_the_server_refuses_is_reported_with_its_words(tmp_path: Path) -> None:
    with embedded_postgres(tmp_path, settings=QUICK):
        pass

    with (
        pytest.raises(ServerFailed, match="max_connections") as failure,
        embedded_postgres(tmp_path, settings={"max_connections": "many"}),
    ):
        pass

    assert failure.value.status == 1


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(GuardFailed, match="write to"), embedded_postgres(tmp_path / "file" / "folder"):
        pass


def test_the_end_of_the_block_ends_every_process(tmp_path: Path) -> None:
    with embedded_postgres(tmp_path, settings=QUICK) as running:
        pids = family(running.pid)

    assert len(pids) > 3
    assert comes_true(lambda: not living(pids))


def test_a_killed_parent_takes_postgres_along_and_leaves_the_rows(tmp_path: Path) -> None:
    with start_parent(PARENT_OF_POSTGRES, tmp_path) as parent:
        _, pid, url = first_line(parent)
        ask(url, "CREATE TABLE kept AS SELECT 17 AS id")
        with closing(connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO kept VALUES (18)")
            pids = family(int(pid))
            parent.kill()
            gone = comes_true(lambda: not living(pids))

    with embedded_postgres(tmp_path, settings=QUICK) as again:
        answer = ask(again.url, "SELECT string_agg(id::text, ',') FROM kept")

    assert len(pids) > 3
    assert gone
    assert answer == "17"


def test_a_start_right_after_the_kill_waits_for_the_old_server(tmp_path: Path) -> None:
    with start_parent(PARENT_OF_POSTGRES, tmp_path) as parent:
        _, _, url = first_line(parent)
        ask(url, "CREATE TABLE kept AS SELECT 17 AS id")
        parent.kill()

    with embedded_postgres(tmp_path, settings=QUICK) as again:
        answer = ask(again.url, "SELECT id FROM kept")

    assert answer == "17"


def test_the_lock_names_nobody_once_its_owner_was_killed(tmp_path: Path) -> None:
    lock = tmp_path / "postgres.lock"

    with start_parent(PARENT_OF_POSTGRES, tmp_path) as parent:
        first_line(parent)
        owner = lock.read_text()
        parent.kill()
        unsigned = comes_true(lambda: lock.read_text() == "")

    assert owner == str(parent.pid)
    assert unsigned


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a child of its parent's death")
def test_a_killed_guard_takes_postgres_along(tmp_path: Path) -> None:
    with embedded_postgres(tmp_path, settings=QUICK) as running:
        pids = family(running.pid)
        os.kill(_process_table()[running.pid][0], signal.SIGKILL)
        gone = comes_true(lambda: not living(pids))

    assert gone


def test_a_killed_server_is_started_again_with_its_rows(tmp_path: Path) -> None:
    with embedded_postgres(tmp_path, settings=QUICK) as first:
        ask(first.url, "CREATE TABLE kept AS SELECT 17 AS id")
        os.kill(first.pid, signal.SIGKILL)

    with embedded_postgres(tmp_path, settings=QUICK) as second:
        answer = ask(second.url, "SELECT id FROM kept")

    assert answer == "17"


def test_an_ordinary_user_runs_postgres(ordinary_user: Account, open_folder: Path) -> None:
    with start_parent(PARENT_OF_POSTGRES, open_folder / "data", ordinary_user.become) as parent:
        uid, pid, url = first_line(parent)
        answer = ask(url, "SELECT 1")
        pids = family(int(pid))
        parent.kill()

    assert uid != "0"
    assert answer == "1"
    assert comes_true(lambda: not living(pids))


def test_postgres_runs_below_a_folder_that_others_cannot_enter(open_folder: Path) -> None:
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)

    with embedded_postgres(closed / "data", settings=QUICK) as running:
        answer = ask(running.url, "SELECT 1")

    assert answer == "1"
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_redis_answers_with_the_password(tmp_path: Path) -> None:
    with embedded_redis(tmp_path) as running, closing(redis.Redis.from_url(running.url)) as client:
        answer = client.ping()

    assert answer is True


def test_redis_refuses_without_the_password(tmp_path: Path) -> None:
    with (
        embedded_redis(tmp_path) as running,
        closing(redis.Redis(host="127.0.0.1", port=running.port)) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def test_redis_confirms_what_is_on_the_disk(tmp_path: Path) -> None:
    with embedded_redis(tmp_path) as running, closing(redis.Redis.from_url(running.url)) as client:
        settings = client.config_get("append*")

    assert settings["appendonly"] == "yes"
    assert settings["appendfsync"] == "always"


def test_redis_keeps_its_keys_when_it_is_killed(tmp_path: Path) -> None:
    with embedded_redis(tmp_path) as first, closing(redis.Redis.from_url(first.url)) as client:
        client.set("kept", "17")
        os.kill(first.pid, signal.SIGKILL)

    with embedded_redis(tmp_path) as second, closing(redis.Redis.from_url(second.url)) as client:
        answer = client.get("kept")

    assert answer == b"17"


def test_a_second_redis_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with embedded_redis(tmp_path), pytest.raises(FolderInUse) as refusal, embedded_redis(tmp_path):
        pass

    assert refusal.value.folder == tmp_path


def test_redis_gets_another_port_when_its_own_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        proposals = iter([taken.getsockname()[1], free_port(), free_port(), free_port()])

        with (
            embedded_redis(tmp_path, choose_port=lambda: next(proposals)) as lucky,
            closing(redis.Redis.from_url(lucky.url)) as client,
        ):
            answer = client.ping()

    assert answer is True


def test_postgres_and_redis_share_a_folder(tmp_path: Path) -> None:
    with (
        embedded_postgres(tmp_path, settings=QUICK) as store,
        embedded_redis(tmp_path) as doorbell,
        closing(redis.Redis.from_url(doorbell.url)) as client,
    ):
        answers = ask(store.url, "SELECT 1"), client.ping()

    assert answers == ("1", True)


def test_a_killed_parent_takes_redis_along_though_a_forked_child_lives_on(tmp_path: Path) -> None:
    with start_parent(PARENT_OF_REDIS_WITH_A_FORKED_CHILD, tmp_path) as parent:
        child, pid, _ = first_line(parent)
        pids = family(int(pid))
        parent.kill()
        gone = comes_true(lambda: not living(pids))
        child_lives = living({int(child)}) == {int(child)}

    assert gone
    assert child_lives


def test_a_forked_child_that_leaves_the_block_leaves_the_guard_alone(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", CHILD_LEAVES_THE_BLOCK, str(tmp_path)], capture_output=True, text=True, check=True
    )

    assert answer.stdout == "still there\n"
