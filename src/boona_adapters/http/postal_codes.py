"""Where postal codes lie, over HTTP: the table is sent as it is."""

from typing import Any

from attrs import frozen

from boona_adapters.http.imports import CSV, RowFaultShape, fault_shape, faults_of
from boona_adapters.http.operations import Operation, Outcome, Sent, Shown, Understood
from boona_adapters.http.shaping import Tried
from boona_adapters.imports import FileRefused, postal_codes_in

TSV = "text/tab-separated-values"
_MOST_FAULTS = 10_000


@frozen(kw_only=True)
class NewPostalCodesQuery(Tried):
    """What is to become of a table."""


@frozen(kw_only=True)
class PostalCodeReportShape:
    """What a table of postal codes changed, or would change.

    Attributes:
        created: Codes that are new.
        changed: Codes that lie elsewhere, or are called otherwise.
        unchanged: Codes of which the table says nothing new.
        refused: Rows that cannot be read; they hold up no other.
        examples: The first code of each kind, ``created`` and ``changed``.
        faults: Why rows are refused.
        more_faults: How many faults are not named.
    """

    dry_run: bool
    created: int
    changed: int
    unchanged: int
    refused: int
    examples: dict[str, str]
    faults: tuple[RowFaultShape, ...]
    more_faults: int


def bring_in(asked: Understood) -> Outcome:
    """Keep what a table says about postal codes."""
    sent: Sent = asked.body
    try:
        report = asked.application.import_postal_codes(postal_codes_in(sent.content), dry_run=asked.query.is_dry)
    except FileRefused as refused:
        raise faults_of(refused) from None
    return Shown(
        PostalCodeReportShape(
            dry_run=report.dry_run,
            created=report.counts.created,
            changed=report.counts.changed,
            unchanged=report.counts.unchanged,
            refused=report.counts.refused,
            examples=dict(report.examples),
            faults=tuple(map(fault_shape, report.faults[:_MOST_FAULTS])),
            more_faults=max(0, len(report.faults) - _MOST_FAULTS),
        )
    )


_FILES: dict[str, dict[str, Any]] = {
    CSV: {
        "schema": {
            "type": "string",
            "description": "CSV in UTF-8 with the columns postal_code, place, state, latitude, longitude.",
        },
        "example": "postal_code,place,state,latitude,longitude\n10115,Berlin,BE,52.5323,13.3846\n",
    },
    TSV: {
        "schema": {"type": "string", "description": "The table of GeoNames for a country, as it is."},
        "example": "DE\t10115\tBerlin\tBerlin\tBE\t\t00\tBerlin\t11000\t52.5323\t13.3846\t4\n",
    },
}

OPERATIONS = (
    Operation(
        method="POST",
        path="/api/postal-codes",
        name="importPostalCodes",
        summary="Say where postal codes lie",
        description="As `boona import postal-codes`: the body is the table. Codes that it does not name stay as they "
        "are. Without such a table no distance is known, and nobody is within reach of anybody.",
        tag="imports",
        act=bring_in,
        query=NewPostalCodesQuery,
        files=_FILES,
        answer=PostalCodeReportShape,
    ),
)
