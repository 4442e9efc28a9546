"""Everything that is done with the checkout: `nox` passes the tests, `nox -s demo` shows Boona at work.

Each session makes its own environment and installs what it needs into it, from lock files with hashes.
"""

import os
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "venv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["check", "tests", "core", "package"]

# Other Pythons than the one at hand, as far as they are on the machine.
PYTHONS = ("3.11", "3.12", "3.13")

# What the core's tests and examples must do without: see `core`.
EXTRAS = ("alembic", "click", "litestar", "psycopg2", "sqlalchemy")

ON_EVERY_PYTHON = ("tests/core", "tests/usecases")


def install_locked(session: nox.Session, lock: str) -> None:
    """Install one lock file, every file checked against its hash, and nothing else."""
    session.install("--require-hashes", "-r", f"requirements/{lock}.txt")


def install_project(session: nox.Session) -> None:
    """Install the checkout itself, editable, with the build tool that the lock file brought."""
    session.install("--no-deps", "--no-build-isolation", "-e", ".")


def those_there(*paths: str) -> list[str]:
    """The paths that exist."""
    return [path for path in paths if Path(path).exists()]


def python_sources() -> list[str]:
    """What is checked by the type checker: the folders (and files) that hold Python."""
    folders = ("src", "tests", "examples", "benchmarks", "migrations")
    return [*(folder for folder in folders if any(Path(folder).rglob("*.py"))), "noxfile.py"]


@nox.session
def check(session: nox.Session) -> None:
    """Lint, formatting, types and import contracts."""
    install_locked(session, "dev")
    install_project(session)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy", "--strict", *python_sources())
    session.run("lint-imports", "--no-logo")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests, with coverage by branch; with arguments, those tests only."""
    install_locked(session, "dev")
    install_project(session)
    if session.posargs:
        session.run("pytest", *session.posargs)
        return
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", "-m", "not (chaos or browser)", "--ignore=tests/packaging")
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session
def core(session: nox.Session) -> None:
    """Run the core's tests and examples where nothing but attrs and cattrs is installed beside pytest."""
    install_locked(session, "core")
    install_project(session)
    look = f"there = [name for name in {EXTRAS} if find_spec(name)]; assert not there, there"
    session.run("python", "-c", f"from importlib.util import find_spec; {look}")
    session.run("pytest", *those_there("tests/core"), "tests/packaging/test_core_examples.py")


@nox.session
def package(session: nox.Session) -> None:
    """Build the wheel and use it in empty environments, out of sight of the checkout."""
    install_locked(session, "dev")
    install_project(session)
    session.run("pytest", "tests/packaging", *session.posargs)


def tests_on_another_python(session: nox.Session) -> None:
    """Run the tests that need no server, on this Python."""
    install_locked(session, "dev")
    install_project(session)
    session.run("pytest", *those_there(*ON_EVERY_PYTHON), *session.posargs)


for version in PYTHONS:
    nox.session(name=f"tests-{version}", python=version, default=False)(tests_on_another_python)


@nox.session(default=False)
def chaos(session: nox.Session) -> None:
    """Kill and freeze processes at named points; `-- 20` makes everything twenty times as long."""
    install_locked(session, "dev")
    install_project(session)
    length = session.posargs[:1] or ["1"]
    session.run("pytest", "-m", "chaos", "-s", "--chaos-length", *length, *session.posargs[1:])


@nox.session(default=False)
def browser(session: nox.Session) -> None:
    """Look at pages and letters with the browser of this machine."""
    install_locked(session, "ci")
    install_project(session)
    session.run("pytest", "-m", "browser", *session.posargs)


@nox.session(default=False)
def demo(session: nox.Session) -> None:
    """Run Boona with an invented agency and a mailbox page; `-- --help` tells what can be said to it."""
    install_locked(session, "all")
    install_project(session)
    session.run("boona", "up", "--demo", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure Boona beside its peers; with arguments, those rows only."""
    install_locked(session, "bench")
    install_project(session)
    pin = ("taskset", "-c", "0") if shutil.which("taskset") else ()
    session.run(*pin, "python", "-m", "benchmarks", *session.posargs, external=bool(pin))


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Make the lock files anew: names, versions and hashes, for Python 3.11 to 3.13, Linux and macOS."""
    session.install("uv>=0.8")
    newest = [] if "--upgrade" not in session.posargs else ["--upgrade"]
    compile_lock(session, "ci", "--all-extras", "--group", "ci", *newest)
    compile_lock(session, "dev", "--all-extras", "--group", "dev", *newest, constraint="ci")
    compile_lock(session, "all", "--extra", "all", "--group", "build", *newest, constraint="ci")
    compile_lock(session, "core", "--group", "build", "--group", "core-tests", *newest, constraint="ci")
    compile_lock(session, "bench", "--extra", "all", "--group", "bench", *newest, constraint="ci")


def compile_lock(session: nox.Session, lock: str, *chosen: str, constraint: str | None = None) -> None:
    """Write one lock file, with the versions of another one where both name a package."""
    # The registry and any further place are those of uv itself: none of this machine's settings, and no
    # address, gets into the file.
    clean = {name: None for name in os.environ if name.startswith(("UV_", "PIP_"))}
    session.run(
        "uv", "pip", "compile", "pyproject.toml", *chosen,
        *(["--constraint", f"requirements/{constraint}.txt"] if constraint else []),
        "--universal", "--python-version", "3.11", "--generate-hashes", "--no-config",
        "--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links", "--quiet",
        "--output-file", f"requirements/{lock}.txt",
        env=clean,
    )  # fmt: skip
