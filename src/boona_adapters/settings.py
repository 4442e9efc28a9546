"""What has this installation been told, and is that enough to start?

Settings come from the environment (``BOONA_SMTP__HOST``: nested names are joined by two underscores) and from a TOML
file that ``BOONA_SETTINGS`` names (``[smtp]``, ``host = …``); the environment wins.  An empty variable counts as not
set.  Every fault is told at once: values that cannot be read, names that nobody knows, what is missing for the work
at hand, and what an environment forbids.  No fault repeats a value that may be secret.
"""

import difflib
import ipaddress
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import typed_settings as ts
from attrs import evolve, field, frozen
from typed_settings.loaders import FileLoader, TomlFormat
from typed_settings.types import OptionInfo, Secret

from boona_adapters.faults import read_faults
from boona_adapters.setting_values import BuiltAsGiven, FromMapping, Reader
from boona_core.cloud_events import OWN_SOURCE
from boona_core.contact import ContactPolicy
from boona_core.emails import SendingPolicy
from boona_core.errors import InvalidValue, InvalidValues
from boona_core.instants import BERLIN
from boona_core.letters import Agency, LetterDetail, Sender
from boona_core.pairing import MatchingPolicy

PREFIX = "BOONA_"
FILE_VARIABLE = "BOONA_SETTINGS"
FAULTS_VARIABLE = "BOONA_FAULTS"
TEST_PREFIX = "BOONA_TEST_"

_SHORTEST_SECRET = 32
_WELL_KNOWN = frozenset({"admin", "boona", "changeme", "demo", "development", "password", "postgres", "secret", "test"})


class Environment(StrEnum):
    """What this installation is for; only ``production`` writes to real practices."""

    DEVELOPMENT = "development"
    TESTING = "testing"
    PRODUCTION = "production"


