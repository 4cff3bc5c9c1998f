"""The signs of life that a job gives of itself, and what follows from them."""

from collections.abc import Mapping
from typing import Any

from clock import Clock
from micro_batch import BatchId, Committed
from monitoring.check import Check

_START_SECONDS = 600
"""Spark starts, servers and leases are waited for with looks in between: nothing of it is silent for so long."""
_LOOK_SECONDS = 120
"""A look at the query takes a moment; a full collection of Java's garbage, or a removal of old batches, some more."""
_SILENT_SECONDS, _SILENT_TRIGGERS = 600, 10
_BATCH_SECONDS, _BATCH_TRIGGERS = 3_600, 30
_LATE_SECONDS, _LATE_TRIGGERS = 60, 3


class Signs:
    """Implements `monitoring.watchers.Watcher`; told in the job's threads, asked in those of the server.

    Between two batches Spark tells of the query every 10 s at least, whether there are events or not (Spark 3.5,
    spark.sql.streaming.noDataProgressEventInterval).
    """

    def __init__(self, trigger_seconds: float, clock: Clock) -> None:
        self._trigger_seconds = trigger_seconds
        self._clock = clock
        self._looked_at = self._told_at = clock.monotonic()
        self._is_running = self._was_told = False
        self._in_hand_since: float | None = None
        self._failed: str | None = None
        self._told: object = None

    def pulse(self) -> None:
        """The job waits for something while it starts, and has looked whether it is there."""
        self._looked_at = self._clock.monotonic()

    def batch_began(self, batch: BatchId) -> None:  # noqa: ARG002
        """Spark handed over a batch."""
        self._tell()
        self._in_hand_since = self._told_at

    def batch_committed(self, committed: Committed) -> None:  # noqa: ARG002
        """The batch is stored."""
        self._tell()
        self._failed = self._in_hand_since = None

    def batch_skipped(self, batch: BatchId) -> None:  # noqa: ARG002
        """Spark handed over a batch that is stored already."""
        self._tell()
        self._failed = None

    def waiting(self) -> None:
        """The supervisor has looked at the query."""
        self.pulse()
        self._is_running = True

    def progressed(self, progress: Mapping[str, Any]) -> None:
        """Spark's last word on the query; only a new one is a sign."""
        if progress["timestamp"] != self._told:
            self._told = progress["timestamp"]
            self._tell()
            self._failed = None

    def query_failed(self, why: str, again_in_seconds: float) -> None:  # noqa: ARG002
        """The query ended with an error and starts again."""
        self.pulse()
        self._tell()
        self._failed, self._in_hand_since = why, None

    def in_hand_seconds(self) -> float:
        """How long the batch in hand has been so; 0 where there is none."""
        since = self._in_hand_since
        return 0.0 if since is None else self._clock.monotonic() - since

    def is_dead(self) -> str | None:
        """Why the process is to be started again; None while it lives, also while servers are away."""
        silent, now = self._clock.monotonic() - self._looked_at, self._clock.monotonic()
        if not self._is_running:
            return f"the job has been starting without a sign for {silent:.0f} s" if silent > _START_SECONDS else None
        if silent > _LOOK_SECONDS:
            return f"no look at the query for {silent:.0f} s: Spark's Java hangs, or a server that does not answer"
        if (took := self.in_hand_seconds()) > self._patience(_BATCH_SECONDS, _BATCH_TRIGGERS):
            return f"the batch in hand has been so for {took:.0f} s"
        if self._in_hand_since is None and now - self._told_at > self._patience(_SILENT_SECONDS, _SILENT_TRIGGERS):
            return f"Spark has told nothing of the query for {now - self._told_at:.0f} s"
        return None

    def check(self) -> Check:
        """Whether the query runs and gets on."""
        return Check("query", self.is_dead() or self._late())

    def _late(self) -> str | None:
        if not self._is_running:
            return "the job is starting"
        if (failed := self._failed) is not None:
            return f"the query failed and is started again: {failed}"
        patience = self._patience(_LATE_SECONDS, _LATE_TRIGGERS)
        if (took := self.in_hand_seconds()) > patience:
            return f"the batch in hand has been so for {took:.0f} s"
        if not self._was_told:
            return "Spark has told nothing of the query yet"
        silent = self._clock.monotonic() - self._told_at
        if self._in_hand_since is None and silent > patience:
            return f"Spark has told nothing of the query for {silent:.0f} s"
        return None

    def _patience(self, seconds: float, triggers: float) -> float:
        return max(seconds, triggers * self._trigger_seconds)

    def _tell(self) -> None:
        self._told_at, self._was_told = self._clock.monotonic(), True
