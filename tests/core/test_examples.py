"""What the example of the core prints, word for word, and that it needs nothing but the core."""

import os
import subprocess
import sys
from pathlib import Path

EXPECTED = """\
On Monday, 23 March 2026, may we contact
  therapist 1 by email? yes
  therapist 1 by phone? yes
  therapist 2 by email? no: cooldown, recent_call (from 2026-03-30 on)
  therapist 2 by phone? no: cooldown, recent_call (from 2026-03-30 on)
  therapist 3 by email? yes
  therapist 3 by phone? no: no_phone_number (from no day on)
  therapist 4 by email? yes
  therapist 4 by phone? yes
The emails of the day
  to therapist 1, batch_request: patients 5, 4, 3
  to therapist 3, batch_request: patients 5, 4, 3
  none to therapist 2: cooldown, recent_call
  none to therapist 4: mailbox_interval
  4 requests wait for the next ones
"""

LOADED = """
import runpy, sys
runpy.run_path(sys.argv[1])
third_parties = {"alembic", "boona_adapters", "dramatiq", "jinja2", "litestar", "psycopg2", "redis", "sqlalchemy"}
print(sorted(third_parties & set(sys.modules)))
"""


def test_the_example_prints_what_its_readers_are_promised(project_folder: Path, tmp_path: Path) -> None:
    example = project_folder / "examples" / "core_only.py"

    done = subprocess.run([sys.executable, example], cwd=tmp_path, check=False, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == EXPECTED


def test_the_example_prints_the_same_whatever_the_order_of_hashes(project_folder: Path, tmp_path: Path) -> None:
    example = project_folder / "examples" / "core_only.py"

    printed = {
        subprocess.run(
            [sys.executable, example],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1", "2")
    }

    assert printed == {EXPECTED}


def test_the_example_loads_the_core_and_no_adapter(project_folder: Path, tmp_path: Path) -> None:
    example = project_folder / "examples" / "core_only.py"

    done = subprocess.run(
        [sys.executable, "-c", LOADED, example], cwd=tmp_path, check=True, capture_output=True, text=True
    )

    assert done.stdout == f"{EXPECTED}[]\n"
