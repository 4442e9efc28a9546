"""A statement that the server plans once for each of its connections, not once for each use.

The drain runs a handful of statements for every email, and planning them costs several times what running them does.  A
plan that stays behind on a server connection is no setting that anybody relies on: every transaction looks which plans
its connection has, and makes those that it misses.  So it does not matter which connection a pooler hands out.
"""

import hashlib
import re

import sqlalchemy as sa
from attrs import field, frozen

_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]+)")


@frozen
class Planned:
    """A statement with ``:named`` parameters.

    Attributes:
        sql: The statement, without a percent sign.
        types: Each parameter's type, as Postgres writes it.
        name: The name of the plan; another statement has another.
        prepare: Makes the plan.
        execute: Runs it.
        anew: The same, planned for the values of each use: for lists of many ids.
    """

    sql: str
    types: dict[str, str]
    name: str = field(init=False)
    prepare: str = field(init=False, repr=False)
    execute: str = field(init=False, repr=False)
    anew: sa.TextClause = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        places = {name: f"${place}" for place, name in enumerate(self.types, start=1)}
        numbered = _PARAMETER.sub(lambda found: places[found[1]], self.sql)
        name = f"boona_{hashlib.sha256(numbered.encode()).hexdigest()[:16]}"
        values = ", ".join(f"%({parameter})s" for parameter in self.types)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "prepare", f"PREPARE {name} ({', '.join(self.types.values())}) AS {numbered}")
        object.__setattr__(self, "execute", f"EXECUTE {name} ({values})")
        object.__setattr__(self, "anew", sa.text(self.sql))
