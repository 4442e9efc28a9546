"""How does a copy of the database keep from writing to real practices?

Every email goes to one address of one's own.  Only the envelope changes: the bytes are those that are stored, with the
practice's address in their header.
"""

from collections.abc import Callable

from attrs import field, frozen

from boona_adapters.addresses import wire_address
from boona_core.delivery import Accepted, MailConnection, MailServer, NoAnswer, Prepared, Refused, ServerDown, Step


@frozen
class RedirectedConnection:
    """A connection whose every recipient is replaced.  Keeps the port ``MailConnection``."""

    _connection: MailConnection
    _recipient: str = field(repr=False)

    def prepare(
        self,
        *,
        sender: str,
        recipient: str,  # noqa: ARG002 - the whole point
        message: bytes,
        on_step: Callable[[Step], None],
    ) -> Prepared | Refused | NoAnswer | ServerDown:
        """Talk up to the end of the body, to the one address."""
        return self._connection.prepare(sender=sender, recipient=self._recipient, message=message, on_step=on_step)

    def finish(self, *, on_step: Callable[[Step], None]) -> Accepted | Refused | NoAnswer:
        """Send the final dot and read the answer."""
        return self._connection.finish(on_step=on_step)

    def abandon(self) -> None:
        """Drop a prepared message unsent."""
        self._connection.abandon()

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


@frozen
class RedirectedServer:
    """A mail server that is given one recipient for everything.  Keeps the port ``MailServer``.

    Raises:
        BadAddress: the one recipient is no address.
    """

    _server: MailServer
    _recipient: str = field(repr=False, converter=wire_address)

    def connect(self) -> RedirectedConnection | ServerDown:
        """Open a connection, ready for the first email."""
        opened = self._server.connect()
        return opened if isinstance(opened, ServerDown) else RedirectedConnection(opened, self._recipient)
