"""The feed of each source; not all of them fit on a machine at once."""

import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.servers.kafka import KafkaBroker
from tests.soak.bluesky_feed import BlueskyFeed
from tests.soak.feed import Feed
from tests.soak.files_feed import FilesFeed
from tests.soak.kafka_feed import KafkaFeed
from tests.soak.mastodon_feed import MastodonFeed
from tests.soak.tcp_feed import TcpFeed
from tests.soak.x_feed import XFeed

KAFKA, SOCKET, TWITTER, BLUESKY, MASTODON, FILES = SOURCES = (
    "kafka", "socket", "twitter", "bluesky", "mastodon", "files",
)  # fmt: skip
_FEWEST = 3
_PUSHED: dict[str, Callable[[float], Feed]] = {
    SOCKET: TcpFeed, TWITTER: XFeed, BLUESKY: BlueskyFeed, MASTODON: MastodonFeed,
}  # fmt: skip


def fitting(seed: int) -> tuple[str, ...]:
    """As many sources as there are processors, three at least, that the seed chooses: each is a JVM."""
    number = min(max(_FEWEST, os.cpu_count() or _FEWEST), len(SOURCES))
    return tuple(sorted(random.Random(seed).sample(SOURCES, number), key=SOURCES.index))


def feed_of(source: str, folder: Path, broker: KafkaBroker | None, events_per_second: float) -> Feed:
    """folder: for files; broker: there is one where the source is Kafka."""
    if source == FILES:
        return FilesFeed(folder, events_per_second)
    if source == KAFKA:
        assert broker is not None
        return KafkaFeed(broker, events_per_second)
    return _PUSHED[source](events_per_second)


def unknown(sources: Sequence[str]) -> list[str]:
    """Those that are none."""
    return [source for source in sources if source not in SOURCES]
