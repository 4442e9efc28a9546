"""A kind of import contract that import-linter does not bring: what some modules may import directly.

Its own contracts forbid by name. The core's promise is the other way round (attrs, cattrs, nothing else), and
a face may reach a store through the wiring but not by itself.
"""

import sys
from collections.abc import Set as AbstractSet
from typing import cast

import grimp
from importlinter import Contract, ContractCheck, fields, output

FOREIGN_IMPORTS = "foreign_imports"


class DirectImportsContract(Contract):
    """What `importers`, packages included, may import themselves; what those import in turn is not asked.

    Options:
        importers: Modules; one that does not exist imports nothing.
        forbidden: Modules and packages that they must not import, of this project or not.
        allowed: External packages that they may import beside the standard library. Without it all are.
    """

    type_name = "direct"

    importers = fields.SetField(subfield=fields.StringField())
    forbidden = fields.SetField(subfield=fields.StringField(), required=False)
    allowed = fields.SetField(subfield=fields.StringField(), required=False)

    def check(self, graph: grimp.ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002 - given by name
        """Find every import that is not allowed."""
        own = set(cast("list[str]", self.session_options["root_packages"]))
        forbidden = cast("set[str] | None", self.forbidden) or set()
        allowed = cast("set[str] | None", self.allowed)
        foreign = [
            (importer, imported)
            for importer in sorted(graph.modules)
            if _is_within(importer, cast("set[str]", self.importers))
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if _is_within(imported, forbidden) or not (allowed is None or _is_known(imported, own | allowed))
        ]
        return ContractCheck(kept=not foreign, metadata={FOREIGN_IMPORTS: foreign})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name each import that breaks the contract."""
        for importer, imported in check.metadata[FOREIGN_IMPORTS]:
            output.print_error(f"{importer} is not allowed to import {imported}", bold=False)
        output.new_line()


def _is_within(module: str, packages: AbstractSet[str]) -> bool:
    """Whether a module is one of these, or lies in one of them."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def _is_known(module: str, packages: AbstractSet[str]) -> bool:
    """Whether a module lies in the standard library or in one of these packages."""
    return module.partition(".")[0] in sys.stdlib_module_names or _is_within(module, packages)
