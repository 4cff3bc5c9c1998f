"""Whether a peer takes a connection."""

import socket

_SECONDS = 5


def refusal(host: str, port: int) -> str | None:
    """Why it takes none, None where it does. Connects, reads nothing, and hangs up."""
    try:
        socket.create_connection((host, port), _SECONDS).close()
    except OSError as error:
        return f"{host}:{port}: {error.strerror or error}"
    return None
