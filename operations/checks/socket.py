"""Whether the TCP feed takes a connection."""

import socket
from collections.abc import Iterator

from operations.checks.result import Result, failed, ok
from operations.checks.subject import Subject

_SECONDS = 5


def look(subject: Subject) -> Iterator[Result]:
    """Connects, reads nothing, and hangs up."""
    settings = subject.settings
    peer = f"{settings.socket_host}:{settings.socket_port}"
    try:
        socket.create_connection((settings.socket_host, settings.socket_port), _SECONDS).close()
    except OSError as error:
        yield failed(
            f"{peer}: {error.strerror or error}",
            "start the feed, or correct --socket-host (CASESTREAM_SOCKET_HOST) and --socket-port "
            "(CASESTREAM_SOCKET_PORT); manage.py feed plays a file",
        )
    else:
        yield ok(f"{peer} takes a connection")
