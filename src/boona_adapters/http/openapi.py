"""The API as an OpenAPI 3.1 document, made from the same values that serve it."""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from boona_adapters.http.codec import in_german
from boona_adapters.http.health import HealthShape
from boona_adapters.http.matrix import MATRIX
from boona_adapters.http.operations import Operation
from boona_adapters.http.problems import MEDIA_TYPE, TITLES, ProblemShape
from boona_adapters.http.responses import JSON
from boona_adapters.http.schemas import Schemas, descriptions_of, fields_of
from boona_adapters.http.texts import LARGEST_ID

Document = dict[str, Any]

_DESCRIPTION = """
Runs the outreach of a psychotherapy placement agency: few, well-timed contacts, nothing lost, nobody contacted twice.

Every call needs a token (`Authorization: Bearer …`), made with `boona token create`. Fields are named in English, or in
German for tokens made with `--names de` and for requests whose `Accept-Language` is exactly `de`; bodies and parameters
may use either name of a field, never both. Enumerated values are English in both.

A PUT changes the fields that it names and no others; `null` empties one. `If-Match` with the `ETag` of what you saw
makes sure that nobody else has changed the record meanwhile. A POST with an `Idempotency-Key` may be repeated: for a
day it has its effect once and gets the same answer.

Where a rule refuses (409), the problem carries the decision: every reason, and the first day on which it would be
allowed. Days are local dates of the agency, instants are UTC.
""".strip()

_NO_DATA = {204}


def document(operations: Iterable[Operation], *, german: bool = False, server: str | None = None) -> Document:
    """The whole document.

    Args:
        german: Fields are named in German, as a token made with ``--names de`` has them.
    """
    schemas = Schemas(german=german)
    problem = schemas.of(ProblemShape)
    paths: dict[str, Any] = {}
    tags = []
    operations = tuple(operations)
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schemas, operations)
        tags.append(operation.tag)
    paths |= _others(schemas)
    if german:  # a problem has the names of RFC 9457 in every language
        plain = Schemas()
        plain.of(ProblemShape)
        schemas.components |= {name: plain.components[name] for name in ("ProblemShape", "FaultShape", "ObstacleShape")}
    told: Document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Boona",
            "version": version("boona"),
            "description": _DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "tags": [{"name": tag} for tag in dict.fromkeys((*tags, "service"))],
        "paths": paths,
        "security": [{"token": []}],
        "components": {
            "schemas": dict(sorted(schemas.components.items())),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "headers": _HEADERS,
            "responses": {str(status): _problem(status, problem) for status in TITLES},
        },
    }
    if server is not None:
        told["servers"] = [{"url": server}]
    return told


def _operation(operation: Operation, schemas: Schemas, operations: Sequence[Operation]) -> Document:
    access = MATRIX[operation.route]
    roles = ", ".join(sorted(role.value for role in access.roles))
    told: Document = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": f"{operation.description} For the roles {roles}.".strip(),
        "tags": [operation.tag],
        "parameters": [*_parameters(operation, schemas), *_header_parameters(operation)],
        "responses": {
            str(status): _success(operation, schemas)
            if status == operation.status
            else {"$ref": f"#/components/responses/{status}"}
            for status in operation.statuses
        },
    }
    if links := _links(operation, schemas, operations):
        told["responses"][str(int(operation.status))]["links"] = links
    if operation.body is not None:
        media: Document = {"schema": schemas.of(operation.body)}
        if operation.example is not None:
            media["example"] = in_german(dict(operation.example)) if schemas.german else operation.example
        told["requestBody"] = {"required": True, "content": {JSON: media}}
    if operation.files:
        content = {media_type: dict(file) for media_type, file in operation.files.items()}
        told["requestBody"] = {"required": True, "content": content}
    return told


def _links(operation: Operation, schemas: Schemas, operations: Sequence[Operation]) -> Document:
    """What can be asked about something that was just created."""
    if operation.status != HTTPStatus.CREATED:
        return {}
    record = next(other.path for other in operations if other.method == "GET" and other.answer is operation.answer)
    links: Document = {
        other.name: {"operationId": other.name, "parameters": {"path.id": "$response.body#/id"}}
        for other in operations
        if other.path.startswith(record)
    }
    for name, field_name in operation.leads_to.items():
        links[name] = {"operationId": name, "requestBody": {schemas.name_of(field_name): "$response.body#/id"}}
    return links


