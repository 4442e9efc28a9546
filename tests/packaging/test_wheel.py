"""What is published is the wheel: it holds everything that runs, and works where there is no checkout."""

import re
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.packaging.environments import Environment

pytestmark = pytest.mark.slow

LEFT_OUT = re.compile(r"(^|/)(__pycache__/|\.)|\.pyc$")

IMPORT_EVERYTHING = """
import importlib, pkgutil
import boona_adapters, boona_core
beyond_all = {"boona_adapters.streams.kafka", "boona_adapters.traces"}  # of the extras kafka and tracing
for package in (boona_core, boona_adapters):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.startswith("boona_adapters.migrations") and module.name not in beyond_all:
            importlib.import_module(module.name)
            print(module.name)
"""


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def files_under(folder: Path) -> set[str]:
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return {name for name in names if not LEFT_OUT.search(name)}


@pytest.mark.parametrize("folder", ["migrations", "templates"])
def test_what_is_not_python_ships_inside_the_package(wheel: Path, project_folder: Path, folder: str) -> None:
    expected = {f"boona_adapters/{folder}/{name}" for name in files_under(project_folder / folder)}

    shipped = {
        name for name in names_in(wheel) if name.startswith(f"boona_adapters/{folder}/") and not LEFT_OUT.search(name)
    }

    assert expected
    assert shipped == expected


def test_the_wheel_holds_both_packages_their_types_and_its_licence_and_nothing_else(wheel: Path) -> None:
    names = names_in(wheel)

    assert {name.partition("/")[0] for name in names} == {
        "boona_core",
        "boona_adapters",
        "boona-0.1.0.dist-info",
    }
    assert {"boona_core/py.typed", "boona_adapters/py.typed"} <= names
    assert "boona-0.1.0.dist-info/licenses/LICENSE" in names
    assert not {name for name in names if name.endswith(".pyc")}


def test_without_extras_only_attrs_and_cattrs_come_along(bare: Environment) -> None:
    assert bare.distributions() == {"attrs", "boona", "cattrs", "typing-extensions"}


def test_the_core_comes_from_the_wheel(bare: Environment) -> None:
    place = bare.python("import boona_core; print(boona_core.__file__)")

    assert Path(place.strip()).is_relative_to(bare.folder)


def test_the_example_runs_on_the_core_alone(bare: Environment, project_folder: Path, tmp_path: Path) -> None:
    example = tmp_path / "core_only.py"
    example.write_bytes((project_folder / "examples" / "core_only.py").read_bytes())

    assert bare.python(example)


def test_every_module_finds_what_it_imports_among_the_extras(full: Environment) -> None:
    imported = full.python(IMPORT_EVERYTHING).split()

    assert {"boona_core.contact", "boona_adapters.letters"} <= set(imported)


def test_the_command_line_explains_itself(full: Environment) -> None:
    assert "Usage: boona" in full.run("boona", "--help")


def test_a_database_is_migrated_from_the_wheel(full: Environment, empty_database_url: str) -> None:
    full.run("boona", "db", "upgrade", also={"BOONA_DATABASE_URL": empty_database_url})

    engine = create_engine(empty_database_url)
    with engine.connect() as connection:
        revisions = connection.execute(text("SELECT version_num FROM public.alembic_version")).all()
        emails = connection.execute(text("SELECT count(*) FROM communication_service.emails")).scalar_one()
    engine.dispose()
    assert (len(revisions), emails) == (1, 0)


def test_a_letter_is_rendered_from_the_wheel(full: Environment, tmp_path: Path) -> None:
    program = tmp_path / "render_letter.py"
    program.write_bytes((Path(__file__).parent / "render_letter.py").read_bytes())

    letter = full.python(program)

    assert "Ährenfeld" in letter
