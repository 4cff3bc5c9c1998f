"""A push feed while the job runs: its receiver, the spool's writer, and the roller between them."""

import logging
from datetime import datetime

from clock import Clock
from errors import CannotStart, JobError
from ledger.coverage import CoverageLog
from ledger.usage import UsageLog
from receivers.base import NoBookmark, Receiver, ReceiverParts
from runtime.counted_gaps import CountedGaps
from settings import Settings
from spool.backlog import Backlog, backlog
from spool.bookmark import Bookmark
from spool.files import Folder
from spool.recovery import recover
from spool.repeats import Repeats
from spool.roller import Roller
from spool.writer import SpoolWriter

log = logging.getLogger(__name__)


class Reception:
    """Everything on the driver that listens to a feed. last_alive: see `receivers.base.ReceiverParts`.

    gaps: what the receiver says of its connection; writer: what it writes to.
    """

    def __init__(
        self,
        receiver: type[Receiver],
        settings: Settings,
        folder: Folder,
        coverage: CoverageLog,
        usage: UsageLog,
        clock: Clock,
        last_alive: datetime | None = None,
    ) -> None:
        repeats = _repeats(receiver, settings, folder)
        bookmark = Bookmark(folder, repeats) if receiver.goes_on else None
        self.writer = SpoolWriter(folder, settings.spool_max_bytes, repeats=repeats, bookmark=bookmark)
        self._folder = folder
        self._settings = settings
        self._coverage = coverage
        self._usage = usage
        self._roller = Roller(self.writer, settings.trigger_seconds)
        self.gaps = CountedGaps(coverage)
        parts = ReceiverParts(settings, self.writer, self.gaps, usage, clock, last_alive, bookmark or NoBookmark())
        self._receiver = receiver(parts)

    @property
    def heard(self) -> int:
        """Events heard since the start."""
        return self.writer.heard

    @property
    def rests_until(self) -> datetime | None:
        """Until when the feed is not listened to on purpose, UTC; None while it is."""
        return self._receiver.rests_until

    @property
    def is_over(self) -> bool:
        """Whether the feed has ended, which happens only with `available_now`."""
        return self._receiver.is_over

    def start(self) -> None:
        """Keep what a killed run had heard, then listen. Raises CannotStart where the spool cannot be used."""
        try:
            recover(self._folder)
            self.writer.restore()
        except OSError as error:
            raise CannotStart(f"the spool {self._folder.uri} cannot be used: {error}") from error
        self._coverage.start()
        self._usage.start()
        self._receiver.start()
        self._roller.start()

    def stop(self) -> None:
        """Listen no more; everything heard is in closed segments when this returns. Twice does nothing."""
        self.writer.hurry()
        self._receiver.stop()
        self._roller.stop()
        self.writer.close()
        self._coverage.stop()
        self._usage.stop()

    def backlog(self) -> Backlog:
        """What the spool holds, the open segment too; lists its folder. Raises OSError."""
        closed = backlog(self._folder)
        return Backlog(closed.bytes + self.writer.unclosed_bytes, closed.since)

    def check(self) -> None:
        """Raises JobError where something has ended the receiver or the roller: it, or what it was, which is logged.

        With `available_now` also where the spool is full before the feed has ended: nothing empties it meanwhile.
        """
        for failure in (self._receiver.failure, self._roller.failure):
            if isinstance(failure, JobError):
                raise failure
            if failure is not None:
                log.error("not understood error=%r", repr(failure), exc_info=failure)
                raise JobError(f"the receiver ended: {failure!r}") from failure
        if self._settings.available_now and not self.is_over and (why := self.writer.full_because):
            raise JobError(
                f"the feed is longer than the spool can hold: {why}. Raise SPOOL_MAX_BYTES, or run without "
                "--available-now, which empties the spool while it reads."
            )


def _repeats(receiver: type[Receiver], settings: Settings, folder: Folder) -> Repeats | None:
    """What drops repeated events; None, which costs nothing, for a feed that sends nothing twice."""
    within_seconds = settings.deduplicate_within_seconds
    if receiver.key is Receiver.key or not (within_seconds or receiver.goes_on):
        return None
    return Repeats(folder, receiver.key, within_seconds, cut_events_repeat=receiver.goes_on)
