"""Several that watch one job."""

from collections.abc import Mapping
from typing import Any, Protocol

from micro_batch import BatchId, Committed


class Watcher(Protocol):
    """`processors.base.Monitor` and `runtime.supervisor.Watcher` together."""

    def batch_began(self, batch: BatchId) -> None: ...
    def batch_committed(self, committed: Committed) -> None: ...
    def batch_skipped(self, batch: BatchId) -> None: ...
    def waiting(self) -> None: ...
    def progressed(self, progress: Mapping[str, Any]) -> None: ...
    def query_failed(self, why: str, again_in_seconds: float) -> None: ...


class Watchers:
    """Implements `Watcher`: each is told everything, in this order."""

    def __init__(self, *each: Watcher) -> None:
        self._each = each

    def batch_began(self, batch: BatchId) -> None:
        """Spark handed over a batch."""
        for one in self._each:
            one.batch_began(batch)

    def batch_committed(self, committed: Committed) -> None:
        """The batch is stored."""
        for one in self._each:
            one.batch_committed(committed)

    def batch_skipped(self, batch: BatchId) -> None:
        """Spark handed over a batch that is stored already."""
        for one in self._each:
            one.batch_skipped(batch)

    def waiting(self) -> None:
        """The supervisor has looked at the query."""
        for one in self._each:
            one.waiting()

    def progressed(self, progress: Mapping[str, Any]) -> None:
        """Spark's last word on the query, which may have been told before."""
        for one in self._each:
            one.progressed(progress)

    def query_failed(self, why: str, again_in_seconds: float) -> None:
        """The query ended with an error and starts again."""
        for one in self._each:
            one.query_failed(why, again_in_seconds)
