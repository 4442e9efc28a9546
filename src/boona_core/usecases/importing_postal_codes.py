"""Bring in a table of postal codes: where each lies, and in which Land."""

from collections.abc import Iterable, Mapping

from attrs import field, frozen

from boona_core.importing import Counts, RefusedRow, RowFault
from boona_core.matching_ports import OpenMatchingUnit
from boona_core.postal_codes import PostalPlace, one_of_many


@frozen(kw_only=True)
class PostalCodeReport:
    """What an import of postal codes did, or would do.

    Attributes:
        counts: Codes that are new, changed and unchanged, and rows that were refused.
        faults: Every fault, in the order of the file.
        examples: The first code of each kind, ``created`` and ``changed``.
    """

    dry_run: bool
    counts: Counts = field(factory=Counts)
    faults: tuple[RowFault, ...] = ()
    examples: Mapping[str, str] = field(factory=dict)


@frozen(kw_only=True)
class ImportPostalCodes:
    """Keep what a file says about postal codes; those that it does not name stay as they are."""

    open_unit: OpenMatchingUnit

    def __call__(self, rows: Iterable[PostalPlace | RefusedRow], *, dry_run: bool = False) -> PostalCodeReport:
        """Read the rows, several for a code where several places share it, and unless *dry_run* store them at once.

        Raises:
            BoonaError: the file cannot be read to its end, or the store failed; then nothing is stored.
        """
        faults: list[RowFault] = []
        refused = 0
        sharing: dict[str, list[PostalPlace]] = {}
        for row in rows:
            if isinstance(row, RefusedRow):
                faults += row.faults
                refused += 1
            else:
                sharing.setdefault(row.code, []).append(row)
        given = [one_of_many(places) for places in sharing.values()]
        with self.open_unit() as unit:
            known = unit.postal_codes.get_many(sharing)
            created = [place for place in given if place.code not in known]
            changed = [place for place in given if known.get(place.code, place) != place]
            if not dry_run:
                unit.postal_codes.put([*created, *changed])
                unit.commit()
        first = {"created": created[:1], "changed": changed[:1]}
        return PostalCodeReport(
            dry_run=dry_run,
            counts=Counts(
                created=len(created),
                changed=len(changed),
                unchanged=len(given) - len(created) - len(changed),
                refused=refused,
            ),
            faults=tuple(faults),
            examples={kind: places[0].code for kind, places in first.items() if places},
        )
