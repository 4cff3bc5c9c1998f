"""What all feeds of a soak have in common: numbered events at a steady pace, and a note of each that was sent."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import ClassVar, Generic, Self, TypeVar

from tests.integration.crash_events import Event

WAIT_SECONDS = 180.0
_LOOK_SECONDS = 0.1
EVER, LOST = frozenset({"backfilled", "replayed", "lost"}), frozenset({"lost"})
"""What `coverage` says of a gap in which an event may have been missed."""

Connection = TypeVar("Connection")
Act = Callable[[Connection], str]
"""What is to be done with a connection; returns what was done. It may break it off."""
Faults = Mapping[str, Callable[[], str]]
"""By name: makes it happen, and says what happened; it is over on return."""


def key(event: Event) -> str:
    """What it can be told by when it is stored: a post by its text, a dead letter by the SHA-256 of its bytes."""
    return event.text or event.sha256


class Feed(ABC):
    """A context manager that sends while it is entered.

    sent: by key, when each event was sent, UTC. keys: by the SHA-256 of an event's bytes. acknowledged: keys of what
    was handed over, where nothing is pushed.
    """

    source: ClassVar[str]
    pushes: ClassVar[bool] = True
    """Whether a receiver of the job's listens to it."""
    settings: dict[str, str]
    last: str | None = None
    """The key of an event behind which none is to come any more, set by `stop`; None where nobody can tell."""

    def __init__(self, events_per_second: float) -> None:
        self.sent: dict[str, datetime] = {}
        self.keys: dict[str, str] = {}
        self.acknowledged: set[str] = set()
        self.failure: Exception | None = None
        self._number = 0
        self._pause_seconds = 1 / events_per_second
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @abstractmethod
    def event(self, number: int) -> Event:
        """The event of that number."""

    def faults(self) -> Faults:
        """What can go wrong with it, and is to be felt by its job alone."""
        return {}

    def may_be_missed(self, name: str) -> frozenset[str]:  # noqa: ARG002 - for others
        """In what gaps the event of that key may have been missed, by what `coverage` says of them."""
        return EVER

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()
        self.close()

    def stop(self) -> None:
        """Send no more, and leave connections as they are. Raises what has ended the feed, if anything did."""
        self._stopping.set()
        self._thread.join()
        if self.failure is not None:
            raise self.failure

    @abstractmethod
    def run(self) -> None:
        """Send until `pause` says that it is over; in a thread of the feed's own."""

    @abstractmethod
    def close(self) -> None:
        """Hang up."""

    def next_event(self) -> Event:
        """One that was never sent, noted as sent now."""
        self._number += 1
        return self.noted(self.event(self._number))

    def noted(self, event: Event) -> Event:
        """The same, which is sent now."""
        self.keys[event.sha256] = key(event)
        self.sent[key(event)] = datetime.now(UTC)
        return event

    def _run(self) -> None:
        try:
            self.run()
        except OSError as failure:
            self.failure = failure

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        """For somebody else's thread. Raises TimeoutError, with what was waited for."""
        until = time.monotonic() + WAIT_SECONDS
        while not condition():
            if time.monotonic() > until:
                raise TimeoutError(f"{self.source}: not within {WAIT_SECONDS:g} s: {what}")
            time.sleep(_LOOK_SECONDS)

    def pause(self) -> bool:
        """Keep the pace; whether the feed is to stop."""
        return self._stopping.wait(self._pause_seconds)


class Acts(Generic[Connection]):
    """Hands what somebody wants done to the thread that serves a connection."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._wanted: Act[Connection] | None = None
        self._done: str | None = None

    def have_done(self, act: Act[Connection]) -> str:
        """Wait until it is done, on this connection or the next; what was done. Raises TimeoutError."""
        with self._changed:
            self._wanted, self._done = act, None
            if not self._changed.wait_for(lambda: self._done is not None, WAIT_SECONDS):
                raise TimeoutError(f"nobody was connected for {WAIT_SECONDS:g} s")
            return str(self._done)

    def do_what_is_wanted(self, connection: Connection) -> None:
        """For the thread that serves: do it, if anything is wanted; again, where the client went in the middle."""
        with self._changed:
            act = self._wanted
        if act is None:
            return
        done = act(connection)
        with self._changed:
            self._wanted, self._done = None, done
            self._changed.notify_all()
