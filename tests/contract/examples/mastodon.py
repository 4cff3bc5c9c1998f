"""Mastodon: events as the receiver writes them; a stream of updates that are no statuses, and so kept as they came."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from operations.mastodon_stand_in.statuses import Statuses
from operations.mastodon_stand_in.stream import SseStream
from receivers.mastodon_api.events import UPDATE, status_line
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


_BEFORE_THE_STATUS = b',"status":'


def numbered() -> list[bytes]:
    """Four statuses as the receiver writes them."""
    statuses = Statuses("https://an.example")
    lines = (status_line(UPDATE, statuses.status(text), "all").event for text in ("one", "two", "three", "four"))
    return [line for line in lines if isinstance(line, bytes)]


@contextmanager
def serve(connections: Sequence[Connection]) -> Iterator[Mapping[str, Any]]:
    """Events as the data of updates; the stream says nothing again, but the timeline has all statuses."""

    def act(connection: Connection) -> Act:
        def say(stream: SseStream) -> None:
            for event in connection.says:
                stream.raw(b"event: update\ndata: " + _store(event) + b"\n\n")
            if connection.hangs_up:
                stream.drop()
            else:
                stream.stall()

        return say

    def _store(event: bytes) -> bytes:
        """What is said of it."""
        line, _, status = event.rpartition(_BEFORE_THE_STATUS)
        if line:
            api.timelines.apply(UPDATE, json.loads(status[:-1]))
        return status[:-1] if line else event

    with MastodonApi(script=map(act, connections), then=SseStream.stall) as api:
        for event in (event for connection in connections for event in connection.missed):
            _store(event)
        yield api.settings


MastodonProcessor = ProcessorExamples(
    STATUSES,
    NO_STATUSES,
    {"mastodon_url": "http://127.0.0.1:1", "mastodon_token": "t-of-the-examples"},
    removals={b'{"event":"delete","id":"116150000000000404"}': "116150000000000404"},
)
MastodonReceiver = ReceiverExamples(serve, numbered=numbered())
