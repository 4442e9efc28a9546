"""How is a service asked over HTTP, so that nothing it does holds up or misleads whoever asks?

One question is one connection and one answer: no redirect is followed, no cookie kept, no proxy or password taken from
the surroundings, no compressed answer opened.  The whole answer has to be there in time, however slowly it drips, and
may be of some size only.  What was asked stands in no error and in no log: the transport is used and not httpx's
client, which would log every address.
"""

import asyncio
import json
import ssl
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

import httpx
from attrs import field, frozen

from boona_core.geocoding import Service
from boona_core.geocoding_ports import ServiceFault

LONGEST_REST = timedelta(days=1)
"""A service that wants to be left alone for longer is asked again tomorrow."""

_USUAL_REST = timedelta(minutes=1)
_TOO_MANY = 429
_AWAY = 503


@frozen(kw_only=True)
class JsonService:
    """A service that answers in JSON.

    Attributes:
        url: Where it is, without the path of a question.
        contact: Who asks, so that the service's people can write to them before they close the door.
        timeout: Seconds that an answer may take in all.
        largest: Bytes of an answer at most.
    """

    service: Service
    url: str = field(repr=False)
    contact: str
    timeout: float = 10.0
    largest: int = 1_000_000

    @property
    def source(self) -> str:
        """Which service it is, and where."""
        return f"{self.service} at {urlsplit(self.url).hostname}"[:200]

    def ask(self, path: str, questions: Mapping[str, str], *, also: Collection[int] = ()) -> Any:
        """What it answers to *path* with these parameters; of a status 200, or one of *also*.

        Raises:
            ServiceFault: there was no such answer, or it is not JSON.
        """
        fault: ServiceFault
        try:
            body = asyncio.run(self._answer(path, questions, {200, *also}))
        except ServiceFault:
            raise
        except (TimeoutError, httpx.TimeoutException):
            fault = self.fault(f"there was no whole answer within {self.timeout:g} seconds")
        except httpx.RemoteProtocolError:
            fault = self.fault("does not speak HTTP, or broke off")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            fault = self.fault(f"cannot be reached ({type(error).__name__})")
        else:
            return self._read(body)
        raise fault  # outside of the except block: the original names the address

    def fault(self, words: str, retry_after: timedelta | None = None) -> ServiceFault:
        """What went wrong, as an error of this service."""
        return ServiceFault(self.service, words, retry_after)

    async def _answer(self, path: str, questions: Mapping[str, str], wanted: Collection[int]) -> bytes:
        """Asynchronous inside, because only a task can be given up at any point of the conversation."""
        patience = dict.fromkeys(("connect", "read", "write", "pool"), self.timeout)
        request = httpx.Request(
            "GET",
            self.url.rstrip("/") + path,
            params=questions,
            headers={"User-Agent": self._name(), "Accept": "application/json", "Accept-Encoding": "identity"},
            extensions={"timeout": patience},
        )
        async with asyncio.timeout(self.timeout), httpx.AsyncHTTPTransport(verify=_trusted()) as transport:
            response = await transport.handle_async_request(request)
            try:
                self._check(response, wanted)
                body = bytearray()
                async for chunk in response.aiter_raw():
                    body += chunk
                    if len(body) > self.largest:
                        raise self.fault(f"answered more than {self.largest:,} bytes")
            finally:
                await response.aclose()
        return bytes(body)

    def _name(self) -> str:
        return f"Boona/{version('boona')} ({self.contact})"

    def _check(self, response: httpx.Response, wanted: Collection[int]) -> None:
        status = response.status_code
        if status in (_TOO_MANY, _AWAY):
            rest = rest_of(response.headers.get("Retry-After"), now=datetime.now(UTC))
            if status == _TOO_MANY:
                raise self.fault("was asked too often", rest or _USUAL_REST)
            raise self.fault("is away (503)", rest)
        if 300 <= status < 400:
            raise self.fault(f"redirects elsewhere ({status}), and is not followed")
        if status not in wanted:
            raise self.fault(f"failed ({status})" if status >= 500 else f"refuses the question ({status})")
        if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            raise self.fault("answered compressed, unasked")

    def _read(self, body: bytes) -> Any:
        try:
            return json.loads(body, parse_constant=_refuse)
        except (ValueError, RecursionError):
            pass
        raise self.fault("answered something else than JSON")


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates that this machine trusts, read once: it takes as long as a question does."""
    return ssl.create_default_context()


def rest_of(header: str | None, *, now: datetime) -> timedelta | None:
    """For how long ``Retry-After`` asks to be left alone, at most a day; None: it says nothing that can be read."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), LONGEST_REST)
    try:
        until = parsedate_to_datetime(text)
        aware = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
        return min(max(aware - now, timedelta(0)), LONGEST_REST)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def _refuse(constant: str) -> float:
    raise ValueError(constant)
