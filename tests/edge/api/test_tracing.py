"""A request is told to a collector of traces by its route, and nothing else of it."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from attrs import define, field
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.edge.api.conftest import api_on

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@define
class Collector:
    """A collector of traces on this machine.

    Attributes:
        bodies: What it was sent.
    """

    url: str
    bodies: list[bytes] = field(factory=list)

    def spans(self) -> list[Any]:
        """The spans, in the order in which they came."""
        told = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        return [s for each in told for r in each.resource_spans for scope in r.scope_spans for s in scope.spans]


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector that is ready."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield Collector(f"http://127.0.0.1:{server.server_port}/v1/traces", bodies)
        server.shutdown()
        thread.join()


def test_a_request_is_a_span_with_its_route_and_status_within_the_trace_of_its_caller(
    database_url: str, collector: Collector
) -> None:
    with api_on(database_url, BOONA_API__TRACES_URL=collector.url) as api, api.client() as client:
        answer = client.get("/api/emails/17", params={"geheim": "Muster"}, headers={"traceparent": PARENT})

    (span,) = collector.spans()
    told = {each.key: each.value.string_value or each.value.int_value for each in span.attributes}
    assert span.name == "GET /api/emails/{id}"
    assert span.trace_id.hex() == TRACE
    assert told == {
        "http.request.method": "GET",
        "http.route": "/api/emails/{id}",
        "http.response.status_code": answer.status_code,
        "boona.request_id": answer.headers["x-request-id"],
    }


def test_nothing_that_was_sent_is_in_a_trace(database_url: str, collector: Collector) -> None:
    with api_on(database_url, BOONA_API__TRACES_URL=collector.url) as api, api.client() as client:
        client.post("/api/patients", json={"first_name": "Erika", "last_name": "Mustermann", "diagnosis": "F32.1"})
        client.get("/api/emails", params={"therapist_id": "Mustermann"})
        token = client.headers["authorization"].removeprefix("Bearer ")

    everything = b"".join(collector.bodies)
    assert b"/api/patients" in everything
    assert [word for word in (b"Mustermann", b"F32.1", token.encode()) if word in everything] == []


def test_without_the_setting_nothing_is_told(database_url: str, collector: Collector) -> None:
    with api_on(database_url) as api, api.client() as client:
        client.get("/api/emails")

    assert collector.bodies == []
