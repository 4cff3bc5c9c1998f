"""Whether the TCP feed takes a connection."""

from collections.abc import Iterator

from operations.checks.connecting import refusal
from operations.checks.result import Result, failed, ok
from operations.checks.subject import Subject


def look(subject: Subject) -> Iterator[Result]:
    """Connects, reads nothing, and hangs up."""
    host, port = subject.settings.socket_host, subject.settings.socket_port
    if (why := refusal(host, port)) is not None:
        yield failed(
            why,
            "start the feed, or correct --socket-host (CASESTREAM_SOCKET_HOST) and --socket-port "
            "(CASESTREAM_SOCKET_PORT); manage.py feed plays a file",
        )
    else:
        yield ok(f"{host}:{port} takes a connection")
