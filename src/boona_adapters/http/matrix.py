"""Who may ask for what: every route with the roles that it is open to, and the scope that it belongs to.

A route without a line here is served to nobody; a test walks all of them.
"""

from collections.abc import Mapping

from attrs import frozen

from boona_core.access import Role, Scope

LOOK = frozenset({Role.READER, Role.COORDINATOR, Role.ADMIN})
"""Whoever sees everything."""

CHANGE = frozenset({Role.COORDINATOR, Role.ADMIN})
"""Whoever runs the outreach."""

CALLS = LOOK | {Role.CALLER}
"""Whoever sees calls; a caller sees their own."""

CALL = CHANGE | {Role.CALLER}
"""Whoever says what came of a call; a caller of their own."""


@frozen
class Access:
    """Whom a route is open to.

    Attributes:
        scope: What a narrowed token has to have; None: any token of these roles.
    """

    roles: frozenset[Role]
    scope: Scope | None


MATRIX: Mapping[str, Access] = {
    "GET /api/emails": Access(LOOK, Scope.EMAILS),
    "POST /api/emails": Access(CHANGE, Scope.EMAILS),
    "GET /api/emails/{id}": Access(LOOK, Scope.EMAILS),
    "PUT /api/emails/{id}": Access(CHANGE, Scope.EMAILS),
    "GET /api/emails/{id}/response": Access(LOOK, Scope.EMAILS),
    "POST /api/emails/{id}/response": Access(CHANGE, Scope.EMAILS),
    "POST /api/emails/{id}/confirmation": Access(CHANGE, Scope.EMAILS),
    "GET /api/emails/{id}/batches": Access(LOOK, Scope.EMAILS),
    "POST /api/emails/{id}/batches": Access(CHANGE, Scope.EMAILS),
    "GET /api/email-batches/{id}": Access(LOOK, Scope.EMAILS),
    "PUT /api/email-batches/{id}": Access(CHANGE, Scope.EMAILS),
    "DELETE /api/email-batches/{id}": Access(CHANGE, Scope.EMAILS),
    "GET /api/phone-calls": Access(CALLS, Scope.CALLS),
    "POST /api/phone-calls": Access(CHANGE, Scope.CALLS),
    "GET /api/phone-calls/{id}": Access(CALLS, Scope.CALLS),
    "PUT /api/phone-calls/{id}": Access(CALL, Scope.CALLS),
    "DELETE /api/phone-calls/{id}": Access(CHANGE, Scope.CALLS),
    "GET /api/phone-call-batches/{id}": Access(CALLS, Scope.CALLS),
    "PUT /api/phone-call-batches/{id}": Access(CALL, Scope.CALLS),
    "GET /api/call-list": Access(CALLS, Scope.CALLS),
    "GET /api/callers": Access(LOOK, Scope.CALLS),
    "POST /api/callers": Access(CHANGE, Scope.CALLS),
    "GET /api/callers/{id}": Access(LOOK, Scope.CALLS),
    "PUT /api/callers/{id}": Access(CHANGE, Scope.CALLS),
    "DELETE /api/callers/{id}": Access(CHANGE, Scope.CALLS),
    "POST /api/call-plans": Access(CHANGE, Scope.PLANS),
    "GET /api/therapists/{id}/slots": Access(LOOK, Scope.THERAPISTS),
    "POST /api/email-plans": Access(CHANGE, Scope.PLANS),
    "GET /api/therapists": Access(LOOK, Scope.THERAPISTS),
    "POST /api/therapists": Access(CHANGE, Scope.THERAPISTS),
    "GET /api/therapists/{id}": Access(LOOK, Scope.THERAPISTS),
    "PUT /api/therapists/{id}": Access(CHANGE, Scope.THERAPISTS),
    "DELETE /api/therapists/{id}": Access(CHANGE, Scope.THERAPISTS),
    "GET /api/therapists/{id}/contact-decision": Access(LOOK, Scope.THERAPISTS),
    "GET /api/therapists/{id}/history": Access(LOOK, Scope.THERAPISTS),
    "GET /api/patients": Access(LOOK, Scope.PATIENTS),
    "POST /api/patients": Access(CHANGE, Scope.PATIENTS),
    "GET /api/patients/{id}": Access(LOOK, Scope.PATIENTS),
    "PUT /api/patients/{id}": Access(CHANGE, Scope.PATIENTS),
    "DELETE /api/patients/{id}": Access(CHANGE, Scope.PATIENTS),
    "GET /api/placement-requests": Access(LOOK, Scope.REQUESTS),
    "POST /api/placement-requests": Access(CHANGE, Scope.REQUESTS),
    "GET /api/placement-requests/{id}": Access(LOOK, Scope.REQUESTS),
    "PUT /api/placement-requests/{id}": Access(CHANGE, Scope.REQUESTS),
    "GET /api/patients/{id}/matches": Access(LOOK, Scope.PATIENTS),
    "POST /api/patients/{id}/matches": Access(CHANGE, Scope.REQUESTS),
    "GET /api/therapists/{id}/matches": Access(LOOK, Scope.PATIENTS),
    "POST /api/therapists/{id}/matches": Access(CHANGE, Scope.REQUESTS),
    "GET /api/matches": Access(LOOK, Scope.PATIENTS),
    "POST /api/matches": Access(CHANGE, Scope.REQUESTS),
    "GET /api/geocoding": Access(LOOK, Scope.IMPORTS),
    "POST /api/geocoding/runs": Access(CHANGE, Scope.IMPORTS),
    "GET /api/imports": Access(LOOK, Scope.IMPORTS),
    "POST /api/imports": Access(CHANGE, Scope.IMPORTS),
    "GET /api/imports/{id}": Access(LOOK, Scope.IMPORTS),
    "GET /api/imports/{id}/changes": Access(LOOK, Scope.IMPORTS),
    "GET /api/imports/{id}/faults": Access(LOOK, Scope.IMPORTS),
    "POST /api/imports/{id}/undo": Access(CHANGE, Scope.IMPORTS),
    "GET /api/duplicates": Access(LOOK, Scope.THERAPISTS),
    "POST /api/duplicates/dismissals": Access(CHANGE, Scope.THERAPISTS),
    "POST /api/therapists/{id}/merge": Access(CHANGE, Scope.THERAPISTS),
    "POST /api/therapists/{id}/unmerge": Access(CHANGE, Scope.THERAPISTS),
    "POST /api/patients/{id}/steps": Access(CHANGE, Scope.PATIENTS),
    "POST /api/therapists/{id}/steps": Access(CHANGE, Scope.THERAPISTS),
    "POST /api/postal-codes": Access(CHANGE, Scope.IMPORTS),
    "GET /metrics": Access(LOOK, Scope.METRICS),
}
"""Route to whom it is open to."""

WITHOUT_TOKEN = frozenset(
    {
        "GET /health/live",
        "GET /health/ready",
        "GET /openapi.json",
        "GET /openapi.de.json",
        "GET /reference",
    }
)
"""Routes that show no data of anybody."""
