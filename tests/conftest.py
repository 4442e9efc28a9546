"""What every test may ask for: the input files beside the checkout, and (where the extras are) databases.

Nothing here imports an adapter: the core's tests run in an environment that has none of them.
"""

import importlib.util
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.needs import in_ci, missing

ROOT = Path(__file__).resolve().parent.parent

pytest_plugins = ["tests.databases"] if importlib.util.find_spec("sqlalchemy") else []

# A slow machine is no fault of the code (no deadline, no complaint about slow input). In CI the examples
# are the same in every run, so that a change is judged by itself and not by luck; a laptop looks further.
settings.register_profile("default", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "ci",
    parent=settings.get_profile("default"),
    max_examples=100,
    derandomize=True,
    database=None,
    print_blob=True,
)
settings.register_profile("thorough", parent=settings.get_profile("default"), max_examples=2000)
settings.load_profile("ci" if in_ci() else "default")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what a run may be told."""
    parser.addoption(
        "--chaos-length",
        type=int,
        default=1,
        metavar="N",
        help="how many times as long as in CI the tests marked `chaos` go on",
    )
    parser.addoption(
        "--api-requests",
        type=int,
        default=2000,
        metavar="N",
        help="how many requests are made from the schema of the API and sent to it",
    )


@pytest.fixture(scope="session")
def api_requests(pytestconfig: pytest.Config) -> int:
    """How many requests are generated: 2,000 in CI."""
    requests: int = pytestconfig.getoption("--api-requests")
    return requests


@pytest.fixture(scope="session")
def chaos_length(pytestconfig: pytest.Config) -> int:
    """The factor by which a chaos test multiplies its kills, rounds or emails: 1 in CI."""
    length: int = pytestconfig.getoption("--chaos-length")
    return length


@pytest.fixture(scope="session")
def project_folder() -> Path:
    """The checkout that is being tested."""
    return ROOT


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder `shared` beside the checkout, with the agency's own input files.

    Skips where it is absent, fails in CI.
    """
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        missing("the folder `shared` beside the checkout")
    return folder
