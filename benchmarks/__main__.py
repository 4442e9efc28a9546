"""``python -m benchmarks [ROW …]`` prints the rows asked for, or all of them; ``nox -s bench`` pins it to one core."""

import sys
from importlib import import_module

ROWS = (
    "composing",
    "drain",
    "planning",
    "storing",
    "constraints",
    "slots",
    "call_plan",
    "http_get",
    "http_load",
    "full_day",
    "matching",
    "importing",
)


def main(wanted: list[str]) -> None:
    """Print one line per figure as soon as it is known."""
    if unknown := set(wanted) - set(ROWS):
        sys.exit(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    for name in wanted or ROWS:
        for figure in import_module(f"benchmarks.{name}").rows():
            print(figure, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
