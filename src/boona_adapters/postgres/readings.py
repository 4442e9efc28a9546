"""How stored JSON reads as values."""

import json
from functools import lru_cache

from boona_core.windows import WeeklyWindows


@lru_cache(maxsize=4096)
def weekly_windows(text: str | None) -> WeeklyWindows | None:
    """Weekly windows from the text of their JSON; None: unknown.

    Many practices keep the same hours, and a plan reads fifty thousand of them: what was read once is kept.
    """
    return None if text is None else WeeklyWindows.from_json(json.loads(text))
