"""What works on this installation, what does not, and what is to be done about it?

Every probe looks and changes nothing: the mail server is greeted and asked for TLS, no email is begun.  No finding
repeats a secret.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from enum import StrEnum

import redis
import sqlalchemy as sa
from attrs import evolve, frozen

from boona_adapters.database_privacy import Leak, asked, leaks_of, remedy
from boona_adapters.outside import kafka_configuration, outside_mark
from boona_adapters.postgres import migrating
from boona_adapters.postgres.migrating import Standing
from boona_adapters.postgres.running import OpenPostgresRunningUnit
from boona_adapters.postgres.workload import workload_of
from boona_adapters.settings import BadSettings, Bus, Need, Settings, missing_in, variable_of
from boona_adapters.smtp import SmtpServer
from boona_core.delivery import ServerDown
from boona_core.errors import BoonaError, StoreUnavailable
from boona_core.usecases.holding import WatchHighWater
from boona_core.workload import Workload

OLDEST_POSTGRES = 15
_PATIENCE_SECONDS = 10.0
_CLOCK_SECONDS = 2.0
_LATE_SECONDS = 300.0


class Verdict(StrEnum):
    """How bad it is; only ``failed`` keeps Boona from working."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@frozen
class Finding:
    """What one probe found.

    Attributes:
        about: What was looked at.
        found: What is the matter with it.
        advice: What to do; None: nothing.
    """

    about: str
    verdict: Verdict
    found: str
    advice: str | None = None


OpenDatabase = Callable[[Settings], sa.Engine]
OpenMail = Callable[[Settings], SmtpServer]


def examine(
    settings: Settings, faults: BadSettings | None, *, open_database: OpenDatabase, open_mail: OpenMail
) -> Iterator[Finding]:
    """Look at everything, each thing as far as *settings* tell where it is."""
    yield from _settings(settings, faults)
    if missing_in(settings, {Need.DATABASE}):
        yield Finding("database", Verdict.SKIPPED, "nobody said where it is", f"set {variable_of('database_url')}")
    else:
        yield from _database(settings, open_database)
    yield _redis(settings)
    if settings.events.bus is Bus.KAFKA:
        yield _kafka(settings)
    yield from _mail(settings, open_mail)


def _settings(settings: Settings, faults: BadSettings | None) -> Iterator[Finding]:
    for fault in faults.faults if faults else ():
        yield Finding("settings", Verdict.FAILED, str(fault), f"set or correct {fault.place}")
    if faults is None:
        yield Finding("settings", Verdict.OK, f"complete, for {settings.environment}")


def _database(settings: Settings, open_database: OpenDatabase) -> Iterator[Finding]:
    try:
        engine = open_database(settings)
    except BoonaError as fault:
        yield Finding("database", Verdict.FAILED, str(fault), f"correct {variable_of('database_url')}")
        return
    try:
        yield from _open_database(settings, engine)
    except StoreUnavailable as fault:
        advice = f"see that Postgres runs, and that {variable_of('database_url')} names it, the role and the password"
        yield Finding("database", Verdict.FAILED, f"cannot be reached: {fault}", advice)
    except BoonaError as fault:
        yield Finding("database", Verdict.FAILED, str(fault), "see the database's own log")
    finally:
        engine.dispose()


def _open_database(settings: Settings, engine: sa.Engine) -> Iterator[Finding]:
    before = time.time()
    facts = asked(
        engine,
        lambda connection: dict(
            connection.execute(
                sa.text(
                    "SELECT current_setting('server_version_num') AS version,"
                    " current_setting('server_version') AS name,"
                    " extract(epoch FROM clock_timestamp())::text AS clock"
                )
            )
            .mappings()
            .one()
        ),
    )
    after = time.time()
    yield _version(int(facts["version"] or 0), facts["name"] or "")
    migrations = _migrations(settings)
    yield migrations
    if migrations.verdict is Verdict.OK:
        yield from _waiting(settings, workload_of(engine))
        yield _restore(settings, engine)
    yield from _privacy(settings, leaks_of(engine))
    yield _clock(float(facts["clock"] or 0), before, after)


def _version(number: int, name: str) -> Finding:
    if number < OLDEST_POSTGRES * 10_000:
        advice = f"move to Postgres {OLDEST_POSTGRES} or newer"
        return Finding("database", Verdict.FAILED, f"is Postgres {name}", advice)
    return Finding("database", Verdict.OK, f"answers, Postgres {name}")


def _migrations(settings: Settings) -> Finding:
    url = settings.database_url.get_secret_value() if settings.database_url else ""
    try:
        standing = migrating.check(url)
    except StoreUnavailable:
        raise
    except BoonaError as fault:
        return Finding("migrations", Verdict.FAILED, str(fault), "see `boona db check`")
    if standing is Standing.AT_HEAD:
        return Finding("migrations", Verdict.OK, "at the newest revision")
    found = "there are no tables yet" if standing is Standing.EMPTY else "at an older revision"
    return Finding("migrations", Verdict.FAILED, found, "run `boona db upgrade`")


def _privacy(settings: Settings, leaks: tuple[Leak, ...]) -> Iterator[Finding]:
    verdict = Verdict.FAILED if settings.is_production else Verdict.WARNING
    for leak in leaks:
        advice = f"as the database's superuser: {remedy(leak)} SELECT pg_reload_conf();"
        yield Finding("database log", verdict, f"could take patient data: {leak}", advice)
    if not leaks:
        yield Finding("database log", Verdict.OK, "takes no patient data")


