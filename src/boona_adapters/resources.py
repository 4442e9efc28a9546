"""Where do the files lie that ship with Boona but are not Python?

In a wheel they are folders of this package; in a checkout, which is installed in editable mode, they are
folders beside ``src``.
"""

from importlib.resources import files
from pathlib import Path
from typing import Literal

from boona_core.errors import BoonaError


class MissingResource(BoonaError):
    """A folder that ships with Boona is not there: the installation is broken.

    Attributes:
        name: The folder's name.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"the folder {name!r} is neither in the package nor beside it: install boona again")
        self.name = name


def resource_folder(name: Literal["templates", "migrations"]) -> Path:
    """The folder *name*, of the installed package if it has one, else of the checkout.

    Raises:
        MissingResource: neither has it.
    """
    package = Path(str(files("boona_adapters")))
    for folder in (package / name, package.parents[1] / name):
        if folder.is_dir():
            return folder
    raise MissingResource(name)
