"""What a peer is told, and how it says how far it is: needs nothing but Python itself."""

import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True)
class Task:
    """All events of a topic into a database, `batch` at a time. name: of this run alone, for groups and checkpoints."""

    name: str
    bootstrap: str
    topic: str
    partitions: int
    events: int
    batch: int
    uri: str
    database: str
    count_url: str

    @classmethod
    def from_arguments(cls) -> Self:
        """The command line's only argument."""
        return cls(**json.loads(sys.argv[1]))

    def as_argument(self) -> str:
        """For `from_arguments`."""
        return json.dumps(asdict(self))


def report(events: int, at: float | None = None) -> None:
    """So many events are stored, in all: now, or at that time (seconds since 1970)."""
    print(json.dumps({"events": events, "at": time.time() if at is None else at}), flush=True)
