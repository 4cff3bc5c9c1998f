"""Where Jetstream is asked, and what for."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

POSTS = "app.bsky.feed.post"
MOST_BYTES = 8 * 1024 * 1024
"""Of one event: more than any can have, since a record may have a megabyte and JSON makes of a byte six at most."""


def subscription(address: str, cursor: int | None) -> str:
    """The address to connect to. cursor: microseconds since 1970, where to go on; None: with what comes now.

    A query of the address' own stays, so that it may ask for other collections (`wantedCollections`), or for the posts
    of some accounts (`wantedDids`).
    """
    parts = urlsplit(address)
    query = parse_qsl(parts.query)
    asked = {name for name, _ in query}
    if "wantedCollections" not in asked:
        query.append(("wantedCollections", POSTS))
    if "maxMessageSizeBytes" not in asked:
        query.append(("maxMessageSizeBytes", str(MOST_BYTES)))
    query = [(name, value) for name, value in query if name != "cursor"]
    if cursor is not None:
        query.append(("cursor", str(cursor)))
    path = parts.path if parts.path not in ("", "/") else "/subscribe"
    return urlunsplit((parts.scheme, parts.netloc, path, urlencode(query, safe=":"), ""))


def host_of(address: str) -> str:
    """`jetstream1.us-east.bsky.network` of an address, its port too where it has one; no login."""
    return urlsplit(address).netloc.rsplit("@", 1)[-1].lower()
