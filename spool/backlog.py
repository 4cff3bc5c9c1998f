"""What of a spool is not removed yet, told by the names of its segments."""

from dataclasses import dataclass
from datetime import UTC, datetime

from spool.files import Folder
from spool.segments import Segment, closed_bytes


@dataclass(frozen=True)
class Backlog:
    """Closed segments: their bytes, and when the oldest was begun (UTC), None where there is none."""

    bytes: int
    since: datetime | None


def backlog(folder: Folder) -> Backlog:
    """Of that folder; one listing of it. Raises OSError."""
    names = folder.list()
    begun = (_begun(segment.id) for segment in map(Segment.of, names) if segment)
    return Backlog(closed_bytes(names), min(begun, default=None))


def _begun(segment_id: str) -> datetime:
    """See `spool.series`, which names them."""
    return datetime.strptime(segment_id.partition("-")[0], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
