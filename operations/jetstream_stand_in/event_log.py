"""What a Jetstream host has seen and still has."""

import json
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

LOOKBACK_SECONDS = 36 * 3_600
"""How long a real host keeps events for those who come back."""
MOST_EVENTS = 200_000


@dataclass(frozen=True)
class Entry:
    """time_us: when the network said it. event: without its time; bytes are sent as they are."""

    time_us: int
    event: Mapping[str, Any] | bytes

    def frame(self, skew_us: int) -> bytes:
        """As a host whose times differ by so much would send it."""
        if isinstance(self.event, bytes):
            return self.event
        did, *rest = self.event.items()
        return json.dumps(
            {did[0]: did[1], "time_us": self.time_us + skew_us, **dict(rest)},
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()

    def wanted(self, collections: list[str], dids: list[str]) -> bool:
        """Whether a subscriber to these hears it; accounts' news are for everybody. (As `emitToSubscriber` has it.)"""
        if isinstance(self.event, bytes):
            return True
        if dids and self.event.get("did") not in dids:
            return False
        commit = self.event.get("commit")
        collection = str(commit.get("collection", "")) if isinstance(commit, Mapping) else ""
        return not (collections and collection) or any(
            collection == each or (each.endswith(".*") and collection.startswith(each[:-1])) for each in collections
        )


class EventLog:
    """Events with times that only grow; those out of the window are forgotten. Used by many threads."""

    def __init__(
        self, lookback_seconds: float = LOOKBACK_SECONDS, now_us: Callable[[], int] = lambda: time.time_ns() // 1_000
    ) -> None:
        self.lookback_seconds = lookback_seconds
        self.now_us = now_us
        self._changed = threading.Condition()
        self._entries: list[Entry] = []
        self._forgotten = 0
        self._ends = threading.Event()

    def publish(self, event: Mapping[str, Any] | bytes, time_us: int | None = None) -> int:
        """The network says that, now or then; the time that it was given."""
        with self._changed:
            last = self._entries[-1].time_us if self._entries else 0
            given = max(self.now_us() if time_us is None else time_us, last + 1)
            self._entries.append(Entry(given, event))
            if len(self._entries) > MOST_EVENTS:
                self._forget(len(self._entries) - MOST_EVENTS)
            self._changed.notify_all()
            return given

    @property
    def end(self) -> int:
        """The number of the next event; they are counted from 0."""
        with self._changed:
            return self._forgotten + len(self._entries)

    def first_since(self, time_us: int) -> int:
        """The number of the first event of that time or later that is still there."""
        with self._changed:
            oldest = self.now_us() - round(self.lookback_seconds * 1e6)
            self._forget(bisect_left(self._entries, oldest, key=lambda entry: entry.time_us))
            return self._forgotten + bisect_left(self._entries, time_us, key=lambda entry: entry.time_us)

    def forget_before(self, time_us: int) -> None:
        """Those events are gone, as if they had become too old."""
        with self._changed:
            self._forget(bisect_left(self._entries, time_us, key=lambda entry: entry.time_us))

    def read(self, number: int, seconds: float) -> tuple[int, Entry] | None:
        """The event of that number, or the first after it that is left; None where none comes in so many seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: number < self._forgotten + len(self._entries), seconds):
                return None
            found = max(number, self._forgotten)
            if found >= self._forgotten + len(self._entries):
                return None
            return found, self._entries[found - self._forgotten]

    def _forget(self, events: int) -> None:
        del self._entries[:events]
        self._forgotten += events