def _parameters(operation: Operation, schemas: Schemas) -> list[Document]:
    told = []
    if operation.has_id:
        told.append(
            {
                "name": "id",
                "in": "path",
                "required": True,
                "schema": {"type": "integer", "minimum": 1, "maximum": LARGEST_ID},
            }
        )
    if operation.query is not None:
        texts = descriptions_of(operation.query)
        for name, type_, required in fields_of(operation.query):
            parameter: Document = {
                "name": schemas.name_of(name),
                "in": "query",
                "required": required,
                "schema": schemas.of(type_),
            }
            if name in texts:
                parameter["description"] = texts[name]
            told.append(parameter)
    return told


def _header_parameters(operation: Operation) -> list[Document]:
    told: list[Document] = []
    if operation.method == "POST":
        told.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "Makes the request repeatable for a day.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
            }
        )
    if operation.current is not None:
        told.append(
            {
                "name": "If-Match",
                "in": "header",
                "required": False,
                "description": "The `ETag` that was seen; the change is refused (412) when the record has another now.",
                "schema": {"type": "string"},
            }
        )
    return told


def _success(operation: Operation, schemas: Schemas) -> Document:
    told: Document = {"description": HTTPStatus(operation.status).phrase, "headers": {}}
    told["headers"]["X-Request-Id"] = {"$ref": "#/components/headers/X-Request-Id"}
    if operation.answer is not None:
        told["content"] = {JSON: {"schema": schemas.of(operation.answer)}}
        for media_type in operation.media_types:
            told["content"][media_type] = {"schema": {"type": "string"}}
    if operation.current is not None or operation.status == HTTPStatus.CREATED or operation.has_id:
        told["headers"]["ETag"] = {"$ref": "#/components/headers/ETag"}
    if operation.status == HTTPStatus.CREATED:
        told["headers"]["Location"] = {"$ref": "#/components/headers/Location"}
    if operation.status in _NO_DATA:
        told["headers"].pop("ETag", None)
    return told


def _problem(status: int, schema: Document) -> Document:
    told: Document = {
        "description": TITLES[status][1],
        "headers": {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}},
        "content": {MEDIA_TYPE: {"schema": schema}},
    }
    if status in (429, 503):
        told["headers"]["Retry-After"] = {"$ref": "#/components/headers/Retry-After"}
    return told


_HEADERS: Document = {
    "ETag": {"description": "What was shown, to be named in `If-Match`.", "schema": {"type": "string"}},
    "Location": {"description": "Where it can be found.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}},
    "X-Request-Id": {"description": "Names this answer in the log.", "schema": {"type": "string"}},
}


def _others(schemas: Schemas) -> Document:
    health = {"content": {JSON: {"schema": schemas.of(HealthShape)}}}
    metrics = MATRIX["GET /metrics"]
    return {
        "/health/live": {
            "get": {
                "operationId": "isAlive",
                "summary": "Is the process alive?",
                "tags": ["service"],
                "security": [],
                "responses": {"200": {"description": "It is.", **health}},
            }
        },
        "/health/ready": {
            "get": {
                "operationId": "isReady",
                "summary": "Can the service answer, and if not, which part is it?",
                "tags": ["service"],
                "security": [],
                "responses": {
                    "200": {"description": "It can.", **health},
                    "503": {"description": "A part is not ready.", **health},
                },
            }
        },
        "/metrics": {
            "get": {
                "operationId": "getMetrics",
                "summary": "Counts and times, as Prometheus reads them",
                "description": f"For the roles {', '.join(sorted(role.value for role in metrics.roles))}.",
                "tags": ["service"],
                "responses": {
                    "200": {"description": "OK", "content": {"text/plain": {"schema": {"type": "string"}}}},
                    **{str(each): {"$ref": f"#/components/responses/{each}"} for each in (401, 403, 429, 500, 503)},
                },
            }
        },
    }
