"""Rules that the project's own files keep, whatever they are about."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Put together here, so that this file does not hold what it forbids.
REGISTRY_HOSTS = [
    ".".join(parts)
    for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("debian", "org"))
]
MACHINE_PATHS = ["/".join(("", *parts, "")) for parts in (("work",), ("root",), ("home",), ("opt",), ("tmp", "boona"))]
REFUSED_NAMES = {"utils", "util", "helpers", "helper", "common", "managers", "services", "base", "misc"}

LOCKED = re.compile(
    r"""
    [a-z0-9]+(-[a-z0-9]+)*==\S+(\ ;\ [a-z_]+\ [<>=!]+\ '[^']+'(\ (and|or)\ [a-z_]+\ [<>=!]+\ '[^']+')*)?\ \\
    | \ {4}--hash=sha256:[0-9a-f]{64}(\ \\)?
    """,
    re.VERBOSE,
)


def files() -> list[str]:
    """Every file of the project, as git sees it: committed, or new and not ignored."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted(name for name in names.split("\0") if name and (ROOT / name).is_file())


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


def lines_with(found: list[str], name: str) -> list[str]:
    """Where one of these stands in a file."""
    lines = enumerate(text_of(name).splitlines(), start=1)
    return [f"{name}:{number}: {line}" for number, line in lines if any(each in line for each in found)]


def functions_in(name: str) -> Iterator[ast.FunctionDef]:
    """The test functions of a file."""
    nodes = ast.walk(ast.parse(text_of(name)))
    return (node for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))


FILES = files()
LOCKS = [name for name in FILES if name.startswith("requirements/")]
MODULES = [name for name in FILES if name.startswith("src/") and name.endswith(".py")]
TESTS = [name for name in FILES if re.fullmatch(r"tests/(.*/)?test_\w+\.py", name)]


@pytest.mark.parametrize("name", FILES)
def test_no_file_names_a_package_registry(name: str) -> None:
    assert lines_with(REGISTRY_HOSTS, name) == []


@pytest.mark.parametrize("name", FILES)
def test_no_file_names_a_place_on_the_machine_where_it_was_written(name: str) -> None:
    assert lines_with(MACHINE_PATHS, name) == []


@pytest.mark.parametrize("name", FILES)
def test_a_name_says_what_is_in_a_file(name: str) -> None:
    assert {part.split(".")[0] for part in Path(name).parts} & REFUSED_NAMES == set()


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_holds_names_versions_and_hashes_only(name: str) -> None:
    others = [line for line in text_of(name).splitlines() if not LOCKED.fullmatch(line)]

    assert others == []


@pytest.mark.parametrize("lock", ["all", "bench", "ci", "core", "dev"])
def test_there_is_a_lock_file_for_every_environment(lock: str) -> None:
    assert f"requirements/{lock}.txt" in LOCKS


@pytest.mark.parametrize("name", MODULES)
def test_a_module_says_which_question_it_answers(name: str) -> None:
    assert ast.get_docstring(ast.parse(text_of(name)))


@pytest.mark.parametrize("name", TESTS)
def test_a_test_is_one_straight_line(name: str) -> None:
    bends = [
        f"{name}:{statement.lineno}: {test.name}"
        for test in functions_in(name)
        for statement in test.body
        if isinstance(statement, ast.If | ast.For | ast.While)
    ]

    assert bends == []


@pytest.mark.parametrize("name", TESTS)
def test_a_test_patches_nothing(name: str) -> None:
    patched = re.findall(
        r"^(?:from|import) (?:unittest\.)?mock\b|\b" + "monkey" + r"patch\b", text_of(name), re.MULTILINE
    )

    assert patched == []


def test_the_changelog_has_a_place_for_what_comes_next() -> None:
    assert "\n## Unreleased\n" in text_of("CHANGELOG.md")
