"""Spans of OpenTelemetry, for installations that collect them; the libraries are those of the extra ``tracing``.

Where they go is a setting; all else (headers, compression, sampling) the variables of OpenTelemetry say (``OTEL_…``).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagate import extract
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace import TracerProvider as AnyProvider

from boona_adapters.http.tracing import Answered, Traced


@contextmanager
def traces(url: str) -> Iterator[Traced]:
    """Spans that are sent to a collector in the background; what waits at the end of the block is sent then."""
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: "boona-api"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url)))
    try:
        yield traced_by(provider)
    finally:
        provider.shutdown()


def traced_by(provider: AnyProvider) -> Traced:
    """What begins the spans of *provider*."""
    tracer = provider.get_tracer("boona")

    @contextmanager
    def traced(method: str, route: str, headers: Mapping[str, str]) -> Iterator[Answered]:
        with tracer.start_as_current_span(
            f"{method} {route}",
            context=extract(headers),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": method, "http.route": route},
            record_exception=False,  # the text of an error may repeat what somebody sent
            set_status_on_exception=False,
        ) as span:

            def answered(status: int, request_id: str) -> None:
                span.set_attribute("http.response.status_code", status)
                span.set_attribute("boona.request_id", request_id)
                if status >= 500:
                    span.set_status(Status(StatusCode.ERROR))

            yield answered

    return traced
