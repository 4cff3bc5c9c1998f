"""Whether what a source of somebody's own reads takes a connection; what it says, and to whom, is not known here."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from operations.checks.connecting import refusal
from operations.checks.result import Result, failed, ok, skipped
from operations.checks.subject import Subject

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_SETTING = "source_url"


def look(subject: Subject) -> Iterator[Result]:
    """Connects, asks for nothing, and hangs up. The token is not tried."""
    if _SETTING not in subject.processor.requires:
        yield skipped(f"the source {subject.settings.source} does not ask for one")
        return
    address = urlsplit(subject.settings.source_url or "")
    host, port = address.hostname or "", address.port or _PORTS.get(address.scheme.lower())
    if port is None:
        yield skipped(f"which port {address.scheme}: has is not known; name it in SOURCE_URL")
    elif (why := refusal(host, port)) is not None:
        yield failed(why, "start the feed, or correct --source-url (CASESTREAM_SOURCE_URL)")
    else:
        yield ok(f"{host}:{port} takes a connection; whether it takes the token is not tried")
