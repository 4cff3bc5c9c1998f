"""Bluesky: Jetstream's events, and a host that sends them as frames and keeps what it has sent."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate
from typing import Any

from operations.jetstream_stand_in.behaviour import Behaviour, HangUp, Subscription
from operations.jetstream_stand_in.event_log import Entry
from tests.contract.examples.base import Connection, ProcessorExamples, ReceiverExamples
from tests.servers.jetstream import JetstreamHost, created

POSTS = {
    b'{"did":"did:plc:a","kind":"commit","commit":{"operation":"create","collection":"app.bsky.feed.post","rkey":"1",'
    b'"record":{"text":" a #post &lt;3 "}}}': "a post &lt;3",
    b'{"did":"did:plc:a","kind":"commit","commit":{"operation":"update","collection":"app.bsky.feed.post","rkey":"1",'
    b'"record":{"text":"edited"}}}': "edited",
}
NO_POSTS = {
    b"plain": "not_json",
    b'{"did":"did:plc:a","kind":"commit","commit":{"operation":"create","collection":"app.bsky.feed.post","rkey":"1",'
    b'"record":{"text":" "}}}': "no_text",
    b'{"did":"plc","kind":"commit","commit":{"operation":"delete","collection":"app.bsky.feed.post","rkey":"1"}}': (
        "bad_field"
    ),
    b"42": "not_a_post",
    b'{"did":"did:plc:a","kind":"news"}': "not_a_post",
}


class InTurn(Behaviour):
    """Begins with what was missed for who has a cursor, and is silent or hangs up where the connection's events end."""

    def __init__(self, connections: Sequence[Connection], events: Sequence[tuple[int, int]]) -> None:
        """events: how many are missed, and said, by each connection."""
        super().__init__()
        self._connections = connections
        self._ends = list(accumulate(missed + said for missed, said in events))
        self._begins = [end - said for end, (_, said) in zip(self._ends, events, strict=True)]
        self._first: dict[int, int] = {}

    def first(self, subscription: Subscription, number: int) -> int:  # noqa: ARG002 - the host's own times are not used
        asked = subscription.number
        if asked >= len(self._ends):
            first = self._ends[-1] if self._ends else 0
        elif subscription.cursor is None or not self._connections[asked].missed:
            first = self._begins[asked]
        else:
            first = 0  # as one that goes back too far does: what was heard already comes again
        self._first[asked] = first
        return first

    def before(self, subscription: Subscription, sent: int, ending: threading.Event) -> None:
        asked = subscription.number
        if asked < len(self._ends) and self._first[asked] + sent < self._ends[asked]:
            return
        if asked >= len(self._ends) or not self._connections[asked].hangs_up:
            ending.wait()
        raise HangUp


@contextmanager
def serve(connections: Sequence[Connection]) -> Iterator[Mapping[str, Any]]:
    """A frame an event. Behind the last event lies one that is never sent, at which connections end."""
    said = [(list(each.missed), list(each.says)) for each in connections]
    host = JetstreamHost(InTurn(connections, [(len(missed), len(events)) for missed, events in said]))
    for event in (*(event for missed, events in said for event in (*missed, *events)), b"{}"):
        host.log.publish(event)
    with host:
        yield {"bluesky_url": host.url}


def numbered() -> list[bytes]:
    """Four posts of some seconds ago."""
    now_us = time.time_ns() // 1_000
    return [Entry(now_us - 10_000_000 + number, created(number)).frame(0) for number in range(4)]


DELETED = (
    b'{"did":"did:plc:a","kind":"commit","commit":{"operation":"delete","collection":"app.bsky.feed.post","rkey":"1"}}'
)

BlueskyProcessor = ProcessorExamples(POSTS, NO_POSTS, removals={DELETED: "at://did:plc:a/app.bsky.feed.post/1"})
BlueskyReceiver = ReceiverExamples(serve, numbered=numbered())