class Tls(StrEnum):
    """How the connection to the mail server is encrypted; ``none`` is for a loopback address only."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"


class Bus(StrEnum):
    """Where events go."""

    REDIS = "redis"
    KAFKA = "kafka"
    NONE = "none"


class Need(StrEnum):
    """What a command cannot work without."""

    DATABASE = "database"
    LETTERS = "letters"
    MAIL = "mail"
    REDIS = "redis"


WHOLE_APPLICATION = frozenset({Need.DATABASE, Need.LETTERS, Need.MAIL})
"""What the use cases as a whole need."""

_NEEDED: Mapping[Need, tuple[str, ...]] = {
    Need.DATABASE: ("database_url",),
    Need.LETTERS: ("sender.email", "sender.name", "agency.name", "agency.address"),
    Need.MAIL: ("smtp.host",),
    Need.REDIS: ("redis_url",),
}


@frozen(kw_only=True)
class SmtpSettings:
    """The mail server.

    Attributes:
        host: None: not told (in development it is 127.0.0.1).
        port: None until completed: 1025 in development, else what is usual for *tls*.
        tls: None until completed: ``none`` to a loopback address outside production, else ``starttls``.
        redirect_to: All mail goes to this address instead of its recipient; None: to its recipient.
        ca_file: Certificates of a private authority (PEM); None: those that the machine trusts.
        conversation_timeout: Seconds that one write or one answer may take.
        answer_timeout: Seconds that the answer to the final dot may take; shorter than ``sending.handoff_lease``.
        messages_per_connection: After so many emails a connection is replaced.
    """

    host: str | None = None
    port: int | None = None
    username: str | None = None
    password: Secret[str] | None = None
    tls: Tls | None = None
    redirect_to: str | None = None
    ca_file: Path | None = None
    conversation_timeout: float = 60.0
    answer_timeout: float = 600.0
    messages_per_connection: int = 100


@frozen(kw_only=True)
class SenderSettings:
    """Whom a therapist answers; None: not told."""

    email: str | None = None
    name: str | None = None


@frozen(kw_only=True)
class AgencySettings:
    """The letterhead; None: not told."""

    name: str | None = None
    address: str | None = None
    phone: str | None = None
    imprint_url: str | None = None


@frozen(kw_only=True)
class EventsSettings:
    """What other systems are told, and say.

    Attributes:
        bus: ``redis`` is the one of ``redis_url``.
        source: Who says it, as CloudEvents want it; another one for each installation on one bus.
        batch: Events handed over at once.
        lease: How long a relay or consumer that says nothing keeps others out.
        patience: Seconds that the bus may take for one answer.
        longest_wait: Between two tries while the bus is away, at most.
        keep: Of a Redis stream so many of the newest events are kept at least; None: all.
        keep_days: For so many days an event stays in the outbox after it was published; 0: for ever.
    """

    bus: Bus = Bus.REDIS
    source: str = OWN_SOURCE
    batch: int = 500
    lease: timedelta = timedelta(seconds=60)
    patience: float = 10.0
    longest_wait: timedelta = timedelta(seconds=5)
    keep: int | None = None
    keep_days: int = 30

    @property
    def kept(self) -> timedelta | None:
        """How long an event stays in the outbox after it was published; None: for ever."""
        return timedelta(days=self.keep_days) if self.keep_days else None


@frozen(kw_only=True)
class KafkaSettings:
    """How Kafka is reached.

    Attributes:
        bootstrap_servers: ``host:port``, several separated by commas; None: not told.
        security_protocol: As Kafka's clients call it: ``PLAINTEXT``, ``SSL``, ``SASL_SSL``.
        sasl_mechanism: None: no login.
        ca_file: Certificates of a private authority (PEM); None: those that the machine trusts.
    """

    bootstrap_servers: str | None = None
    security_protocol: str | None = None
    sasl_mechanism: str | None = None
    sasl_username: str | None = None
    sasl_password: Secret[str] | None = None
    ca_file: Path | None = None


@frozen(kw_only=True)
class ScheduleSettings:
    """When what runs by itself runs: cron expressions of five fields, in the agency's zone.

    Attributes:
        follow_ups: Silent emails become due for a call.
        calls: Whoever is due for a call is planned.
        emails: The day's emails are planned.
        send: The minutes in which workers drain the email queue; ``boona send`` drains it at any time.
        retry_calls: Who became due for a call since: a retry that found no time yet, a call that was asked for.
        pauses: What rested until a day is taken up again.
        forget: What was published long ago leaves the outbox.
        geocode: Services of maps are asked what is not known, where any are named.
        sweep: Seconds between two looks of the sweep.
        lease: How long a work may take before it is begun again: whoever began it is taken for dead.
        again_after: How long after a failure a work is tried again.
    """

    follow_ups: str = "30 6 * * 1-5"
    calls: str = "30 6 * * 1-5"
    emails: str = "30 7 * * 1-5"
    send: str = "* 8-17 * * 1-5"
    retry_calls: str = "15 7-17 * * 1-5"
    pauses: str = "5 0 * * *"
    forget: str = "20 3 * * *"
    geocode: str = "15 1-4 * * *"
    sweep: timedelta = timedelta(seconds=30)
    lease: timedelta = timedelta(minutes=10)
    again_after: timedelta = timedelta(minutes=1)


@frozen(kw_only=True)
class MetricsSettings:
    """Where a worker, the sweep and the relay show their numbers to Prometheus.

    Attributes:
        port: None: nowhere; the API shows its own at ``/metrics``.
    """

    host: str = "127.0.0.1"
    port: int | None = None


@frozen(kw_only=True)
class ApiSettings:
    """The HTTP API.

    Attributes:
        host: The address to listen on; others than this machine reach it only when it is told otherwise.
        threads: Requests worked on at the same time, and connections to the database.
        require_if_match: A change without ``If-Match`` is refused.
        requests_per_minute: Of one token, counted by each process; 0: no limit.
        largest_body: Bytes of a request's body at most.
        largest_import: Bytes at most of a file that is sent to be imported.
        statement_timeout: Seconds that one statement in the database may take.
        traces_url: Where an OpenTelemetry collector is told of requests (OTLP over HTTP); None: nobody is told.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    threads: int = 16
    require_if_match: bool = False
    requests_per_minute: int = 3000
    largest_body: int = 2_000_000
    largest_import: int = 64_000_000
    statement_timeout: timedelta = timedelta(seconds=30)
    traces_url: str | None = None


