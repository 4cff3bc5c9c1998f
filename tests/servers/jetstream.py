"""A Jetstream host on loopback for tests: the stand-in's own behaviour, and every fault that a test asks for."""

import json
import socket
import threading
from collections.abc import Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

from operations.jetstream_stand_in.behaviour import Behaviour, HangUp, Subscription
from operations.jetstream_stand_in.event_log import EventLog
from operations.jetstream_stand_in.server import JetstreamServer

POSTS = "app.bsky.feed.post"


class JetstreamHost:
    """A context manager; `url` is its address, `log` what it has, which several hosts may share."""

    def __init__(
        self,
        behaviour: Behaviour | None = None,
        log: EventLog | None = None,
        patience_seconds: float = 5,
    ) -> None:
        self.log = log or EventLog()
        self._server = JetstreamServer(socket.create_server(("127.0.0.1", 0)), self.log, behaviour, patience_seconds)
        self.url, self.port = self._server.url, self._server.port

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)

    @property
    def subscriptions(self) -> list[Subscription]:
        """What its clients have asked for, in turn."""
        return self._server.subscriptions

    @property
    def is_connected(self) -> bool:
        """Whether it has a client now."""
        return bool(self._server.positions)

    @property
    def cursors(self) -> list[int | None]:
        """Of its subscriptions."""
        return [each.cursor for each in self._server.subscriptions]


class Scripted(Behaviour):
    """Does what it is told to at each of its connections, by number; to those behind the last nothing is done.

    refused: statuses, by number of the request. hang_up_after, stall_after: after how many events. begin_early: so many
    events before the one that was asked for.
    """

    def __init__(
        self,
        *,
        refused: Mapping[int, HTTPStatus] | None = None,
        hang_up_after: Mapping[int, int] | None = None,
        stall_after: Mapping[int, int] | None = None,
        begin_early: Mapping[int, int] | None = None,
        skew_us: int = 0,
    ) -> None:
        super().__init__(skew_us)
        self._refused = refused or {}
        self._hang_up_after = hang_up_after or {}
        self._stall_after = stall_after or {}
        self._begin_early = begin_early or {}
        self.stalled = threading.Event()
        """A connection is silent now."""

    def refusal(self, number: int) -> tuple[HTTPStatus, str] | None:
        return (self._refused[number], "not now") if number in self._refused else None

    def first(self, subscription: Subscription, number: int) -> int:
        return max(0, number - self._begin_early.get(subscription.number, 0))

    def before(self, subscription: Subscription, sent: int, ending: threading.Event) -> None:
        if self._hang_up_after.get(subscription.number) == sent:
            raise HangUp
        if self._stall_after.get(subscription.number) == sent:
            self.stalled.set()
            ending.wait()
            raise HangUp


def created(number: int, text: str | None = None, did: str = "did:plc:a", **record: Any) -> dict[str, Any]:  # noqa: ANN401
    """The event of a post, without its time."""
    return {
        "did": did,
        "kind": "commit",
        "commit": {
            "rev": f"3l{number:011d}",
            "operation": "create",
            "collection": POSTS,
            "rkey": f"3k{number:011d}",
            "record": {"$type": POSTS, "text": text or f"post {number}", "langs": ["en"], **record},
            "cid": "bafyrei",
        },
    }


def deleted(number: int, did: str = "did:plc:a") -> dict[str, Any]:
    """The event of the deletion of that post."""
    commit = {"rev": f"3m{number:011d}", "operation": "delete", "collection": POSTS, "rkey": f"3k{number:011d}"}
    return {"did": did, "kind": "commit", "commit": commit}


def gone(did: str, status: str = "deleted") -> dict[str, Any]:
    """The event of an account that is not active any more."""
    told = {"active": False, "did": did, "seq": 1, "status": status, "time": "2026-01-02T00:00:00.000Z"}
    return {"did": did, "kind": "account", "account": told}


def numbers(events: list[Any]) -> list[int]:
    """Of posts' events as they came."""
    return [int(json.loads(event)["commit"]["rkey"][2:]) for event in events if isinstance(event, bytes)]
