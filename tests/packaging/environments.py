"""Environments that hold the built wheel and nothing of the checkout."""

import json
import re
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

# What a child may know of the surroundings: where programs and certificates are, never where the checkout is.
_HARMLESS = re.compile(r"HOME|LANG|LC_\w+|PATH|PIP_\w+|TMPDIR|\w*(CERT|CA_BUNDLE)\w*|\w+_proxy", re.IGNORECASE)


def surroundings(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment variables that a program out of sight of the checkout gets."""
    return {name: value for name, value in variables.items() if _HARMLESS.fullmatch(name)}


@frozen
class Environment:
    """A virtual environment, used from an empty folder and with no other import path than its own."""

    folder: Path
    cwd: Path
    variables: Mapping[str, str] = field(repr=False)

    def run(self, *command: str | Path, also: Mapping[str, str] | None = None) -> str:
        """Run a program of this environment and give back what it printed.

        Raises:
            AssertionError: it did not end well; carries everything that it wrote.
        """
        program, *arguments = command
        done = subprocess.run(
            [self.folder / "bin" / program, *arguments],
            cwd=self.cwd,
            env={**self.variables, **(also or {})},
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise AssertionError(f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def python(self, program: str | Path, *arguments: str) -> str:
        """Run a Python program (its text, or where it lies) in isolated mode."""
        source = ["-c", program] if isinstance(program, str) else [program]
        return self.run("python", "-I", *source, *arguments)

    def distributions(self) -> set[str]:
        """The names of what is installed, without the installer's own."""
        listed = json.loads(self.run("python", "-m", "pip", "list", "--format=json"))
        return {entry["name"].lower().replace("_", "-") for entry in listed} - {"pip", "setuptools"}


def build_wheel(project: Path, folder: Path) -> Path:
    """Build the wheel of the checkout into a folder, with the build tool that is installed here."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, project], check=True, capture_output=True)
    (wheel,) = folder.glob("boona-*.whl")
    return wheel


def versions(lock: Path, folder: Path) -> Path:
    """A lock file's versions as constraints: without the hashes, which the wheel itself would need too."""
    constraints = folder / "constraints.txt"
    pinned = re.findall(r"^[^\s#]+==[^\\\n]+", lock.read_text(encoding="utf-8"), re.MULTILINE)
    constraints.write_text("\n".join(pinned), encoding="utf-8")
    return constraints


def installed(wheel: Path, extra: str, *, lock: Path, folder: Path, variables: Mapping[str, str]) -> Environment:
    """Make an environment in `folder` and install the wheel with an extra ("" is none of them)."""
    cwd = folder / "elsewhere"
    cwd.mkdir(parents=True)
    venv.create(folder / "venv", with_pip=True, symlinks=True)
    environment = Environment(folder / "venv", cwd, surroundings(variables))
    wanted = f"{wheel}[{extra}]" if extra else str(wheel)
    environment.run("python", "-m", "pip", "install", "--quiet", "-c", versions(lock, folder), wanted)
    return environment
