"""The application that a server runs: routes, who is let in, and one line in the log for each request.

Nothing of a request's body, query or token gets into the log: the line has the method, the route as a template, the
status and the time.  Work is done in threads, as many as there are connections to the database.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

import msgspec
from attrs import define, evolve, field, frozen
from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.types import Method

from boona_adapters import logs
from boona_adapters.http.asking import Answering, Call
from boona_adapters.http.gate import Gate, secret_in
from boona_adapters.http.health import METRICS_TYPE, HealthShape, Metrics, Parts, look_at
from boona_adapters.http.matrix import MATRIX
from boona_adapters.http.openapi import document
from boona_adapters.http.operations import Operation
from boona_adapters.http.problems import Problem, ProblemRaised, problem_of
from boona_adapters.http.reference import page
from boona_adapters.http.responses import JSON, Reply, encoded, respond_problem
from boona_adapters.http.subjects import OPERATIONS
from boona_adapters.http.tracing import PARENT_HEADERS, Traced, untraced
from boona_core.access import AccessToken

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_READ_HEADERS = ("accept", "accept-language", "content-type", "idempotency-key", "if-match")

Serve = Callable[["Came"], Awaitable[Reply]]


@define
class Came:
    """A request that came in, before anything of it was read.

    Attributes:
        token: The valid token that it came with; None: it has none, or nobody has looked yet.
    """

    request: Request[Any, Any, Any]
    request_id: str
    token: AccessToken | None = field(default=None, init=False)


@frozen(kw_only=True)
class Service:
    """What the application needs.

    Attributes:
        executor: As many threads as connections to the database.
        largest_body: Bytes of a body at most.
        largest_file: Bytes of a file at most that is sent as a body.
        parts: What has to work before the service is ready.
        traced: Tells of each request to whoever follows it through several services.
    """

    answering: Answering
    gate: Gate
    executor: Executor
    metrics: Metrics
    largest_body: int
    largest_file: int
    parts: Parts = field(factory=dict)
    traced: Traced = untraced


def create_app(service: Service) -> Litestar:
    """The application."""
    served: dict[str, dict[str, Serve]] = {}
    for operation in OPERATIONS:
        served.setdefault(operation.path, {})[operation.method] = partial(_operate, service, operation)
    served["/health/live"] = {"GET": _live}
    served["/health/ready"] = {"GET": partial(_ready, service)}
    served["/metrics"] = {"GET": partial(_measure, service)}
    english = document(OPERATIONS)
    served["/openapi.json"] = {"GET": partial(_written, JSON, msgspec.json.encode(english))}
    german = msgspec.json.encode(document(OPERATIONS, german=True))
    served["/openapi.de.json"] = {"GET": partial(_written, JSON, german)}
    served["/reference"] = {"GET": partial(_written, "text/html", page(english))}
    handlers = [_handler(service, path, by_method) for path, by_method in served.items()]
    return Litestar(
        handlers,
        openapi_config=None,
        logging_config=None,
        exception_handlers={Exception: partial(_failed, service)},
        request_max_body_size=None,
        debug=False,
    )


def _handler(service: Service, path: str, by_method: Mapping[str, Serve]) -> HTTPRouteHandler:
    """One path with all its methods: told apart here, so that OPTIONS knows them all."""
    served: dict[str, Serve] = {**by_method, "OPTIONS": partial(_offer, ", ".join((*by_method, "OPTIONS")))}

    async def handle(request: Request[Any, Any, Any]) -> Response[bytes]:
        began = time.perf_counter()
        came = Came(request, _request_id(request))
        method = str(request.scope["method"])
        parent = {name: request.headers[name] for name in PARENT_HEADERS if name in request.headers}
        with service.traced(method, path, parent) as answered:
            try:
                reply = await served[method](came)
            except Exception as error:
                reply = _of_error(error, came.request_id)
            answered(reply.status, came.request_id)
        return _told(service, method, path, reply, request_id=came.request_id, began=began, token=came.token)

    template = path.replace("{id}", "{id:str}").replace("{name}", "{name:str}")
    verbs: Sequence[Method] = [*served]  # type: ignore[list-item]
    return HTTPRouteHandler(template, http_method=verbs, status_code=200, include_in_schema=False)(handle)


async def _operate(service: Service, operation: Operation, came: Came) -> Reply:
    request = came.request
    token = await _let_in(service, came, operation.route)
    largest = service.largest_file if operation.files else service.largest_body
    body = await _body(request, largest) if operation.takes_body else b""
    headers = request.headers
    call = Call(
        request_id=came.request_id,
        path=request.scope["path"],
        number=request.path_params.get("id"),
        token=token,
        query=parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True),
        body=body,
        headers={name: headers[name] for name in _READ_HEADERS if name in headers},
    )
    reply: Reply = await _in_thread(service, service.answering, operation, call)
    return reply


async def _let_in(service: Service, came: Came, route: str) -> AccessToken:
    """Whose request it is, noted on it also where it may not be done.

    Raises:
        ProblemRaised: nobody's, not one of theirs, or one too many.
    """
    secret = secret_in(came.request.headers.get("authorization"))
    if secret is None:
        raise ProblemRaised(401, "send Authorization: Bearer with a token")
    known, token = service.gate.remembered(secret)
    if not known:
        token = await _in_thread(service, service.gate.look_up, secret)
    if token is None:
        raise ProblemRaised(401, "this token is unknown, over or revoked")
    came.token = token
    if seconds := service.gate.wait_for(token):
        raise ProblemRaised(429, f"ask again in {seconds} seconds", retry_after=seconds)
    access = MATRIX.get(route)
    if access is None or not token.may(access.roles, access.scope):
        raise ProblemRaised(403, f"a token of the role {token.role.value}, as it is narrowed, may not do this")
    return token


async def _body(request: Request[Any, Any, Any], largest: int) -> bytes:
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told) > largest:
        raise ProblemRaised(413, f"the body has more than {largest} bytes")
    parts = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > largest:
            raise ProblemRaised(413, f"the body has more than {largest} bytes")
        parts.append(part)
    return b"".join(parts)


async def _in_thread(service: Service, work: Callable[..., Any], *arguments: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(service.executor, work, *arguments)


async def _offer(methods: str, _: Came) -> Reply:
    return Reply(status=int(HTTPStatus.NO_CONTENT), headers={"allow": methods}, body=b"")


async def _live(_: Came) -> Reply:
    return _json(200, HealthShape(ready=True, parts=()))


async def _ready(service: Service, _: Came) -> Reply:
    health = await _in_thread(service, look_at, service.parts)
    return _json(200 if health.ready else 503, health)


async def _measure(service: Service, came: Came) -> Reply:
    await _let_in(service, came, "GET /metrics")
    return Reply(
        status=200,
        headers={"content-type": METRICS_TYPE},
        body=await _in_thread(service, service.metrics.written),
    )


async def _written(media_type: str, body: bytes, _: Came) -> Reply:
    headers = {
        "content-type": media_type,
        "cache-control": "no-cache",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",  # nothing is loaded from anywhere
    }
    return Reply(status=200, headers=headers, body=body)


def _json(status: int, value: Any) -> Reply:
    return Reply(status=status, headers={"content-type": JSON, "cache-control": "no-store"}, body=encoded(value))


def _failed(service: Service, request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """What no handler was asked about: unknown paths and methods."""
    request_id = _request_id(request)
    reply = _of_error(error, request_id)
    if reply.status == HTTPStatus.METHOD_NOT_ALLOWED:
        reply = evolve(reply, headers={**reply.headers, "allow": _allowed(request.scope["path"])})
    return _told(service, _method_of(request), "-", reply, request_id=request_id, began=time.perf_counter())


def _method_of(request: Request[Any, Any, Any]) -> str:
    method = str(request.scope["method"])
    return method if method in {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"} else "other"


def _of_error(error: Exception, request_id: str) -> Reply:
    problem = _of_framework(error) if isinstance(error, HTTPException) else problem_of(error)
    if problem is None:
        logs.logger().error("unexpected error", request_id=request_id, **logs.places_of(error))
        problem = Problem(status=500, detail="nobody foresaw this: the log knows more under the request_id")
    return respond_problem(problem, request_id)


def _of_framework(error: HTTPException) -> Problem | None:
    details = {404: "no such path", 405: "this path knows other methods"}
    if error.status_code >= 500:
        return None
    return Problem(status=error.status_code, detail=details.get(error.status_code, "refused"))


def _allowed(path: str) -> str:
    """The methods of a path; the service's own pages know GET."""
    methods = [each.method for each in OPERATIONS if re.fullmatch(each.path.replace("{id}", "[^/]+"), path.rstrip("/"))]
    return ", ".join(methods or ["GET"])


def _told(
    service: Service,
    method: str,
    route: str,
    reply: Reply,
    *,
    request_id: str,
    began: float,
    token: AccessToken | None = None,
) -> Response[bytes]:
    seconds = time.perf_counter() - began
    service.metrics.count(method, route, reply.status, seconds, token)
    logs.logger().info(
        "request", method=method, route=route, status=reply.status, ms=round(seconds * 1000, 1), request_id=request_id
    )
    headers: Mapping[str, str] = {"cache-control": "no-store", **reply.headers, "x-request-id": request_id}
    media_type = headers.get("content-type", JSON)
    rest = {name: value for name, value in headers.items() if name != "content-type"}
    return Response(reply.body, status_code=reply.status, media_type=media_type, headers=rest)


def _request_id(request: Request[Any, Any, Any]) -> str:
    given = request.headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid4().hex
