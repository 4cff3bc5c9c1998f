"""What `manage.py doctor` looks at, a file a check; a new one is a file here and a line in CHECKS."""

from operations.checks import (
    bluesky,
    case_count,
    checkpoint,
    clock,
    documents,
    durability,
    files,
    indexes,
    java,
    kafka,
    lease,
    mastodon,
    mongodb,
    offsets,
    query,
    rights,
    settings,
    socket,
    source_url,
    spark,
    spool,
    topics,
    twitter,
)
from operations.checks.check import Check
from processors.files import FilesProcessor
from processors.kafka import KafkaProcessor
from receivers.bluesky import BlueskyReceiver
from receivers.mastodon import MastodonReceiver
from receivers.socket import SocketReceiver
from receivers.twitter import TwitterReceiver

CHECKS = (
    Check("settings", settings.look),
    Check("java", java.look),
    Check("spark", spark.look),
    Check("mongodb", mongodb.look, needs=("settings",)),
    Check("rights", rights.look, needs=("mongodb",)),
    Check("durability", durability.look, needs=("mongodb",)),
    Check("clock", clock.look, needs=("mongodb",)),
    Check("indexes", indexes.look, needs=("mongodb",)),
    Check("documents", documents.look, needs=("mongodb",)),
    Check("lease", lease.look, needs=("mongodb",)),
    Check("checkpoint", checkpoint.look, needs=("settings",)),
    Check("query", query.look, needs=("checkpoint", "mongodb")),
    Check("spool", spool.look, needs=("settings",)),
    Check("kafka", kafka.look, needs=("settings",), only_for=KafkaProcessor),
    Check("topics", topics.look, needs=("kafka",)),
    Check("offsets", offsets.look, needs=("topics", "query")),
    Check("socket", socket.look, needs=("settings",), only_for=SocketReceiver),
    Check("twitter", twitter.look, needs=("settings",), only_for=TwitterReceiver),
    Check("bluesky", bluesky.look, needs=("settings",), only_for=BlueskyReceiver),
    Check("mastodon", mastodon.look, needs=("settings",), only_for=MastodonReceiver),
    Check("files", files.look, needs=("settings",), only_for=FilesProcessor),
    Check("source url", source_url.look, needs=("settings",)),
    Check("case count", case_count.look, needs=("settings",)),
)
"""In the order in which they are shown; what one needs stands before it."""
