"""The case count as it travels from the scraper, through the cache, into a document."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

Status = Literal["live", "cached", "unparsed", "never"]

UNKNOWN = -1


@dataclass(frozen=True)
class Reading:
    """One number that a provider published.

    value: people, world-wide, cumulative. as_of: the time (UTC) that the page itself gives for the number, None
    where it gives none. fetched_at: when it was read here (UTC).
    """

    value: int
    as_of: datetime | None
    fetched_at: datetime


@dataclass(frozen=True)
class CaseCount:
    """What a micro-batch is joined with.

    total is `UNKNOWN` (-1) exactly when status is "unparsed" or "never"; as_of and fetched_at are then None.
    """

    total: int
    status: Status
    provider: str
    as_of: datetime | None = None
    fetched_at: datetime | None = None

    def provenance(self) -> dict[str, Any]:
        """The `case_count` sub-document: status, provider, as_of, fetched_at."""
        fields = asdict(self)
        del fields["total"]
        return fields
