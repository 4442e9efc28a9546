"""Which port does a server get?

A port that was free a moment ago can be taken when the server binds it; only the server's own bind decides.
So a port is proposed, and another one when the server says that it came too late.
"""

import socket

ATTEMPTS = 20
"""How many ports are proposed before we give up."""


def free_port() -> int:
    """A port of the loopback address that nobody listens on at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
