"""A receiver at work on a feed of its examples."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from receivers.base import Receiver
from spool.segments import Event, encode
from tests.contract.hurried_clock import HurriedClock
from tests.contract.overheard import with_secrets
from tests.contract.promises import broken
from tests.servers.heard import Heard

LET_GO_SECONDS = 0.3
_LOOK_SECONDS = 0.02
_WHILE_SECONDS = 0.5
BASE = "receivers/base.py, Receiver"


class Kept(Heard):
    """Takes events as the spool does: not with a line feed in them, and none twice that a key tells apart.

    full: `append` waits while it is set, as it does where the spool is full.
    """

    def __init__(self, key: Callable[[bytes], str | None] = Receiver.key) -> None:
        super().__init__()
        self.full = threading.Event()
        self.room = threading.Event()
        self._key = key
        self._known: set[str] = set()

    def append(self, events: Sequence[Event]) -> int:
        encode(events, 0, 0)
        if self.full.is_set():
            self.room.wait()
        return super().append([event for event in events if self._is_new(event)])

    def _is_new(self, event: Event) -> bool:
        key = self._key(event) if isinstance(event, bytes) else None
        if key is None:
            return True
        is_new = key not in self._known
        self._known.add(key)
        return is_new


class Listening:
    """A started receiver, what it has handed over, and how long a check waits for something to happen, in seconds."""

    def __init__(self, receiver: Receiver, heard: Heard, within: float) -> None:
        self.receiver = receiver
        self.heard = heard
        self.within = within

    def until(self, has_happened: Callable[[], bool], promised: str) -> None:
        """Wait for it; the promise is broken where it does not happen in time, or the receiver ends before."""
        ends_at = time.monotonic() + self.within
        while not has_happened():
            if self.receiver.is_over and not has_happened():
                self.fail(promised, f"the receiver has ended: {self.receiver.failure!r}")
            if time.monotonic() > ends_at:
                self.fail(promised, f"not in {self.within:g} s")
            time.sleep(_LOOK_SECONDS)

    def for_a_while(self, has_happened: Callable[[], bool]) -> None:
        """Wait for something that other checks are about."""
        ends_at = time.monotonic() + _WHILE_SECONDS
        while not has_happened() and time.monotonic() < ends_at:
            time.sleep(_LOOK_SECONDS)

    def until_heard(self, event: bytes) -> None:
        """Wait for an event."""
        self.until(lambda: event in self.heard.events, f"{_short(event)} is said, and appended to the spool")

    def fail(self, promised: str, came: str) -> NoReturn:
        events = [_short(each) for each in self.heard.events]
        broken(promised, f"{came}; heard so far: {events}; gaps: {self.heard.gaps}", f"{BASE}.receive")


@contextmanager
def listening(
    kind: type[Receiver],
    heard: Heard,
    settings: Mapping[str, Any],
    within: float,
    **more: Any,  # noqa: ANN401
) -> Iterator[Listening]:
    """A receiver that is let go in the end, whether it stops or not."""
    given = with_secrets({"jobname": "contract", "source": "socket", **settings, **more})
    receiver = kind(heard.parts(HurriedClock(), **given))
    receiver.start()
    try:
        yield Listening(receiver, heard, within)
    finally:
        receiver.stop(LET_GO_SECONDS)


def _short(event: Event) -> str:
    text = repr(event)
    return text if len(text) < 60 else f"{text[:60]}…"
