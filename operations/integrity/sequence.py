"""A job's batches in their order: their numbers, Kafka offsets and segments, each there and there once."""

from collections.abc import Iterator, Mapping
from typing import Any

from micro_batch import REQUEUE
from operations.integrity.findings import Kind, Report
from operations.integrity.ranges import Ranges

Partition = tuple[str, int]

_EVENTS = ("posts", "dead_letters", "tombstones", "forgotten", "deletions", "filtered")  # an edit is one of the posts


class Sequence:
    """Entries of the ledger, by rising timestamp.

    A reading is the job's way through its source: a second one begins with the first batch of a query that was told
    --from-start. Within a reading nothing may come twice.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._reading = 1
        self._readings: dict[str, int] = {REQUEUE: 1}
        self._numbers: dict[str, Ranges] = {}
        self._read: dict[tuple[int, Partition], Ranges] = {}
        self.partitions: dict[Partition, Ranges] = {}

    def add(self, entry: Mapping[str, Any]) -> None:
        """Take in an entry; the offsets of a committed one only."""
        query, number = str(entry["query_id"]), entry["batch_id"]
        if query not in self._readings:
            self._reading += bool(entry.get("from_start") and number == 0 and self._numbers)
            self._readings[query] = self._reading
        if query == REQUEUE:
            return
        self._numbers.setdefault(query, Ranges()).add(number, number + 1)
        if entry["state"] == "committed":
            self._add_offsets(entry, self._readings[query])

    def reading(self, query: str) -> int:
        """Which reading the query belongs to; that of the newest batch where no batch is of that query."""
        return self._readings.get(query, self._reading)

    @property
    def readings(self) -> int:
        """How many readings were begun."""
        return self._reading

    def close(self) -> None:
        """All batches were taken in: report the numbers that are missing. Offsets: see `holes`."""
        for query, numbers in self._numbers.items():
            numbers.add(-1, 0)
            for begin, end in numbers.holes():
                found = f"no batch {begin}" if end - begin == 1 else f"none of the batches {begin} to {end - 1}"
                self._report.add(Kind.BATCH_MISSING, f"batches/{query}:{begin}", found, "one entry a batch, from 0")

    def holes(self) -> Iterator[tuple[Partition, int, int]]:
        """Partition, from, until (exclusive) of the offsets between the first batch and the last that none holds."""
        for partition, ranges in sorted(self.partitions.items()):
            yield from ((partition, begin, end) for begin, end in ranges.holes())

    def _add_offsets(self, entry: Mapping[str, Any], reading: int) -> None:
        ranges = [each for each in entry["offsets"] if "topic" in each]
        for each in ranges:
            partition = each["topic"], each["partition"]
            again = self.partitions.setdefault(partition, Ranges()).add(each["from"], each["until"])
            twice = self._read.setdefault((reading, partition), Ranges()).add(each["from"], each["until"])
            for kind, overlaps in ((Kind.OFFSETS_TWICE, twice), (Kind.READ_AGAIN, again if not twice else [])):
                for begin, end in overlaps:
                    found = f"{each['topic']}/{each['partition']} {begin} to {end - 1} again"
                    self._report.add(kind, f"batches/{entry['_id']}", found, "each offset in one batch")
        self._compare_events(entry, sum(each["until"] - each["from"] for each in ranges) if ranges else None)

    def _compare_events(self, entry: Mapping[str, Any], offsets: int | None) -> None:
        """Compaction and transactions leave offsets without an event; every line of a segment is one."""
        events = sum(entry.get(name, 0) for name in _EVENTS)
        lines = [each["lines"] for each in entry["offsets"] if "segment" in each]
        where = f"batches/{entry['_id']}"
        if offsets is not None and events > offsets:
            self._report.add(Kind.EVENTS, where, f"{events} events", f"at most {offsets}, its offsets")
        if lines and events != sum(lines):
            self._report.add(Kind.EVENTS, where, f"{events} events", f"{sum(lines)}, its segments' lines")
