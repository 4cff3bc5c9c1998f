"""What a source is: a class of `processors.base.StreamProcessor`, registered here under its name."""

from processors.base import StreamProcessor
from processors.bluesky import BlueskyProcessor
from processors.files import FilesProcessor
from processors.kafka import KafkaProcessor
from processors.mastodon import MastodonProcessor
from processors.socket import SocketProcessor
from processors.twitter import TwitterProcessor

PROCESSORS: dict[str, type[StreamProcessor]] = {
    "bluesky": BlueskyProcessor,
    "files": FilesProcessor,
    "kafka": KafkaProcessor,
    "mastodon": MastodonProcessor,
    "socket": SocketProcessor,
    "twitter": TwitterProcessor,
}
