"""The file source's own log, read in Spark's format: which segments lie between two offsets."""

import json

import pytest

from spool.segments import Segment
from spool.source_log import SourceLog
from tests.unit.memory_folder import MemoryFolder


def segment(number: int) -> Segment:
    return Segment(f"s{number:03d}", number, 10 * number)


def entry(number: int) -> str:
    path = f"file:///a%20b/spool/{segment(number).name}"
    return json.dumps({"path": path, "timestamp": 1_800_000_000_000 + number, "batchId": number})


def log_of(last: int, *, removed_until: int = -1) -> SourceLog:
    """Entries 0 to `last`, a segment each, as Spark leaves them; those up to `removed_until` expired."""
    folder = MemoryFolder()
    for number in range(last + 1):
        is_compact = number % 10 == 9
        of = range(number + 1) if is_compact else [number]
        name = f"sources/0/{number}{'.compact' if is_compact else ''}"
        folder.files[name] = bytearray("\n".join(["v1", *map(entry, of)]).encode())
        folder.files[f"sources/0/.{number}.crc"] = bytearray(b"crc")
    for number in range(removed_until + 1):
        for name in (f"sources/0/{number}", f"sources/0/{number}.compact"):
            folder.files.pop(name, None)
    folder.files["sources/0/.30.compact.0c3a.tmp"] = bytearray(b"v1\n{half")
    return SourceLog(folder)


@pytest.mark.parametrize("removed_until", [-1, 0, 8, 18, 28])
@pytest.mark.parametrize("until", [0, 8, 9, 10, 19, 25, 29, 33])
def test_a_range_is_found_through_compact_files_and_though_old_ones_are_gone(until: int, removed_until: int) -> None:
    log = log_of(33, removed_until=removed_until)
    for after in range(-1, until + 1):
        assert log.segments(after, until) == [segment(number) for number in range(after + 1, until + 1)]


def test_a_range_of_nothing_reads_nothing() -> None:
    assert SourceLog(MemoryFolder()).segments(-1, -1) == []
    assert SourceLog(MemoryFolder()).segments(3, 3) == []


def test_files_that_are_no_segments_are_left_out() -> None:
    folder = MemoryFolder()
    folder.files["sources/0/0"] = bytearray(b'v1\n{"path":"file:///x/notes.txt","timestamp":1,"batchId":0}')
    assert SourceLog(folder).segments(-1, 0) == []
