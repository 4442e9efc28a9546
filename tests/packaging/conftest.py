"""The wheel, built once, and the environments that it is installed into."""

import os
from pathlib import Path

import pytest

from tests.packaging.environments import Environment, build_wheel, installed


@pytest.fixture(scope="session")
def wheel(project_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel."""
    return build_wheel(project_folder, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def bare(wheel: Path, project_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment made by `pip install boona`."""
    lock = project_folder / "requirements" / "all.txt"
    return installed(wheel, "", lock=lock, folder=tmp_path_factory.mktemp("bare"), variables=os.environ)


@pytest.fixture(scope="session")
def full(wheel: Path, project_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment made by `pip install 'boona[all]'`."""
    lock = project_folder / "requirements" / "all.txt"
    return installed(wheel, "all", lock=lock, folder=tmp_path_factory.mktemp("full"), variables=os.environ)
