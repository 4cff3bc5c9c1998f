"""Posts from X's filtered stream (https://docs.x.com/x-api/posts/filtered-stream/introduction)."""

from typing import ClassVar

from pyspark.sql import Column

from processors.json_event import problem_of_no_object
from processors.push import PushProcessor
from processors.tweets import tweet_or_problem


class TwitterProcessor(PushProcessor):
    """A line of the stream is one event: a JSON object of X API v2.

    Guarantee: a line that was written to the spool is stored once, as a post or as a dead letter. Posts that X sent
    while the job was away, and did not repeat, are not heard, and `coverage` says when that was.
    """

    requires: ClassVar[tuple[str, ...]] = ("twitter_bearer_token",)
    removes: ClassVar[bool] = True
    receiver: ClassVar[str | None] = "receivers.twitter:TwitterReceiver"

    def process(self, event: Column) -> Column:
        """An object with text, see `tweets.tweet_or_problem`; a line of text is no post here."""
        return tweet_or_problem(event, problem_of_no_object)
