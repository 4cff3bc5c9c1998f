"""X: tweets, and its filtered stream."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from operations.x_stand_in.stream import XStream
from tests.contract.examples.base import Connection, ProcessorExamples, ReceiverExamples
from tests.servers.x_api import Act, XApi

TWEETS = {
    b'{"data":{"id":"1","text":"a #tweet &lt;3"},"matching_rules":[{"id":"2"}]}': "a tweet <3",
    b'{"data":{"text":"begin","note_tweet":{"text":"begin and end"}}}': "begin and end",
    b'{"data":{"text":"RT @a: be","referenced_tweets":[{"type":"retweeted","id":"1"}]},'
    b'"includes":{"tweets":[{"id":"1","text":"begin and end"}]}}': "begin and end",
}
NO_TWEETS = {
    b"plain": "not_json",
    b'{"data":{"text":" "}}': "no_text",
    b'{"data":{"id":"a b","text":"x"}}': "bad_field",
    b"42": "not_a_post",
    b'{"errors":[{"title":"Not Found Error"}]}': "not_a_post",
}


@contextmanager
def serve(connections: Sequence[Connection]) -> Iterator[Mapping[str, Any]]:
    """An event a line of the stream."""

    def act(connection: Connection) -> Act:
        def say(stream: XStream) -> None:
            for event in connection.says:
                stream.post(event)
            if connection.hangs_up:
                stream.drop()
            else:
                stream.stall()

        return say

    with XApi(script=map(act, connections), then=XStream.stall) as api:
        yield {"twitter_api_url": api.url, "twitter_bearer_token": api.token}


TwitterProcessor = ProcessorExamples(TWEETS, NO_TWEETS, {"twitter_bearer_token": "t-of-the-examples"})
TwitterReceiver = ReceiverExamples(serve)
