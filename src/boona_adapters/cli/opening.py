"""How does a command get at the application?"""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from boona_adapters.settings import WHOLE_APPLICATION, Need, Settings, read_settings
from boona_adapters.wiring import Wired, build


def told(needs: Collection[Need]) -> Settings:
    """The settings of this process.

    Raises:
        BadSettings: all that is wrong, and all that is missing for *needs*.
    """
    return read_settings(os.environ, needs=needs)


@contextmanager
def opened(*, connections: int = 2) -> Iterator[Wired]:
    """The application of this process, closed at the end; workers are told what a command made due.

    Raises:
        BoonaError: it cannot be built.
    """
    with build(told(WHOLE_APPLICATION), connections=connections, rings=True) as wired:
        yield wired
