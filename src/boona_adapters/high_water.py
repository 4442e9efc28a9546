"""Where is the high-water mark kept outside of the database?  In a file, in Redis, or in both.

The file is replaced whole and is on the disk before anything goes on; two processes of one machine take turns at it.
Redis is asked too where it is there: a machine that is new has no file yet.
"""

import fcntl
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from attrs import field, frozen

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


@frozen
class RedisMark:
    """Keeps the port ``OutsideMark`` in Redis, as far as it is there: away, it knows nothing and keeps nothing."""

    _client: Any = field(repr=False)
    _away: tuple[type[Exception], ...]

    def read(self) -> int | None:
        """The number under the key; None: there is none, or Redis is away."""
        try:
            found = self._client.get(KEY)
        except self._away:
            return None
        return int(found) if found is not None and found.isdigit() else None

    def note(self, mark: int) -> None:
        """Put a higher number under the key."""
        with suppress(*self._away):
            self._client.eval(_RAISE, 1, KEY, mark)


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