@frozen(kw_only=True)
class GeocodingSettings:
    """Who may be asked about places and ways; nobody has to be.

    Attributes:
        nominatim_url: Where Nominatim answers (``/search`` is added); None: no address is asked about.
        osrm_url: Where an OSRM with a car's profile answers (``/table/v1/…`` is added); None: no car's way is asked
            about.  A server of OSRM knows one profile, whichever it is asked for: each has an address of its own.
        contact: An email address or a page of the agency, by which the people of a service reach it; every question
            names it, and nobody is asked without.
        timeout: Seconds that one answer may take in all.
        keep_days: For so long a place or a road is believed.
        keep_unknown_days: For so long it is believed that something is not known.
    """

    nominatim_url: str | None = None
    osrm_url: str | None = None
    osrm_bike_url: str | None = None
    osrm_foot_url: str | None = None
    contact: str | None = None
    timeout: float = 10.0
    keep_days: int = 180
    keep_unknown_days: int = 14

    @property
    def is_on(self) -> bool:
        """Whether anybody may be asked."""
        return any((self.nominatim_url, self.osrm_url, self.osrm_bike_url, self.osrm_foot_url))


@frozen(kw_only=True)
class Settings:
    """Everything that an installation is told.

    Attributes:
        database_url: ``postgresql://user:password@host:port/database``; None: not told.
        redis_url: None: not told; the sweep finds the work without it, too.
        public_url: Where the service can be reached from outside; None: nowhere.
        letter_detail: How much of a patient stands in an email.
        approval: Planned emails stay drafts until a person queues them.
        sending: Times are told in seconds.
        high_water_file: Keeps the mark that tells a restored database, outside of what is restored with it.  None:
            Redis alone keeps it.
        secret: Signs what leaves the service and comes back; None: not told.
    """

    environment: Environment = Environment.DEVELOPMENT
    database_url: Secret[str] | None = None
    redis_url: Secret[str] | None = None
    smtp: SmtpSettings = field(factory=SmtpSettings)
    sender: SenderSettings = field(factory=SenderSettings)
    agency: AgencySettings = field(factory=AgencySettings)
    public_url: str | None = None
    zone: ZoneInfo = BERLIN
    letter_detail: LetterDetail = LetterDetail.FULL
    approval: bool = False
    policy: ContactPolicy = field(factory=ContactPolicy)
    matching: MatchingPolicy = field(factory=MatchingPolicy)
    geocoding: GeocodingSettings = field(factory=GeocodingSettings)
    sending: SendingPolicy = field(factory=SendingPolicy)
    schedule: ScheduleSettings = field(factory=ScheduleSettings)
    events: EventsSettings = field(factory=EventsSettings)
    kafka: KafkaSettings = field(factory=KafkaSettings)
    metrics: MetricsSettings = field(factory=MetricsSettings)
    high_water_file: Path | None = None
    api: ApiSettings = field(factory=ApiSettings)
    secret: Secret[str] | None = None

    @property
    def is_production(self) -> bool:
        """Whether real practices are written to."""
        return self.environment is Environment.PRODUCTION


class BadSettings(InvalidValues):
    """Everything that is wrong with the settings; the place of each fault is the variable's name.

    Attributes:
        readable: The settings as far as they could be read; the others have their defaults.
    """

    def __init__(self, faults: Sequence[InvalidValue], readable: Settings) -> None:
        super().__init__(faults)
        self.readable = readable


def variable_of(path: str) -> str:
    """The variable of a setting: ``smtp.host`` is ``BOONA_SMTP__HOST``."""
    return f"{PREFIX}{path.upper().replace('.', '__')}"


def read_settings(environ: Mapping[str, str], *, needs: Collection[Need] = ()) -> Settings:
    """The settings that *environ*, and the file that it names, tell.

    Args:
        needs: What must be there for the work at hand.

    Raises:
        BadSettings: every fault there is.
    """
    given = {name: value for name, value in environ.items() if value.strip()}
    reader = Reader(checks=_CHECKS, name_of=variable_of)
    file_faults: list[InvalidValue] = []
    settings = _loaded(given, reader, file_faults)
    unread = [*_unknown_names(given, reader.options), *file_faults, *reader.faults]
    unread += _bad_fault_points(given)
    judged = (
        []
        if file_faults
        else [
            *missing_in(settings, needs),
            *_contradictions(settings),
            *(_forbidden_in_production(settings, given) if settings.is_production else _forbidden_elsewhere(settings)),
        ]
    )
    places = {fault.place for fault in unread}
    if faults := unread + [fault for fault in judged if fault.place not in places]:
        raise BadSettings(faults, settings)
    return settings


