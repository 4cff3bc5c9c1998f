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
    """The file source's log of one checkpoint. Each method raises OSError where it cannot be read."""

    def __init__(self, checkpoint: Folder) -> None:
        self._checkpoint = checkpoint

    def segments(self, after: int, until: int) -> list[Segment]:
        """The segments of entries `after` (left out, -1 for the beginning) to `until`, in the order of their ids."""
        names = {path.rsplit("/", 1)[-1] for path in self.listed(after, until)}
        return sorted(filter(None, map(Segment.of, names)), key=lambda segment: segment.id)

    def listed(self, after: int, until: int) -> dict[str, int]:
        """The files of entries `after` (left out) to `until`, by their URIs as Spark has them.

        The value is when each was written last, as Spark found it, milliseconds since 1970.
        """
        if until <= after:
            return {}
        names = set(self._checkpoint.list(_LOG))
        compact = sorted(number for name in names if (number := _compact(name)) is not None)
        # One compact entry that reaches far enough says all; Spark removes earlier files some time after it.
        if whole := [number for number in compact if number >= until]:
            found = self._entries(f"{whole[0]}.compact")
        else:
            begin = max([number for number in compact if number > after], default=-1)
            found = self._entries(f"{begin}.compact") if begin >= 0 else []
            for number in range(max(begin, after) + 1, until + 1):
                found += self._entries(str(number))
        return {path: written_at for entry, path, written_at in found if after < entry <= until}

    def last_entry(self) -> int:
        """The newest entry; -1 where there is none."""
        numbers = (name.partition(".")[0] for name in self._checkpoint.list(_LOG))
        return max((int(number) for number in numbers if number.isdigit()), default=-1)

    def _entries(self, name: str) -> list[tuple[int, str, int]]:
        lines = self._checkpoint.read(f"{_LOG}/{name}").decode().split("\n")[1:]
        entries = [json.loads(line) for line in lines if line.startswith("{")]
        return [(entry["batchId"], entry["path"], entry["timestamp"]) for entry in entries]


def _compact(name: str) -> int | None:
    number, _, kind = name.partition(".")
    return int(number) if number.isdigit() and kind == "compact" else None
