"""Which segments each batch read, from the file source's own log in the checkpoint.

`sources/0/N` holds a line of JSON for each file of entry N (`path`, `timestamp`, `batchId` = N); each tenth is
`N.compact` and repeats all before it (Spark 3.5, FileStreamSourceLog). A batch's offset names the last entry that it
includes; after a crash between the two logs a batch spans two entries, so batches are found by offset, never by number.
"""

import json

from spool.files import Folder
from spool.segments import Segment

_LOG = "sources/0"


class SourceLog:
    """The file source's log of one checkpoint."""

    def __init__(self, checkpoint: Folder) -> None:
        self._checkpoint = checkpoint

    def segments(self, after: int, until: int) -> list[Segment]:
        """The segments of entries `after` (left out, -1 for the beginning) to `until`, in the order of their ids."""
        names = self._checkpoint.list(_LOG)
        compact = [int(name.removesuffix(".compact")) for name in names if name.endswith(".compact")]
        # A compact entry repeats what Spark may have removed already; later ones stand for themselves.
        whole = max((number for number in compact if number <= until), default=-1)
        found = self._entries(f"{whole}.compact") if whole > after else []
        for number in range(max(whole, after) + 1, until + 1):
            found += self._entries(str(number) if str(number) in names else f"{number}.compact")
        wanted = {name for entry, name in found if after < entry <= until}
        return sorted(filter(None, map(Segment.of, wanted)), key=lambda segment: segment.id)

    def _entries(self, name: str) -> list[tuple[int, str]]:
        lines = self._checkpoint.read(f"{_LOG}/{name}").decode().splitlines()[1:]
        entries = [json.loads(line) for line in lines if line.startswith("{")]
        return [(entry["batchId"], entry["path"].rsplit("/", 1)[-1]) for entry in entries]