def missing_in(settings: Settings, needs: Collection[Need]) -> tuple[InvalidValue, ...]:
    """What *settings* do not tell and some further work needs."""
    return tuple(_missing(settings, needs))


def _loaded(given: Mapping[str, str], reader: Reader, faults: list[InvalidValue]) -> Settings:
    """The settings from file and environment; what cannot be read keeps its default and becomes a fault."""
    loaders: list[Any] = [FromMapping(given, variable_of)]
    name = given.get(FILE_VARIABLE)
    if name is not None:
        loaders.insert(0, FileLoader({"*": TomlFormat(None)}, [f"!{name}"]))
    try:
        if name is not None:
            Path(name).open("rb").close()  # typed-settings would log what it does not find, not only say so
        settings = ts.load_settings(Settings, loaders, processors=[reader], converter=BuiltAsGiven())
    except ts.exceptions.InvalidOptionsError as unknown:
        faults.append(InvalidValue(FILE_VARIABLE, str(unknown)))
    except ts.exceptions.ConfigFileLoadError as fault:
        faults.append(InvalidValue(FILE_VARIABLE, f"cannot be read: {fault}"))
    except (OSError, UnicodeError) as fault:
        words = fault.strerror if isinstance(fault, OSError) else "it is not UTF-8"
        faults.append(InvalidValue(FILE_VARIABLE, f"cannot be read ({words})"))
    else:
        return _completed(settings)
    return _completed(ts.load_settings(Settings, loaders[1:], processors=[reader], converter=BuiltAsGiven()))


def _completed(settings: Settings) -> Settings:
    """With what follows for the mail server from what was told."""
    smtp = settings.smtp
    development = settings.environment is Environment.DEVELOPMENT
    expected = development and smtp.host is None
    host = "127.0.0.1" if expected else smtp.host
    plain = not settings.is_production and host is not None and is_loopback(host)
    tls = smtp.tls or (Tls.NONE if plain else Tls.STARTTLS)
    usual = 1025 if development and plain else {Tls.STARTTLS: 587, Tls.IMPLICIT: 465, Tls.NONE: 25}[tls]
    return evolve(settings, smtp=evolve(smtp, host=host, port=smtp.port or usual, tls=tls))


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine, by its address or as ``localhost``."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.casefold() == "localhost"


# -- one value by itself -----------------------------------------------------------------------------------------------


def _whole(least: int, most: int) -> Any:
    def check(value: int) -> None:
        if not least <= value <= most:
            raise InvalidValue("", f"expected a whole number from {least} to {most}")

    return check


def _seconds(value: float) -> None:
    if not 0 < value <= 86_400:
        raise InvalidValue("", "expected seconds, more than 0 and at most 86400")


def _within_a_minute(value: float) -> None:
    if not 0 < value <= 60:
        raise InvalidValue("", "expected seconds, more than 0 and at most 60")


def _span(value: timedelta) -> None:
    if not timedelta(0) < value <= timedelta(days=30):
        raise InvalidValue("", "expected seconds, more than 0 and at most 2592000")


def _address(value: str) -> None:
    from boona_adapters.addresses import wire_address  # noqa: PLC0415 - what reads addresses comes with the letters

    wire_address(value)


def _readable(value: Path) -> None:
    if not value.is_file():
        raise InvalidValue("", "is no file that can be read")


def _cron(value: str) -> None:
    from boona_adapters.cron import check_expression  # noqa: PLC0415 - what reads them comes with the workers

    check_expression(value)


def _source(value: str) -> None:
    if not 0 < len(value) <= 200 or any(c.isspace() for c in value):
        raise InvalidValue("", "expected a reference without spaces, such as /boona or https://agency.example/boona")


def _url_of(*schemes: str) -> Any:
    def check(value: str | Secret[str]) -> None:
        text = value.get_secret_value() if isinstance(value, Secret) else value
        try:
            parts = urlsplit(text)
            named = parts.scheme in schemes and (bool(parts.hostname) or parts.scheme == "unix")
            _ = parts.port
        except ValueError:
            named = False
        if not named:
            raise InvalidValue("", f"expected an address that begins with {' or '.join(f'{s}://' for s in schemes)}")

    return check