def _clock(database: float, before: float, after: float) -> Finding:
    """The database was asked between *before* and *after*: only what lies outside of that is a difference."""
    apart = max(before - database, database - after, 0.0)
    if apart <= _CLOCK_SECONDS:
        return Finding("clock", Verdict.OK, "agrees with the database's")
    reads = datetime.fromtimestamp(database, UTC)
    found = f"differs from the database's by {apart:.0f} seconds (that reads {reads:%Y-%m-%d %H:%M:%S} UTC)"
    return Finding("clock", Verdict.WARNING, found, "set both by NTP; the database's clock decides")


def _redis(settings: Settings) -> Finding:
    if settings.redis_url is None:
        return Finding("redis", Verdict.SKIPPED, "nobody said where it is", "not needed to plan and send by hand")
    try:
        client = redis.Redis.from_url(
            settings.redis_url.get_secret_value(),
            socket_timeout=_PATIENCE_SECONDS,
            socket_connect_timeout=_PATIENCE_SECONDS,
        )
        with client:
            client.ping()
    except (redis.RedisError, ValueError, OSError) as fault:
        found = f"cannot be reached ({type(fault).__name__})"
        advice = f"see that Redis runs and that {variable_of('redis_url')} names it; without it nothing is lost"
        return Finding("redis", Verdict.WARNING, found, advice)
    return Finding("redis", Verdict.OK, "answers")


def _waiting(settings: Settings, load: Workload) -> Iterator[Finding]:
    """What runs by itself, and whether somebody runs it."""
    age = load.oldest_unpublished_event
    if settings.events.bus is Bus.NONE or age < _LATE_SECONDS:
        yield Finding("events", Verdict.OK, f"{load.unpublished_events} wait for the bus")
    else:
        found = f"{load.unpublished_events} wait for the bus, the oldest for {age:.0f} seconds"
        advice = "see that `boona relay` runs and that the bus answers; no event is lost meanwhile"
        yield Finding("events", Verdict.WARNING, found, advice)
    if load.events_set_aside:
        found = f"{load.events_set_aside} of other systems could not be taken in"
        yield Finding("messages", Verdict.WARNING, found, "see `boona events`")
    late = [name for name, work in load.works.items() if work.late > _LATE_SECONDS and not work.in_hand]
    if late:
        found = f"late: {', '.join(late)}"
        yield Finding("schedule", Verdict.WARNING, found, "see that `boona sweep` runs, and its log")
    elif not load.works:
        yield Finding("schedule", Verdict.SKIPPED, "nothing ever ran by itself", "start `boona sweep`, or `boona up`")
    else:
        yield Finding("schedule", Verdict.OK, "everything was done in time")
    if load.uncertain_emails:
        found = f"{load.uncertain_emails} emails are uncertain"
        yield Finding("emails", Verdict.WARNING, found, "see `boona emails --status uncertain`, then `boona settle`")


def _restore(settings: Settings, engine: sa.Engine) -> Finding:
    outside = outside_mark(settings)
    if outside is None:
        advice = f"set {variable_of('high_water_file')} to a file that no backup of the database brings back"
        return Finding("restore", Verdict.WARNING, "a restored database would not be noticed", advice)
    hold = WatchHighWater(open_unit=OpenPostgresRunningUnit(engine), outside=outside).hold()
    if hold is None:
        return Finding("restore", Verdict.OK, "the database is as new as what left it")
    found = "the database was restored from before something was sent: nothing leaves"
    return Finding("restore", Verdict.FAILED, found, "compare what is queued, then run `boona release-hold`")


def _kafka(settings: Settings) -> Finding:
    from confluent_kafka import KafkaException  # noqa: PLC0415 - an extra
    from confluent_kafka.admin import AdminClient  # noqa: PLC0415

    try:
        AdminClient(dict(kafka_configuration(settings))).list_topics(timeout=_PATIENCE_SECONDS)
    except KafkaException as fault:
        advice = f"see that Kafka runs and that {variable_of('kafka.bootstrap_servers')} names it; no event is lost"
        return Finding("kafka", Verdict.WARNING, f"Kafka cannot be reached ({fault.args[0].name()})", advice)
    return Finding("kafka", Verdict.OK, "Kafka answers")


def _mail(settings: Settings, open_mail: OpenMail) -> Iterator[Finding]:
    if missing_in(settings, {Need.MAIL}):
        yield Finding("mail", Verdict.SKIPPED, "nobody said where it is", f"set {variable_of('smtp.host')}")
        return
    told = settings.smtp
    where = f"{told.host}:{told.port} ({'no TLS' if told.tls == 'none' else told.tls})"
    try:
        patience = min(_PATIENCE_SECONDS, told.conversation_timeout)
        # Greeted only: a login with a wrong password could lock the account.
        server = evolve(open_mail(settings), username=None, password=None, conversation_timeout=patience)
        opened = server.connect()
    except BoonaError as fault:
        yield Finding(
            "mail", Verdict.FAILED, f"{where}: {fault}", f"correct {variable_of('smtp.tls')} or its certificates"
        )
        return
    if isinstance(opened, ServerDown):
        advice = f"see that it runs and that {variable_of('smtp.host')}, __PORT and __TLS fit it"
        yield Finding("mail", Verdict.FAILED, f"{where} does not answer: {opened.words}", advice)
        return
    opened.close()
    yield Finding("mail", Verdict.OK, f"{where} answers")
    if told.redirect_to is not None:
        verdict = Verdict.WARNING if settings.is_production else Verdict.OK
        yield Finding("mail", verdict, f"all of it goes to the one address of {variable_of('smtp.redirect_to')}")
