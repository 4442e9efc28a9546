"""What happens to a test whose surroundings are missing: skipped on a laptop, failed in CI.

A service that is silently absent in CI would turn a promise into a line that nobody reads, so there
absence is a failure. Elsewhere a person may lack a browser or a server and still run the rest.
"""

import os
from typing import NoReturn, TypeVar

import pytest

Thing = TypeVar("Thing")


def in_ci() -> bool:
    """Whether this run is one of continuous integration (the variable `CI` is set and not `false`)."""
    return os.environ.get("CI", "").lower() not in {"", "0", "false", "no"}


def missing(what: str, why: str = "it is not here", *, fails: bool | None = None) -> NoReturn:
    """End the test because `what` is missing; `fails` says how, None that CI decides it.

    Raises:
        pytest.fail.Exception: in CI.
        pytest.skip.Exception: elsewhere.
    """
    reason = f"needs {what}: {why}"
    if in_ci() if fails is None else fails:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def needs(thing: Thing | None, what: str, why: str = "it is not here") -> Thing:
    """Give back `thing` if it is there (not None), as in `needs(shutil.which("chromium"), "chromium")`.

    Raises:
        pytest.fail.Exception: `thing` is None, in CI.
        pytest.skip.Exception: `thing` is None, elsewhere.
    """
    if thing is None:
        missing(what, why)
    return thing
