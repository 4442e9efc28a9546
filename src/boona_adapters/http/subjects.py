"""Every operation of the API."""

from collections.abc import Mapping

from boona_adapters.http import (
    call_batches,
    call_changes,
    call_list,
    callers,
    calls,
    duplicates,
    email_batches,
    email_responses,
    emails,
    everybody,
    geocoding,
    imports,
    matches,
    patients,
    plans,
    postal_codes,
    requests,
    steps,
    therapists,
)
from boona_adapters.http.operations import Operation

OPERATIONS: tuple[Operation, ...] = (
    *emails.OPERATIONS,
    *email_responses.OPERATIONS,
    *email_batches.OPERATIONS,
    *calls.OPERATIONS,
    *call_changes.OPERATIONS,
    *call_batches.OPERATIONS,
    *callers.OPERATIONS,
    *call_list.OPERATIONS,
    *plans.OPERATIONS,
    *therapists.OPERATIONS,
    *patients.OPERATIONS,
    *steps.OPERATIONS,
    *requests.OPERATIONS,
    *matches.OPERATIONS,
    *everybody.OPERATIONS,
    *imports.OPERATIONS,
    *postal_codes.OPERATIONS,
    *geocoding.OPERATIONS,
    *duplicates.OPERATIONS,
)

BY_ROUTE: Mapping[str, Operation] = {operation.route: operation for operation in OPERATIONS}
"""``GET /api/emails`` to what it is."""
