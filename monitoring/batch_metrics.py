"""What each committed batch adds to the metrics: what its ledger entry says, too."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from case_count import UNKNOWN, CaseCount
from clock import Clock
from micro_batch import BatchId, Committed, Contents
from monitoring import definitions as of
from monitoring.kafka_lag import offsets_behind
from monitoring.metrics import Metrics


class BatchMetrics:
    """Implements `monitoring.watchers.Watcher`. Nothing is read or computed for it but what is there already."""

    def __init__(self, metrics: Metrics, clock: Clock) -> None:
        self._metrics = metrics
        self._clock = clock
        self._told: object = None

    def batch_began(self, batch: BatchId) -> None:
        """Counted when it is committed."""

    def batch_committed(self, committed: Committed) -> None:
        """The batch is stored."""
        add, plan = self._metrics.add, committed.plan
        add(of.BATCHES)
        add(of.REPLAYED, committed.is_replay)
        self._count(plan.contents)
        dropped = sum(each.get("duplicates", 0) for each in plan.logged.offsets)
        add(of.DUPLICATES, plan.contents.duplicates + dropped)
        add(of.DOCUMENTS, plan.parts)
        self._time(committed)
        self._case_count(plan.case_count)
        self._metrics.set(of.LAST_COMMIT, self._clock.now().timestamp())

    def batch_skipped(self, batch: BatchId) -> None:  # noqa: ARG002
        """Spark handed over a batch that is stored already."""
        self._metrics.add(of.REPLAYED)

    def waiting(self) -> None:
        """A look is no news."""

    def progressed(self, progress: Mapping[str, Any]) -> None:
        """Spark's last word on the query, see `runtime.supervisor.Watcher`."""
        if progress["timestamp"] == self._told:
            return
        self._told = progress["timestamp"]
        self._metrics.set(of.PROGRESS, datetime.fromisoformat(progress["timestamp"]).timestamp())
        for topic, behind in offsets_behind(progress).items():
            self._metrics.set(of.OFFSETS_BEHIND, behind, topic=topic)

    def query_failed(self, why: str, again_in_seconds: float) -> None:  # noqa: ARG002
        """The query ended with an error and starts again."""
        self._metrics.add(of.QUERY_FAILURES)

    def _count(self, contents: Contents) -> None:
        counted = {
            of.POSTS: contents.posts,
            of.FILTERED: contents.filtered,
            of.FORGOTTEN: contents.forgotten,
            of.TOMBSTONES: contents.tombstones,
            of.DELETIONS: contents.deletions,
        }
        events = sum(counted.values()) + contents.dead_letters
        for counter, number in {**counted, of.EVENTS: events, of.EDITS: contents.edits}.items():
            self._metrics.add(counter, number)
        self._metrics.add(of.POST_BYTES, contents.bytes)
        self._metrics.set(of.LAST_BATCH_EVENTS, events)
        others = contents.dead_letters - sum(contents.problems.values())
        for reason, number in {**contents.problems, of.OTHER: others}.items():
            self._metrics.add(of.DEAD_LETTERS, number, reason=reason)

    def _time(self, committed: Committed) -> None:
        self._metrics.add(of.BATCH_SECONDS, committed.seconds)
        self._metrics.set(of.LAST_BATCH_SECONDS, committed.seconds)
        for phase, milliseconds in committed.spans.items():
            self._metrics.add(of.PHASE_SECONDS, milliseconds / 1000, phase=phase)
        if committed.lag_seconds is not None:
            self._metrics.set(of.LAG, committed.lag_seconds)

    def _case_count(self, count: CaseCount) -> None:
        self._metrics.set(of.COUNT, math.nan if count.total == UNKNOWN else count.total)
        for status in of.STATUSES:
            self._metrics.set(of.COUNT_STATUS, count.status == status, status=status)
        for flag in of.FLAGS:
            self._metrics.set(of.COUNT_FLAG, flag in (count.flags or ()), flag=flag)
        for gauge, time in ((of.COUNT_AS_OF, count.as_of), (of.COUNT_FETCHED, count.fetched_at)):
            if time is None:
                self._metrics.drop(gauge)
            else:
                self._metrics.set(gauge, time.timestamp())
