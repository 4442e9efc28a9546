"""What goes into the log, and what never does?

One line an event on standard error: for a person where one watches, else JSON.  Ids, states and places go in, never
the data of a person.  So the text of an exception stays out (it may repeat rows), and of what libraries log only the
unfilled sentence gets in, not the values that they would fill it with.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog


def configure(*, as_json: bool | None = None) -> None:
    """Send the log of this process to standard error; to be called once, at the start.

    Args:
        as_json: None: unless a terminal watches.
    """
    watched = sys.stderr.isatty()
    plain = as_json if as_json is not None else not watched
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if plain
        else structlog.dev.ConsoleRenderer(colors=watched, exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            without_texts,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(_StandardError()),  # type: ignore[arg-type]
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, _OfLibraries)]:
        root.removeHandler(handler)
    root.addHandler(_OfLibraries(logging.WARNING))


def logger() -> Any:
    """The log, to be told an event in a few words and its facts by name."""
    return structlog.get_logger()


def places_of(error: BaseException) -> dict[str, Any]:
    """The kind of an error and where it came from, without its text."""
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "error": type(error).__qualname__,
        "places": [f"{frame.filename.rpartition('/src/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-12:]],
    }


def without_texts(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor: exceptions become their kind and their places."""
    given = event.pop("exc_info", None)
    if given:
        error = given if isinstance(given, BaseException) else sys.exc_info()[1]
        if isinstance(error, BaseException):
            event.update(places_of(error))
    for name, value in list(event.items()):
        if isinstance(value, BaseException):
            event[name] = type(value).__qualname__
    return event


class _StandardError:
    """Whatever is standard error at the moment of writing, not when the log was configured."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


class _OfLibraries(logging.Handler):
    """What other libraries log: who, how bad, and the sentence before its values are filled in."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        error = record.exc_info[1] if record.exc_info else None
        facts = places_of(error) if error is not None else {}
        sentence = record.msg if isinstance(record.msg, str) and record.args else record.funcName
        logger().log(record.levelno, "a library says", library=record.name, sentence=sentence, **facts)
