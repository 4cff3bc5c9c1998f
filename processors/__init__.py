"""What a source is: a class of `processors.base.StreamProcessor`, registered here under its name."""

from processors.base import StreamProcessor
from processors.files import FilesProcessor
from processors.kafka import KafkaProcessor
from processors.socket import SocketProcessor
from processors.twitter import TwitterProcessor

PROCESSORS: dict[str, type[StreamProcessor]] = {
    "files": FilesProcessor,
    "kafka": KafkaProcessor,
    "socket": SocketProcessor,
    "twitter": TwitterProcessor,
}
