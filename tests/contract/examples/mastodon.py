"""Mastodon: events as the receiver writes them; a stream of updates that are no statuses, and so kept as they came."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from operations.mastodon_stand_in.stream import SseStream
from tests.contract.examples.base import Connection, ProcessorExamples, ReceiverExamples
from tests.servers.mastodon_api import Act, MastodonApi

STATUSES = {
    b'{"event":"update","id":"1","author":"a@b.c","text":"a #toot &lt;3","links":[],"mentions":[],'
    b'"status":{"content":"<p>a #toot &amp;lt;3</p>","created_at":"2026-01-02T00:00:00.000Z"}}': "a toot &lt;3",
    b'{"event":"status.update","id":"1","text":"warning\\n\\nnew","status":{"content":"<p>new</p>"}}': "warning new",
    b'{"event":"update","id":"2","text":"inner","status":{"content":"","reblog":{"id":"1","content":"x"}}}': "inner",
}
NO_STATUSES = {
    b"plain": "not_json",
    b'{"event":"update","id":"1","text":" ","status":{"content":"<p> </p>"}}': "no_text",
    b'{"event":"update","id":"a b","text":"x","status":{"content":"x"}}': "bad_field",
    b"42": "not_a_post",
    b'{"event":"update","id":"1"}': "not_a_post",
}


@contextmanager
def serve(connections: Sequence[Connection]) -> Iterator[Mapping[str, Any]]:
    """Events as the data of updates."""

    def act(connection: Connection) -> Act:
        def say(stream: SseStream) -> None:
            for event in connection.says:
                stream.raw(b"event: update\ndata: " + event + b"\n\n")
            if connection.hangs_up:
                stream.drop()
            else:
                stream.stall()

        return say

    with MastodonApi(script=map(act, connections), then=SseStream.stall) as api:
        yield api.settings


MastodonProcessor = ProcessorExamples(
    STATUSES, NO_STATUSES, {"mastodon_url": "http://127.0.0.1:1", "mastodon_token": "t-of-the-examples"}
)
MastodonReceiver = ReceiverExamples(serve)
