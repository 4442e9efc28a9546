"""What the project shows of the core runs where nothing but attrs and cattrs is installed (`nox -s core`)."""

import subprocess
import sys
from pathlib import Path

from tests.packaging.readme import core_code


def test_the_example_of_the_core_alone_runs(project_folder: Path, tmp_path: Path) -> None:
    example = project_folder / "examples" / "core_only.py"

    done = subprocess.run([sys.executable, example], cwd=tmp_path, check=False, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_the_readmes_first_lines_run(project_folder: Path, tmp_path: Path) -> None:
    code = core_code(project_folder / "README.md")

    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False, capture_output=True, text=True)

    assert "boona_core" in code
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