def _postgres(value: Secret[str]) -> None:
    parts = urlsplit(value.get_secret_value())
    if parts.scheme not in {"postgres", "postgresql", "postgresql+psycopg2"} or not parts.path.strip("/"):
        raise InvalidValue("", "expected postgresql://user:password@host:port/database")


def _map_service(value: str) -> None:
    _url_of("https", "http")(value)
    parts = urlsplit(value)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise InvalidValue("", "expected an address without a user, a question mark or a #")
    if parts.scheme == "http" and not _is_in_house(parts.hostname or ""):
        raise InvalidValue("", "expected https://; http:// is for one's own network, where nobody reads along")


def _is_in_house(host: str) -> bool:
    """Whether *host* is this machine, one of a private network, or a name without a dot: that of a container."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host


def _contact(value: str) -> None:
    if len(value) > 200 or not value.isascii() or not value.isprintable() or not ("@" in value or "://" in value):
        raise InvalidValue("", "expected an email address or a page of the agency")


_CHECKS: Mapping[str, Any] = {
    "database_url": _postgres,
    "redis_url": _url_of("redis", "rediss", "unix"),
    "public_url": _url_of("https", "http"),
    "smtp.port": _whole(1, 65_535),
    "smtp.redirect_to": _address,
    "smtp.ca_file": _readable,
    "smtp.conversation_timeout": _seconds,
    "smtp.answer_timeout": _seconds,
    "smtp.messages_per_connection": _whole(1, 1_000_000),
    "sender.email": _address,
    "sender.name": lambda value: Sender(email="a@example.org", name=value),
    "agency.name": lambda value: Agency(name=value, address="-"),
    "agency.address": lambda value: Agency(name="-", address=value),
    "agency.imprint_url": lambda value: Agency(name="-", address="-", imprint_url=value),
    **{f"sending.{name}": _span for name in ("claim_lease", "handoff_lease", "first_wait", "longest_wait", "pause")},
    **{
        f"schedule.{name}": _cron
        for name in ("follow_ups", "calls", "emails", "send", "retry_calls", "pauses", "forget", "geocode")
    },
    **dict.fromkeys(("schedule.sweep", "schedule.lease", "events.lease", "events.longest_wait"), _span),
    "events.source": _source,
    "events.batch": _whole(1, 10_000),
    "events.patience": _seconds,
    "events.keep": _whole(1, 10**12),
    "events.keep_days": _whole(0, 36_500),
    "kafka.ca_file": _readable,
    "metrics.port": _whole(1, 65_535),
    "sending.claim_size": _whole(1, 1_000),
    "api.port": _whole(1, 65_535),
    "api.threads": _whole(1, 200),
    "api.requests_per_minute": _whole(0, 10_000_000),
    "api.largest_body": _whole(1_000, 100_000_000),
    "api.largest_import": _whole(1_000, 1_000_000_000),
    "api.statement_timeout": _span,
    **{f"geocoding.{name}": _map_service for name in ("nominatim_url", "osrm_url", "osrm_bike_url", "osrm_foot_url")},
    "geocoding.contact": _contact,
    "geocoding.timeout": _within_a_minute,
    **{f"geocoding.{name}": _whole(1, 3_650) for name in ("keep_days", "keep_unknown_days")},
    "sending.max_tries": _whole(1, 1_000),
    **{f"matching.{name}": _whole(1, 1_000) for name in ("session_minutes", "assumed_max_km", "distance_step_km")},
    **{
        f"policy.{each.name}": (lambda value, name=each.name: ContactPolicy(**{name: value}))
        for each in ContactPolicy.__attrs_attrs__
    },
}


# -- all of them together ----------------------------------------------------------------------------------------------


def _unknown_names(given: Mapping[str, str], options: Sequence[OptionInfo]) -> Iterator[InvalidValue]:
    known = {variable_of(option.path): option for option in options}
    others = {FILE_VARIABLE, FAULTS_VARIABLE}
    for name in sorted(given):
        if not name.upper().startswith(PREFIX) or name in known or name in others or name.startswith(TEST_PREFIX):
            continue
        meant = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.75)
        yield InvalidValue(name[:80], f"is no setting; did you mean {meant[0]}?" if meant else "is no setting")


def _bad_fault_points(given: Mapping[str, str]) -> Iterator[InvalidValue]:
    try:
        read_faults(given.get(FAULTS_VARIABLE, ""))
    except InvalidValue as refused:
        yield refused


def _missing(settings: Settings, needs: Collection[Need]) -> Iterator[InvalidValue]:
    for need in Need:
        for path in _NEEDED[need] if need in needs else ():
            value: Any = settings
            for part in path.split("."):
                value = getattr(value, part)
            if not value:
                yield InvalidValue(variable_of(path), "is missing")


def _contradictions(settings: Settings) -> Iterator[InvalidValue]:
    smtp, sending = settings.smtp, settings.sending
    if (smtp.username is None) != (smtp.password is None):
        lacking = "smtp.password" if smtp.password is None else "smtp.username"
        yield InvalidValue(variable_of(lacking), "is missing: a login needs both a user name and a password")
    if smtp.tls is Tls.NONE and smtp.host is not None and not is_loopback(smtp.host):
        yield InvalidValue(variable_of("smtp.tls"), "none is only for a loopback address")
    if sending.handoff_lease.total_seconds() <= smtp.answer_timeout:
        yield InvalidValue(
            variable_of("sending.handoff_lease"),
            f"must be longer than {variable_of('smtp.answer_timeout')} ({smtp.answer_timeout:g} seconds)",
        )
    if settings.events.bus is Bus.KAFKA and not settings.kafka.bootstrap_servers:
        yield InvalidValue(variable_of("kafka.bootstrap_servers"), f"is missing: {variable_of('events.bus')} is kafka")
    if settings.events.lease.total_seconds() <= settings.events.patience:
        yield InvalidValue(variable_of("events.lease"), f"must be longer than {variable_of('events.patience')}")
    if settings.geocoding.is_on and settings.geocoding.contact is None:
        yield InvalidValue(
            variable_of("geocoding.contact"), "is missing: whoever asks a geocoder or a router says how to reach them"
        )
    if sending.longest_wait < sending.first_wait:
        yield InvalidValue(
            variable_of("sending.longest_wait"), f"must not be shorter than {variable_of('sending.first_wait')}"
        )


def _forbidden_elsewhere(settings: Settings) -> Iterator[InvalidValue]:
    """So that a copy of the database cannot write to real practices."""
    smtp = settings.smtp
    if smtp.host is not None and not is_loopback(smtp.host) and smtp.redirect_to is None:
        yield InvalidValue(
            variable_of("smtp.host"),
            f"{settings.environment} sends to a loopback address only, unless {variable_of('smtp.redirect_to')} says "
            "where all mail goes",
        )


def _forbidden_in_production(settings: Settings, given: Mapping[str, str]) -> Iterator[InvalidValue]:
    if settings.smtp.tls is Tls.NONE:
        yield InvalidValue(variable_of("smtp.tls"), "production needs starttls or implicit")
    if settings.secret is None:
        yield InvalidValue(
            variable_of("secret"), f"is missing: production needs one of its own, {_SHORTEST_SECRET} characters or more"
        )
    elif len(settings.secret.get_secret_value()) < _SHORTEST_SECRET:
        yield InvalidValue(variable_of("secret"), f"is shorter than {_SHORTEST_SECRET} characters")
    for path, secret in (
        ("database_url", _password_in(settings.database_url)),
        ("redis_url", _password_in(settings.redis_url)),
        ("smtp.password", settings.smtp.password.get_secret_value() if settings.smtp.password else None),
        (
            "kafka.sasl_password",
            settings.kafka.sasl_password.get_secret_value() if settings.kafka.sasl_password else None,
        ),
    ):
        if secret is not None and secret.casefold() in _WELL_KNOWN:
            yield InvalidValue(variable_of(path), "has a password that everybody knows")
    if settings.public_url is not None and not settings.public_url.startswith("https://"):
        yield InvalidValue(variable_of("public_url"), "production needs https://")
    if FAULTS_VARIABLE in given:
        yield InvalidValue(FAULTS_VARIABLE, "is for tests, never for production")


def _password_in(url: Secret[str] | None) -> str | None:
    try:
        return urlsplit(url.get_secret_value()).password if url else None
    except ValueError:
        return None
