"""The committed batches of the ledger, a UTC day of a job at a time, and their posts by the loader."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any

import pyarrow as pa
from pymongo import ASCENDING
from pymongo.database import Database

from casestream.job_names import job_names
from casestream.posts import read_window
from casestream.selection import Selection
from casestream.windows import Limits, windows
from operations.exporting.day_times import day_of, range_of
from operations.exporting.manifest import Day
from operations.exporting.request import Request

Entry = dict[str, Any]
_PROJECTION = {"timestamp": 1, "parts": 1, "posts": 1, "bytes": 1, "content_hash": 1, "expired_at": 1}
_LISTED = pa.schema([("_id", pa.string()), ("parts", pa.int64()), ("posts", pa.int64()), ("bytes", pa.int64())])
_LIMITS = Limits(posts=50_000, bytes=32 << 20, batch_bytes=32 << 20)


class Batches:
    """What the request asks for, as far as it is committed. Raises pymongo's errors, and those of the loader."""

    def __init__(self, database: Database[dict[str, Any]], request: Request) -> None:
        self._database = database
        self._request = request

    def jobs(self) -> list[str]:
        """The jobs of the request, or all; one that has no committed batch has no days."""
        if self._request.jobs is not None:
            return list(self._request.jobs)
        return job_names(self._database)

    def days(self, job: str) -> Iterator[Day]:
        """The days of the job, as a manifest has them, without files."""
        selection = Selection((job,), self._request.since, self._request.until)
        for day, entries in groupby(self._find(selection), key=lambda entry: day_of(entry["timestamp"])):
            yield summed(job, day, list(entries))

    def of_day(self, job: str, day: date) -> list[Entry]:
        """The day's entries, by (timestamp, _id)."""
        return list(self._find(Selection((job,), *range_of(day, self._request.since, self._request.until))))

    def posts(self, entries: Sequence[Entry]) -> Iterator[pa.Table]:
        """The posts of exactly these batches, by (timestamp, batch, created_at, origin), in tables of bounded size."""
        listed = [{name: entry[name] for name in _LISTED.names} for entry in entries if _posts(entry)]
        for window in windows(pa.Table.from_pylist(listed, _LISTED), _LIMITS):
            yield read_window(self._database, window, self._request.columns)

    def _find(self, selection: Selection) -> Iterator[Entry]:
        order = [("timestamp", ASCENDING), ("_id", ASCENDING)]
        return self._database["batches"].find(selection.of_batches(), _PROJECTION, sort=order)


def summed(job: str, day: date, entries: Sequence[Entry]) -> Day:
    """The day of these batches, without files. That a batch expires does not change it: what was exported stays."""
    lines = "".join(f"{entry['_id']} {entry['posts']} {entry['content_hash']}\n" for entry in entries)
    return Day(job, day, len(entries), sum(map(_posts, entries)), hashlib.sha256(lines.encode()).hexdigest())


def _posts(entry: Entry) -> int:
    """Posts that are stored of it: none of one that has expired, whatever its entry counts."""
    return 0 if entry.get("expired_at") else int(entry["posts"])
