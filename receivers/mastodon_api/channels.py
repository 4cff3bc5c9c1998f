"""Which stream of an instance is heard, and which timeline repeats what it said.

https://docs.joinmastodon.org/methods/streaming/#streams and https://docs.joinmastodon.org/methods/timelines/
"""

from dataclasses import dataclass, field
from urllib.parse import quote

from settings import Settings

HASHTAGS = "hashtags"


@dataclass(frozen=True)
class Channel:
    """Paths below the instance's address, and their parameters. name: for people."""

    name: str
    stream: str
    timeline: str
    stream_parameters: dict[str, str] = field(default_factory=dict)
    timeline_parameters: dict[str, str] = field(default_factory=dict)


def channels(settings: Settings) -> list[Channel]:
    """One for each connection: a hashtag has one of its own."""
    if settings.mastodon_stream == HASHTAGS:
        return [_hashtag(name) for name in settings.mastodon_hashtags]
    _, _, part = settings.mastodon_stream.partition(":")
    return [
        Channel(
            settings.mastodon_stream,
            "/api/v1/streaming/public" + (f"/{part}" if part else ""),
            "/api/v1/timelines/public",
            timeline_parameters={part: "true"} if part else {},
        )
    ]


def _hashtag(name: str) -> Channel:
    timeline = f"/api/v1/timelines/tag/{quote(name, safe='')}"
    return Channel(f"#{name}", "/api/v1/streaming/hashtag", timeline, {"tag": name})
