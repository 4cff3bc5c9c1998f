"""What a source that is not ours is told."""

from typing import Annotated

from settings.frozen import Frozen, setting
from settings.hosts import OF_ADDRESS
from settings.types import Token, matching

FeedAddress = Annotated[
    str,
    matching(r"(?i)[a-z][a-z0-9+.-]*://[^\s/?#]+\S*", "an address with its scheme, as https://host/path"),
    OF_ADDRESS,
]


class OwnSource(Frozen):
    """An address and a login; what else it needs, it reads where it likes."""

    group = "a source of your own"

    source_url: FeedAddress | None = setting(
        None,
        "where a source of your own reads, as https://feed.example.org/posts; required where it says so",
    )
    source_token: Token | None = setting(None, "what a source of your own logs in with; required where it says so")
