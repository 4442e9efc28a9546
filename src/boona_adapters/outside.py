"""How are Redis and Kafka reached, and where is kept what must outlive the database?

Nothing here connects before it is used.
"""

from collections.abc import Mapping
from typing import Any

import redis

from boona_adapters.high_water import KEY, EveryMark, FileMark, RedisMark
from boona_adapters.settings import BadSettings, Need, Settings, missing_in
from boona_adapters.streams.redis import connect
from boona_core.event_ports import OutsideMark

REDIS_AWAY = (redis.ConnectionError, redis.TimeoutError, redis.ResponseError, OSError)

_MARK_SECONDS = 1.0


def outside_mark(settings: Settings) -> OutsideMark | None:
    """The mark outside of the database: in a file, in Redis, or in both; None: neither was named."""
    marks: list[OutsideMark] = []
    if settings.high_water_file is not None:
        marks.append(FileMark(settings.high_water_file))
    if settings.redis_url is not None:
        client = redis_client(settings, patience=_MARK_SECONDS)
        marks.append(RedisMark(client, REDIS_AWAY, f"{KEY}:{settings.events.source}"))
    return EveryMark(marks) if marks else None


def redis_client(settings: Settings, *, patience: float) -> "redis.Redis":
    """A client of the Redis that is named; it connects when it is used.

    Raises:
        BadSettings: none is named.
    """
    if settings.redis_url is None:
        raise BadSettings(missing_in(settings, {Need.REDIS}), settings)
    return connect(settings.redis_url.get_secret_value(), patience=patience)


def kafka_configuration(settings: Settings) -> Mapping[str, Any]:
    """What confluent's client is told."""
    told = settings.kafka
    given = {
        "bootstrap.servers": told.bootstrap_servers,
        "security.protocol": told.security_protocol,
        "sasl.mechanism": told.sasl_mechanism,
        "sasl.username": told.sasl_username,
        "sasl.password": told.sasl_password.get_secret_value() if told.sasl_password else None,
        "ssl.ca.location": str(told.ca_file) if told.ca_file else None,
    }
    return {name: value for name, value in given.items() if value is not None} | {"log_level": 3}
