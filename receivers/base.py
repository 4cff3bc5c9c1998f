"""`Receiver`, what listens to a live feed on the driver and writes what it hears to the spool."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar, Protocol

from clock import Clock
from settings import Settings
from spool.segments import Event


class Spool(Protocol):
    """Where events go (`spool.writer.SpoolWriter`)."""

    def append(self, events: Sequence[Event]) -> int:
        """Add events; waits while the spool is full and the job is not ending. How many of them were new."""


class Gaps(Protocol):
    """What keeps note of the times at which one connection was not there, or a whole feed."""

    def open_gap(self, cause: str, since: datetime | None = None) -> None:
        """The feed is not heard since then, or from now on; nothing happens where a gap is open already."""

    def close_gap(self, backfilled_seconds: float = 0, at: datetime | None = None) -> None:
        """The feed is heard again, since then or now, and repeats what it said in so many seconds before."""

    def gap_seconds(self) -> float:
        """How long the feed has not been heard; 0 while it is."""


class Coverage(Gaps, Protocol):
    """What keeps note of the times at which the feed was not heard."""

    def lose_until(self, at: datetime) -> None:
        """Of the open gap, what lies before that is lost for good; the gap goes on from there."""


class Usage(Protocol):
    """How many posts the account that a feed is read with was given: by all jobs, over restarts."""

    def add(self, posts: int) -> None:
        """Count some more, now."""

    def posts(self, since: date) -> int:
        """Posts since that UTC day began."""


class Bookmark(Protocol):
    """How far the feed was heard, over restarts and kills (`spool.bookmark`); for a receiver with `goes_on`."""

    def read(self) -> str | None:
        """The last place that was noted, by a former run too; None where there is none."""

    def note(self, place: str, repeats_from: datetime) -> None:
        """Everything that was appended lies before that place.

        Who goes on there may be sent again what was heard since `repeats_from`, and nothing older.
        """


class NoBookmark:
    """The bookmark of a feed that cannot be gone on with."""

    def read(self) -> str | None:
        return None

    def note(self, place: str, repeats_from: datetime) -> None:
        """Forgotten."""


@dataclass(frozen=True)
class ReceiverParts:
    """Everything that a receiver is handed.

    last_alive: when a former run of the job gave its last sign of life; the feed may take its connection for open.
    """

    settings: Settings
    spool: Spool
    coverage: Coverage
    usage: Usage
    clock: Clock
    last_alive: datetime | None = None
    bookmark: Bookmark = field(default_factory=NoBookmark)


class Receiver(ABC):
    """One live feed, read in a thread of its own.

    Guarantee of a subclass: what it has read from the feed it appends to the spool in order, as bytes, before it reads
    on, without a queue between; it reconnects by itself, with back-off; it returns soon after `stopping` is set. An
    event has no line feed in it, and one longer than `max_event_bytes` is a `CutEvent` (`receivers.bounded`). Every
    time without a connection is a gap in `coverage`, and an outage in the log (`receivers.outage`). It waits by
    `clock.wait(stopping, …)`, and logs no secret.

    `receivers.http_feed.HttpReceiver` does most of it for a feed that is one endless answer over HTTP,
    `receivers.polling.PollingReceiver` for an API that is asked again and again. docs/add-a-source.md builds both, and
    `pytest tests/contract --plugin package.module:Class` tries them.
    """

    goes_on: ClassVar[bool] = False
    """Whether it asks the feed for what came after its bookmark, and so is sent some of it again."""

    def __init__(self, parts: ReceiverParts) -> None:
        self.settings = parts.settings
        self.spool = parts.spool
        self.coverage = parts.coverage
        self.usage = parts.usage
        self.clock = parts.clock
        self.last_alive = parts.last_alive
        self.bookmark = parts.bookmark
        self.stopping = threading.Event()
        self.failure: BaseException | None = None
        self.rests_until: datetime | None = None
        """Until when it does not listen on purpose: /readyz takes the feed for well meanwhile."""
        self._thread = threading.Thread(target=self._run, name="receiver", daemon=True)

    @staticmethod
    def key(event: bytes) -> str | None:  # noqa: ARG004 - for subclasses
        """What tells an event from others where the feed repeats itself: its id, and its version if it has one.

        None where nothing does, and for every event of a feed that sends nothing twice.
        """
        return None

    @staticmethod
    def account(settings: Settings) -> str | None:  # noqa: ARG004 - for subclasses
        """A name, no secret, of the account that pays for the posts; None where nobody counts them."""
        return None

    @abstractmethod
    def receive(self) -> None:
        """Read the feed until `stopping` is set or, with `available_now`, the feed is over.

        Where there was a former run of the job, the gap since then is open in `coverage`; it is closed by whoever hears
        the feed.
        """

    @property
    def is_over(self) -> bool:
        """Whether `receive` has returned or failed."""
        return self._thread.ident is not None and not self._thread.is_alive()

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self, timeout_seconds: float = 10) -> None:
        """Read no more; what was read is in the spool when this returns. Nothing happens where it never began."""
        self.stopping.set()
        if self._thread.is_alive():
            self.hang_up()
            self._thread.join(timeout_seconds)

    def hang_up(self) -> None:  # noqa: B027 - most receivers look at `stopping` often enough
        """Called in another thread once `stopping` is set: end a read that would last."""

    def _run(self) -> None:
        try:
            self.receive()
        except BaseException as failure:  # noqa: BLE001 - the supervisor raises it
            self.failure = failure
