"""Hosts in the settings that have no name that a network can be asked for: half of the clients break at those.

A name is parts of 1 to 63 letters with dots between: https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from pymongo.uri_parser import parse_uri

from command_line.mistakes import wrong_for
from settings import Settings

_ALLOWED = "each part of a host's name, between its dots, must have 1 to 63 letters"
_SRV = "mongodb+srv:"


def misnamed(settings: Settings) -> Iterator[str]:
    """A line for each setting that has such a host, whatever the source is; no secret is in it."""
    for name, hosts in _hosts(settings):
        if not all(map(_is_host, hosts)):
            yield wrong_for(name, getattr(settings, name), _ALLOWED)


def _hosts(settings: Settings) -> Iterator[tuple[str, list[str]]]:
    yield "socket_host", [settings.socket_host]
    if servers := settings.kafka_bootstrap_servers:
        yield "kafka_bootstrap_servers", [each.strip().rpartition(":")[0] for each in servers.split(",")]
    if settings.mongodb_uri is not None:
        uri = settings.mongodb_uri.get_secret_value()
        nodes = [] if uri.startswith(_SRV) else parse_uri(uri, validate=False)["nodelist"]
        yield "mongodb_uri", [host for host, _ in nodes] or [_of_url(uri)]
    yield "bluesky_url", [_of_url(each) for each in settings.bluesky_url]
    for name in ("twitter_api_url", "mastodon_url", "source_url", "count_url"):
        address = getattr(settings, name)
        if address is not None and "://" in address and not address.startswith("file:"):
            yield name, [_of_url(address)]


def _of_url(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # a bracket that is not closed
        return ""


def _is_host(host: str) -> bool:
    try:
        return bool(host.strip("[]").encode("idna"))
    except UnicodeError:
        return False
