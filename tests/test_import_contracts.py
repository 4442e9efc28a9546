"""The import contracts see: each of them, broken on purpose in a copy of the sources, is reported."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CORE_ALONE = "The core needs attrs, cattrs and the pure part of the standard library"
NO_ADAPTER = "The core knows no adapter"
ROOMS = "The core's rooms: a rule sees only what lies below it, and no port"
CIRCLES = "No circles in the core"
WIRING = "Nobody knows the wiring but the command line"
COMMAND_LINE = "The command line reaches stores and senders through the wiring only"


def source_of(copy: Path, module: str) -> Path:
    """The file of one of the project's modules in the copy; one that is not there yet becomes an empty one."""
    place = copy.joinpath("src", *module.split("."))
    if (place / "__init__.py").exists():
        return place / "__init__.py"
    place.with_suffix(".py").touch()
    return place.with_suffix(".py")


@pytest.fixture
def copy(project_folder: Path, tmp_path: Path) -> Path:
    """The sources and the contracts, in a folder where they may be broken."""
    shutil.copytree(project_folder / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(project_folder / "pyproject.toml", tmp_path)
    (tmp_path / "tests").mkdir()
    for name in ("__init__.py", "import_contracts.py"):
        shutil.copy(project_folder / "tests" / name, tmp_path / "tests")
    for module in ("cli", "http", "memory", "smtp", "wiring", "workers"):
        source_of(tmp_path, f"boona_adapters.{module}")
    for module in ("application", "ports"):
        source_of(tmp_path, f"boona_core.{module}")
    return tmp_path


def lint_imports(copy: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-logo", "--no-cache"],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy / "src"), "NO_COLOR": "1", "COLUMNS": "200"},
        check=False,
        capture_output=True,
        text=True,
    )


def test_the_sources_keep_the_contracts(copy: Path) -> None:
    done = lint_imports(copy)

    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 broken" in done.stdout


@pytest.mark.parametrize(
    ("importer", "imported", "contract"),
    [
        pytest.param("boona_core.errors", "sqlalchemy", CORE_ALONE, id="a rule sees a database"),
        pytest.param("boona_core.errors", "logging", CORE_ALONE, id="a rule writes a log"),
        pytest.param("boona_core.contact", "os.path", CORE_ALONE, id="a rule sees the environment"),
        pytest.param("boona_core.usecases", "smtplib", CORE_ALONE, id="a use case opens a socket"),
        pytest.param("boona_core.errors", "boona_adapters.letters", NO_ADAPTER, id="a rule sees an adapter"),
        pytest.param("boona_core.contact", "boona_core.ports", ROOMS, id="a rule sees a port"),
        pytest.param("boona_core.batching", "boona_core.usecases", ROOMS, id="a rule sees a use case"),
        pytest.param("boona_core.ports", "boona_core.application", ROOMS, id="a port sees the application"),
        pytest.param("boona_core.nowhere", "boona_core.errors", ROOMS, id="a module has no room"),
        pytest.param("boona_core.redaction", "boona_core.letters", CIRCLES, id="two rules see each other"),
        pytest.param("boona_adapters.letters", "boona_adapters.wiring", WIRING, id="a sender sees the wiring"),
        pytest.param("boona_adapters.letters", "boona_adapters.memory", WIRING, id="a sender sees a store"),
        pytest.param("boona_adapters.letters", "boona_adapters.http", WIRING, id="a sender sees a face"),
        pytest.param("boona_adapters.workers", "boona_adapters.smtp", WIRING, id="a worker sees a sender"),
        pytest.param("boona_adapters.http", "boona_adapters.postgres", WIRING, id="a controller sees a store"),
        pytest.param("boona_adapters.cli", "boona_adapters.smtp", COMMAND_LINE, id="a command sees a sender"),
        pytest.param("boona_adapters.cli", "sqlalchemy", COMMAND_LINE, id="a command sees the database"),
    ],
)
def test_an_import_that_is_not_allowed_is_reported(copy: Path, importer: str, imported: str, contract: str) -> None:
    with source_of(copy, importer).open("a", encoding="utf-8") as source:
        source.write(f"\nimport {imported}\n")

    done = lint_imports(copy)

    assert done.returncode == 1
    assert f"{contract} BROKEN" in done.stdout
