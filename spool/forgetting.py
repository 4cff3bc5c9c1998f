"""Events that must be forgotten, in the spool of a job that does not run: blanks in the place of their bytes.

A segment keeps its length and its lines, since its name has both and Spark may have logged it.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from spool.segments import FORGOTTEN, HEADER_BYTES, Segment, open_id

_FLAG = HEADER_BYTES - 1
Wanted = Callable[[str, bytes], bool]
"""Whether an event is to go, by its origin and its bytes, which stand behind length and SHA-256 where only their start
was kept (`spool.segments`)."""


def events_of(folder: Path, is_wanted: Wanted) -> int:
    """How many events `forget_events` would blank. Raises OSError.

    The job may run: a segment that it removes meanwhile, or closes, may not be counted.
    """
    return sum(len(_blanks(_content(path), name, is_wanted)) for path, name in _segments(folder))


def forget_events(folder: Path, is_wanted: Wanted) -> int:
    """Blank these events, on the disk when this returns; how many. The job's lease must be the caller's.

    What a killed call has left half blanked, it blanks too. Raises OSError, also where a segment is being written to.
    """
    return sum(_forget(path, name, is_wanted) for path, name in _segments(folder))


def _segments(folder: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(folder.iterdir()):
        segment = Segment.of(path.name)
        if name := segment.id if segment else open_id(path.name):
            yield path, name


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _forget(path: Path, name: str, is_wanted: Wanted) -> int:
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        blanks = _blanks(file.read(), name, is_wanted)
        for place, blank in blanks:
            file.seek(place)
            file.write(blank)
        file.flush()
        os.fsync(file.fileno())
    return len(blanks)


def _blanks(content: bytes, name: str, is_wanted: Wanted) -> list[tuple[int, bytes]]:
    """Where in a segment what is to be written: the flag first, so that a half blanked event is not read."""
    blanks, begin = [], 0
    for line in content.split(b"\n"):
        rest = line[_FLAG:]
        blank = FORGOTTEN.ljust(len(rest))
        if (
            line[:_FLAG].isdigit()
            and rest
            and rest != blank
            and _is_to_go(f"{name}:{line[:12].decode()}", rest, is_wanted)
        ):
            blanks.append((begin + _FLAG, blank))
        begin += len(line) + 1
    return blanks


def _is_to_go(origin: str, rest: bytes, is_wanted: Wanted) -> bool:
    return rest.startswith(FORGOTTEN) or is_wanted(origin, rest[1:])
