"""What a person sees of the job: a line for each stored micro-batch, and below it what is going on now."""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.status import Status
from rich.text import Text

from clock import Clock, SystemClock
from log_context import in_batch
from micro_batch import BatchId, Committed
from outage import News, Outage
from settings import Settings

log = logging.getLogger(__name__)

_HEADING = "UTC       batch     posts   dead    case count status   parts     lag    took"
_COLOURS = {"live": "green", "cached": "yellow", "unparsed": "red", "never": "red", "none": "dim"}


class Progress:
    """Implements `processors.base.Monitor` and `runtime.supervisor.Watcher`.

    On a terminal: a table that grows, above one live line. Elsewhere: a log line for each batch. heard: counts the
    events of a push feed, where there is one.
    """

    def __init__(self, console: Console, trigger_seconds: float, clock: Clock | None = None) -> None:
        self._console = console
        self._trigger_seconds = trigger_seconds
        self._status = Status("", console=console) if console.is_terminal else None
        self._said = ""
        self._running: BatchId | None = None
        self._outage = Outage(clock or SystemClock(), steady_seconds=0)
        self.heard: Callable[[], int] | None = None
        self.batches = self.posts = self.dead_letters = 0

    def __enter__(self) -> Self:
        if self._status:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take the live line away."""
        if self._status:
            self._status.stop()

    def sum_up(self, settings: Settings) -> None:
        """The last words of a job that was stopped as asked: what was stored, and how to look at it."""
        log.info("ended batches=%s posts=%s dead_letters=%s", self.batches, self.posts, self.dead_letters)
        if self._status is None:
            return
        look = f"manage.py show --jobname {settings.jobname}"
        where = "the embedded server, data in .data/mongodb" if settings.mongodb_uri is None else settings.database
        self._console.print(
            f"Stored {self.posts:,} posts in {self.batches:,} batches ({where}). Look at them:",
            f"\n.venv/bin/python {look}",
            sep="",
            highlight=False,
        )

    def say(self, what: str) -> None:
        """What is going on now."""
        if self._status:
            self._status.update(what)
        elif what != self._said:
            log.info(what)
        self._said = what

    def batch_began(self, batch: BatchId) -> None:
        """Spark handed over a batch."""
        self._running = batch
        if self._status:
            self.say(f"batch {batch.number}: processing and storing")
        else:
            log.info("processing and storing batch_id=%s", batch.number)

    def batch_committed(self, committed: Committed) -> None:
        """The batch is stored: one line of the table, or of the log."""
        self._running = None
        self._note_recovery()
        plan, contents = committed.plan, committed.plan.contents
        self.batches += 1
        self.posts += contents.posts
        self.dead_letters += contents.dead_letters
        if self._status:
            if self.batches == 1:
                self._console.print(_HEADING, style="bold", highlight=False)
            self._console.print(_row(committed), highlight=False)
            return
        log.info(
            "batch committed batch_id=%s timestamp=%s posts=%s dead_letters=%s total_case_count=%s count_status=%s "
            "parts=%s lag_seconds=%s seconds=%s spans=%s",
            plan.id.number,
            plan.logged.timestamp.isoformat(timespec="milliseconds"),
            contents.posts,
            contents.dead_letters,
            plan.case_count.total,
            plan.case_count.status,
            plan.parts,
            committed.lag_seconds,
            committed.seconds,
            dict(committed.spans),
        )

    def batch_skipped(self, batch: BatchId) -> None:
        """A batch that is stored already is nothing new."""

    def progressed(self, progress: Mapping[str, Any]) -> None:
        """What Spark tells between two batches says no more than the batches."""

    def waiting(self) -> None:
        """A look at the running query found nothing to do."""
        if self._running or self._status is None:
            return
        seconds = self._trigger_seconds - time.time() % self._trigger_seconds
        heard = f" · {self.heard():,} events heard" if self.heard else ""
        self.say(f"next trigger in {seconds:.0f} s{heard} · Ctrl-C stops after the batch in hand")

    def query_failed(self, why: str, again_in_seconds: float) -> None:
        """The query ended with an error and starts again; an outage lasts until a batch is stored.

        `Outage` says what of it is told; of what kind a reason is, is what it begins with.
        """
        failed, self._running = self._running, None
        kind = why.partition(":")[0]
        news = self._outage.failed(kind)
        if news is None:
            if self._status:
                self.say(f"query failed again, next try in {again_in_seconds:g} s: {kind}")
            return
        with in_batch(failed) if failed else nullcontext():
            if news is News.STILL_AWAY:
                seconds, failures = self._outage.seconds, self._outage.tries
                log.warning(
                    "query still fails, nothing is lost failures=%s seconds=%.0f in_seconds=%g why=%r",
                    *(failures, seconds, again_in_seconds, why),
                )
            else:
                log.warning("query failed, nothing is lost, starting again in_seconds=%g why=%r", again_in_seconds, why)

    def _note_recovery(self) -> None:
        if (over := self._outage.there()) is not None:
            log.warning("query stores again failures=%s seconds=%.1f", over.tries, over.seconds)


def _row(committed: Committed) -> Text:
    plan, contents = committed.plan, committed.plan.contents
    count = plan.case_count
    lag = "" if committed.lag_seconds is None else f"{committed.lag_seconds:.1f} s"
    row = Text(f"{datetime.now(UTC):%H:%M:%S} {plan.id.number:>6} {contents.posts:>9,} ")
    row.append(f"{contents.dead_letters:>6,}", style="red" if contents.dead_letters else "dim")
    row.append(f" {count.total:>13,} ")
    row.append(f"{count.status:9}", style=_COLOURS[count.status])
    row.append(f"{plan.parts:>5} {lag:>7} {committed.seconds:>5.1f} s")
    return row
