"""What an export holds: its files with counts and hashes, the days that they are of, and every gap in these."""

from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from operations.exporting.request import Request

VERSION = 1
Gap = dict[str, Any]
Key = tuple[str, date]


@dataclass(frozen=True)
class File:
    """One file, by its path in the folder."""

    path: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Day:
    """A UTC day of a job: the committed batches that were exported, and the files made of them.

    posts: by the ledger, of the batches that had not expired. ledger: SHA-256 over the batches' ids, posts and content
    hashes. removed: rows that were taken out of the files since. gaps: those of the job's coverage that overlap the
    day.
    """

    job: str
    day: date
    batches: int
    posts: int
    ledger: str
    removed: int = 0
    gaps: tuple[Gap, ...] = ()
    files: tuple[File, ...] = ()

    @property
    def key(self) -> Key:
        """What tells it from other days."""
        return self.job, self.day

    @property
    def rows(self) -> int:
        """Rows of all files."""
        return sum(file.rows for file in self.files)

    def is_whole(self) -> bool:
        """Whether the files hold every post that the ledger counted."""
        return self.rows + self.removed == self.posts


@dataclass(frozen=True)
class Manifest:
    """All of it. Times are text, ISO 8601 with Z; gaps: all that overlap the range; removals: {at, rows}."""

    request: Request
    database: str
    casestream: str
    begun_at: str
    at: str
    days: tuple[Day, ...] = ()
    gaps: tuple[Gap, ...] = ()
    removals: tuple[dict[str, Any], ...] = ()

    def of(self, key: Key) -> Day | None:
        """The day, None where there is none."""
        return next((day for day in self.days if day.key == key), None)

    def with_day(self, day: Day) -> "Manifest":
        """The same with that day in place of what there was of it."""
        days = [each for each in self.days if each.key != day.key] + [day]
        return replace(self, days=tuple(sorted(days, key=lambda each: each.key)))

    def paths(self) -> set[str]:
        """Of every file."""
        return {file.path for day in self.days for file in day.files}

    @property
    def rows(self) -> int:
        """Rows of all files."""
        return sum(day.rows for day in self.days)

    @property
    def bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.bytes for day in self.days for file in day.files)

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        schema = self.request.file_format().stored_schema()
        return {
            "manifest_version": VERSION,
            "about": "posts of casestream's micro-batches",
            "casestream": self.casestream,
            "database": self.database,
            "arguments": self.request.as_json(),
            "schema": [{"name": field.name, "type": str(field.type)} for field in schema],
            "begun_at": self.begun_at,
            "at": self.at,
            "totals": {
                "days": len(self.days),
                "files": len(self.paths()),
                "batches": sum(day.batches for day in self.days),
                "rows": self.rows,
                "bytes": self.bytes,
            },
            "gaps": list(self.gaps),
            "removals": list(self.removals),
            "days": [_day_as_json(day) for day in self.days],
            "files": [
                {"path": file.path, "job": day.job, "day": str(day.day), **asdict(file)}
                for day in self.days
                for file in day.files
            ],
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Manifest":
        """What `as_json` made. Raises KeyError, ValueError or TypeError where it did not."""
        files: dict[tuple[str, str], list[File]] = {}
        for each in stored["files"]:
            file = File(each["path"], each["rows"], each["bytes"], each["sha256"])
            files.setdefault((each["job"], each["day"]), []).append(file)
        return cls(
            Request.from_json(stored["arguments"]),
            stored["database"],
            stored["casestream"],
            stored["begun_at"],
            stored["at"],
            tuple(_day_from_json(day, files.get((day["job"], day["day"]), [])) for day in stored["days"]),
            tuple(stored["gaps"]),
            tuple(stored["removals"]),
        )


def _day_as_json(day: Day) -> dict[str, Any]:
    return {
        "job": day.job,
        "day": str(day.day),
        "batches": day.batches,
        "posts": day.posts,
        "rows": day.rows,
        "removed": day.removed,
        "ledger": day.ledger,
        "gaps": list(day.gaps),
    }


def _day_from_json(stored: dict[str, Any], files: list[File]) -> Day:
    return Day(
        stored["job"],
        date.fromisoformat(stored["day"]),
        stored["batches"],
        stored["posts"],
        stored["ledger"],
        stored["removed"],
        tuple(stored["gaps"]),
        tuple(files),
    )
