"""The password of a server that other users of the machine can reach but must not use."""

import os
import secrets
from pathlib import Path

from boona_adapters.embedded.account import give_to_owner


def new_password() -> str:
    """A random password of 192 bits, safe in a URL and in SQL."""
    return secrets.token_hex(24)


def keep_password(path: Path, password: str) -> None:
    """Write *password* into *path*, whole or not at all, readable by the folder's owner only."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(file, "w", encoding="ascii") as stream:
        stream.write(password + "\n")
        stream.flush()
        os.fsync(stream.fileno())
        give_to_owner(stream.fileno(), path.parent)
    new.replace(path)


def kept_password(path: Path) -> str | None:
    """The password in *path*, None when there is none."""
    try:
        return path.read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None
