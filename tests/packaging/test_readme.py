"""The reader of the README's code finds what is false: without this, a page could show anything."""

from pathlib import Path

import pytest

from tests.packaging.readme import core_code


def page(folder: Path, text: str) -> Path:
    path = folder / "README.md"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_wrong_answer_in_a_dialogue_is_found(tmp_path: Path) -> None:
    code = core_code(page(tmp_path, "```pycon\n>>> 1 + 1\n3\n```\n"))

    with pytest.raises(AssertionError):
        exec(code, {"__name__": "shown"})  # noqa: S102 - the page above


def test_one_block_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    code = core_code(page(tmp_path, "```python\n>>> x = 1\n```\n\ntext\n\n```python\nassert x == 1\n```\n"))
    names: dict[str, object] = {"__name__": "shown"}

    exec(code, names)  # noqa: S102 - the page above

    assert names["x"] == 1


def test_code_that_needs_more_than_the_core_is_left_out(tmp_path: Path) -> None:
    code = core_code(page(tmp_path, "```python\nimport boona_adapters\n```\n"))

    assert code == ""


def test_the_readme_shows_the_command_that_passes_the_tests(project_folder: Path) -> None:
    text = (project_folder / "README.md").read_text(encoding="utf-8")

    assert "\npython3 -m venv .venv && .venv/bin/pip install nox && .venv/bin/nox\n" in text


def test_the_readme_shows_the_command_that_runs_the_demo(project_folder: Path) -> None:
    text = (project_folder / "README.md").read_text(encoding="utf-8")

    assert "python3 -m venv .venv && .venv/bin/pip install nox && .venv/bin/nox -s demo" in text
