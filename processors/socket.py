"""Posts from a TCP peer that sends lines."""

from typing import ClassVar

from pyspark.sql import Column

from processors.events import post_or_problem
from processors.push import PushProcessor


class SocketProcessor(PushProcessor):
    """A line is one event: text or JSON.

    Guarantee: a line that was written to the spool is stored once; lines sent while the job was away are not heard, and
    `coverage` says when that was.
    """

    receiver: ClassVar[str | None] = "receivers.socket:SocketReceiver"

    def process(self, event: Column) -> Column:
        """Text or JSON, see `events.post_or_problem`."""
        return post_or_problem(event)
