"""`Receiver`, what listens to a live feed on the driver and writes what it hears to the spool."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol

from settings import Settings
from spool.segments import CutEvent


class Spool(Protocol):
    """Where events go (`spool.writer.SpoolWriter`)."""

    def append(self, events: Sequence[bytes | CutEvent]) -> None:
        """Add events; waits while the spool is full and the job is not ending."""


class Coverage(Protocol):
    """What keeps note of the times at which the feed was not heard."""

    def open_gap(self, cause: str) -> None:
        """From now on the feed is not heard; nothing happens where a gap is open already."""

    def close_gap(self) -> None:
        """The feed is heard again."""


class Receiver(ABC):
    """One live feed, read in a thread of its own.

    Guarantee of a subclass: what it has read from the feed it appends to the spool in order, as bytes, before it reads
    on; it reconnects by itself, with back-off; it returns soon after `stopping` is set.
    """

    def __init__(self, settings: Settings, spool: Spool, coverage: Coverage) -> None:
        self.settings = settings
        self.spool = spool
        self.coverage = coverage
        self.stopping = threading.Event()
        self.failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="receiver", daemon=True)

    @abstractmethod
    def receive(self) -> None:
        """Read the feed until `stopping` is set or, with `available_now`, the feed is over."""

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
        if self._thread.ident is not None:
            self._thread.join(timeout_seconds)

    def _run(self) -> None:
        try:
            self.receive()
        except BaseException as failure:  # noqa: BLE001 - the supervisor raises it
            self.failure = failure
