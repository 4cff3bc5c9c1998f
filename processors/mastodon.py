"""Posts from a Mastodon instance (https://docs.joinmastodon.org/methods/streaming/)."""

from typing import ClassVar

from pyspark.sql import Column

from processors.push import PushProcessor
from processors.statuses import status_or_problem


class MastodonProcessor(PushProcessor):
    """A line of the spool is one event of the stream, or one status of a timeline that was fetched after a gap.

    Guarantee: a line that was written to the spool is stored once, as a post or as a dead letter, or takes a post away.
    What the instance said while the job was away, and its timelines do not tell, is not heard, and `coverage` says when
    that was.
    """

    requires: ClassVar[tuple[str, ...]] = ("mastodon_url", "mastodon_token")
    receiver: ClassVar[str | None] = "receivers.mastodon:MastodonReceiver"
    removes: ClassVar[bool] = True

    def process(self, event: Column) -> Column:
        """See `statuses.status_or_problem`."""
        return status_or_problem(event, self.settings)
