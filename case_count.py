"""The case count as it travels from the scraper, through the cache, into a document."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal

Status = Literal["live", "cached", "unparsed", "never", "none"]
Flag = Literal["stale", "fell", "jumped"]

UNKNOWN = -1


@dataclass(frozen=True)
class Reading:
    """One number that a provider published.

    value: people, world-wide, cumulative. as_of: the time (UTC) that the data themselves give for the number, None
    where they give none. fetched_at: when it was read here (UTC), or found unchanged.
    """

    value: int
    as_of: datetime | None
    fetched_at: datetime


@dataclass(frozen=True)
class Standing:
    """A number as it stands: its newest reading, since when it was the same, and the number that it followed.

    since: `fetched_at` of its first reading. before: None where no other number was ever read.
    """

    reading: Reading
    since: datetime
    before: int | None = None

    @classmethod
    def first(cls, reading: Reading) -> "Standing":
        """Of a provider that was never read before."""
        return cls(reading, reading.fetched_at)

    def followed_by(self, reading: Reading) -> "Standing":
        """How things stand after that reading. The newest number is always the one to go by, whatever it is."""
        if reading.value == self.reading.value:
            return replace(self, reading=reading)
        return Standing(reading, reading.fetched_at, self.reading.value)


@dataclass(frozen=True)
class CaseCount:
    """What a micro-batch is joined with.

    total is `UNKNOWN` (-1) exactly when status is "unparsed", "never" or "none"; as_of and fetched_at are then None and
    flags empty. flags: why the number should not be trusted, see `scraper.flags`; None: of a batch that a version
    without flags has planned, whose documents have no such field.
    """

    total: int
    status: Status
    provider: str
    as_of: datetime | None = None
    fetched_at: datetime | None = None
    flags: tuple[Flag, ...] | None = ()

    def provenance(self) -> dict[str, Any]:
        """The sub-document `case_count` (`casestream.recurring_fields.CASE_COUNT`); no flags where they are None."""
        fields = asdict(self)
        del fields["total"]
        flags = fields.pop("flags")
        return fields if flags is None else {**fields, "flags": list(flags)}

    @classmethod
    def stored(cls, batch: Mapping[str, Any]) -> "CaseCount":
        """Of a document of `micro_batches` or an entry of `batches`. Raises KeyError, TypeError where it is neither."""
        count = dict(batch["case_count"])
        flags = count.pop("flags", None)
        return cls(batch["total_case_count"], flags=None if flags is None else tuple(flags), **count)
