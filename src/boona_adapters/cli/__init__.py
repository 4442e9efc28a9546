"""How does Boona start from a command line?

Nothing but the standard library is imported before a command is chosen, so that a missing extra is told in a sentence.
"""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0 done, 1 failed, 2 wrong usage.

    Args:
        arguments: What stands after the program's name; None: what this process was given.
    """
    try:
        from boona_adapters.cli.program import run  # noqa: PLC0415 - absent is an answer here
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.startswith("boona"):
            raise
        sys.stderr.write(f"boona: {missing.name} is not installed: pip install 'boona[all]'\n")
        return 1
    return run(arguments)
