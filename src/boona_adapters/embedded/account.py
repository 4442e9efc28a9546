"""Under which account does a server run, when its parent may be root and Postgres refuses root?

No permission of any folder is changed for it.  There are several ways; each needs something that some machine
forbids, so each is tried for real in a forked child, the least powerful first, and the first that reaches the
server's programs and its folder is taken:

1. the own account, when it is not root and has a name (initdb asks for the name);
2. another account, without any privilege: the owner of the folder, or ``nobody`` when that is root;
3. the same with a single capability, to search folders that are closed to others (or, where containers
   withhold that one, to override their permissions), for data or programs below root's home;
4. a user namespace, in which the own account merely looks like another one: for machines on which root may
   not change its user, and for users without a name.  Containers and hardened kernels often forbid it: it is last.
"""

import os
import pwd
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from attrs import frozen

from boona_adapters.embedded import kernel


class Account(Protocol):
    """A way to run a server: who owns its files, and how a forked child becomes it."""

    @property
    def uid(self) -> int:
        """The owner of the server's files, as this process sees it."""

    @property
    def gid(self) -> int:
        """The group of the server's files, as this process sees it."""

    def become(self) -> None:
        """Turn the calling child into the account.

        Raises:
            OSError: this machine forbids it.
        """


@frozen
class OwnAccount:
    """The account that we have."""

    uid: int
    gid: int

    def become(self) -> None:
        """Change nothing."""


@frozen
class OtherAccount:
    """Another user, by setuid, with no capability or a single one (None: none)."""

    uid: int
    gid: int
    capability: int | None

    def become(self) -> None:
        """Change the user for good.

        Raises:
            OSError: we may not.
        """
        if self.capability is not None:
            kernel.keep_capabilities_over_setuid()
        os.setgroups([])
        os.setgid(self.gid)
        os.setuid(self.uid)
        if self.capability is not None:
            kernel.keep_only(self.capability)


@frozen
class SeemingAccount:
    """Our own user, that looks like another one inside a user namespace."""

    uid: int
    gid: int
    seeming_uid: int
    seeming_gid: int

    def become(self) -> None:
        """Enter the namespace.

        Raises:
            OSError: namespaces are forbidden here.
        """
        kernel.enter_user_namespace(uid=self.seeming_uid, gid=self.seeming_gid)


def choose_account(folder: Path, reach: Sequence[Path]) -> Account:
    """The first account that works on this machine.

    Args:
        folder: The folder of the data; its owner is asked first when we are root.
        reach: What the server must be able to enter or execute.

    When none works the own account is returned, and the server itself will say what it lacks.
    """
    own = OwnAccount(os.geteuid(), os.getegid())
    return next((account for account in _possible(own, folder) if _works(account, reach)), own)


def give_to_owner(file: int, folder: Path) -> None:
    """Let the open *file* belong to the owner of *folder*, who may want to start the server without root later.

    Raises:
        OSError: root may not do that here.
    """
    owner = folder.stat()
    if os.geteuid() == 0 and os.fstat(file).st_uid != owner.st_uid:
        os.fchown(file, owner.st_uid, owner.st_gid)


def _possible(own: OwnAccount, folder: Path) -> Iterator[Account]:
    yield own
    others = [user for user in pwd.getpwall() if user.pw_uid not in (0, own.uid)]
    if own.uid == 0:
        for uid, gid in _stand_in(folder, others):
            for capability in (None, kernel.CAP_DAC_READ_SEARCH, kernel.CAP_DAC_OVERRIDE):
                yield OtherAccount(uid, gid, capability)
    for other in others[:1]:
        yield SeemingAccount(own.uid, own.gid, other.pw_uid, other.pw_gid)


def _stand_in(folder: Path, others: Sequence[pwd.struct_passwd]) -> Sequence[tuple[int, int]]:
    """Whom root lets run the server, none when this machine knows nobody but root."""
    entry = folder.stat()
    if entry.st_uid != 0:
        return [(entry.st_uid, entry.st_gid)]
    powerless = sorted(others, key=lambda user: user.pw_name != "nobody")
    return [(user.pw_uid, user.pw_gid) for user in powerless[:1]]


def _works(account: Account, reach: Sequence[Path]) -> bool:
    child = os.fork()
    if child == 0:
        answer = 1
        try:
            account.become()
            pwd.getpwuid(os.geteuid())
            answer = 0 if os.geteuid() != 0 and all(os.access(path, os.X_OK) for path in reach) else 1
        except (OSError, KeyError):
            answer = 1  # this way is closed here: the next one is tried
        finally:
            os._exit(answer)
    _, status = os.waitpid(child, 0)
    return status == 0
