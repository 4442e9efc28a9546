"""Where is the high-water mark kept outside of the database?  In a file, in Redis, or in both.

The file is replaced whole and is on the disk before anything goes on; two processes of one machine take turns at it.
Redis is asked too where it is there: a machine that is new has no file yet.
"""

import fcntl
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from boona_core.errors import BoonaError
from boona_core.event_ports import OutsideMark

KEY = "boona:high-water"

_RAISE = """
if tonumber(ARGV[1]) > tonumber(redis.call('GET', KEYS[1]) or '0') then redis.call('SET', KEYS[1], ARGV[1]) end
"""


class MarkFailed(BoonaError):
    """The file with the mark cannot be read or written: nobody would know whether the database was restored.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"the high-water mark in {path} cannot be {what}: nothing is sent without it")
        self.path = path


@frozen
class FileMark:
    """Keeps the port ``OutsideMark`` in a file.

    Raises:
        MarkFailed: the file cannot be read or written, or holds no number.
    """

    path: Path

    def read(self) -> int | None:
        """The number in the file; None: there is no file."""
        try:
            return int(self.path.read_text(encoding="ascii"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            raise MarkFailed(self.path, "read") from None

    def note(self, mark: int) -> None:
        """Put a higher number into the file."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.with_name(f"{self.path.name}.lock").open("w") as turn:
                fcntl.flock(turn, fcntl.LOCK_EX)
                if (self.read() or 0) < mark:
                    self._replace(mark)
        except OSError:
            raise MarkFailed(self.path, "written") from None

    def _replace(self, mark: int) -> None:
        new = self.path.with_name(f"{self.path.name}.new")
        with new.open("w", encoding="ascii") as stream:
            stream.write(f"{mark}\n")
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@define
class RedisMark:
    """Keeps the port ``OutsideMark`` in Redis, as far as it is there: away, it knows nothing and keeps nothing.

    Attributes:
        key: Another one for each installation on one Redis.
        rest: Seconds for which a Redis that was away is not asked again.
    """

    _client: Any = field(repr=False)
    _away: tuple[type[Exception], ...]
    key: str = KEY
    rest: float = 30.0
    elapsed: Callable[[], float] = time.monotonic
    _asked_again_at: float = field(default=0.0, init=False)

    def read(self) -> int | None:
        """The number under the key; None: there is none, or Redis is away."""
        found = self._asked(lambda: self._client.get(self.key))
        return int(found) if found is not None and found.isdigit() else None

    def note(self, mark: int) -> None:
        """Put a higher number under the key."""
        self._asked(lambda: self._client.eval(_RAISE, 1, self.key, mark))

    def _asked(self, question: Callable[[], Any]) -> Any:
        if self.elapsed() < self._asked_again_at:
            return None
        try:
            return question()
        except self._away:
            self._asked_again_at = self.elapsed() + self.rest
            return None


@frozen
class EveryMark:
    """Keeps the port ``OutsideMark`` in several places: the highest counts."""

    _marks: Sequence[OutsideMark]

    def read(self) -> int | None:
        """The highest number of all places."""
        return max((mark for each in self._marks if (mark := each.read()) is not None), default=None)

    def note(self, mark: int) -> None:
        """Keep it in every place."""
        for each in self._marks:
            each.note(mark)
