"""What a job that reads Bluesky's Jetstream is told."""

from typing import Annotated

from pydantic import BeforeValidator
from pydantic_settings import NoDecode

from settings.frozen import Frozen, setting
from settings.hosts import OF_ADDRESS
from settings.types import matching, names

_PUBLIC = tuple(
    f"wss://jetstream{number}.{region}.bsky.network" for number in (1, 2) for region in ("us-east", "us-west")
)
WebSocketAddress = Annotated[
    str,
    matching(r"(?i)wss?://[^\s/?#]+[^\s#]*", "addresses that begin with wss:// or ws://, with commas between"),
    OF_ADDRESS,
]
WebSocketAddresses = Annotated[tuple[WebSocketAddress, ...], NoDecode, BeforeValidator(names)]


class Bluesky(Frozen):
    """The hosts."""

    group = "bluesky"

    bluesky_url: WebSocketAddresses = setting(
        _PUBLIC,
        "Jetstream hosts, with commas between, each asked when the one before it fails; default: the public ones",
        min_length=1,
    )
