"""The code that the README shows, as something that can be run."""

import doctest
import re
from pathlib import Path

_FENCED = re.compile(r"^```(?:python|py|pycon)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def core_code(readme: Path) -> str:
    """The README's Python that needs the core alone, joined to one program in the order of the page.

    A dialogue (`>>>`) becomes a program that insists on the answers which the page shows.
    """
    blocks = _FENCED.findall(readme.read_text(encoding="utf-8"))
    return "\n".join(_as_program(block) for block in blocks if "boona_adapters" not in block)


def _as_program(block: str) -> str:
    """The block itself, or for a dialogue a program that holds each answer against the one shown."""
    examples = doctest.DocTestParser().get_examples(block)
    if not examples:
        return block
    return (
        "import doctest\n"
        f"_parsed = doctest.DocTestParser().get_doctest({block!r}, globals(), 'README', None, 0)\n"
        "assert doctest.DocTestRunner().run(_parsed, clear_globs=False).failed == 0\n"
        "globals().update(_parsed.globs)\n"
    )
