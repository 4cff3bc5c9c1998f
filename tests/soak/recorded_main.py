"""main.py with a record of all that its receiver writes: `python -m tests.soak.recorded_main FOLDER main.py …`.

FOLDER gets a file for each segment, with the bytes that the open segment has taken. Nothing is read from the spool for
it, and a line is in the record only after it was written: what is in the record was handed over.
"""

import functools
import sys
from collections.abc import Callable
from pathlib import Path

import main
from spool.open_segment import OpenSegment

Write = Callable[[OpenSegment, bytes], int]


def recorded(write: Write, folder: Path) -> Write:
    """`OpenSegment.write`, and then the same bytes into the record."""

    @functools.wraps(write)
    def twice(segment: OpenSegment, block: bytes) -> int:
        written = write(segment, block)
        with (folder / segment._name).open("ab", buffering=0) as record:
            record.write(block[:written])
        return written

    return twice


if __name__ == "__main__":
    setattr(OpenSegment, "write", recorded(OpenSegment.write, Path(sys.argv[1])))  # noqa: B010 - mypy has it so
    sys.exit(main.main(sys.argv[3:]))
