"""An event that was handed over is in the spool once, to the byte, whatever the disk and the process do."""

import logging
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spool.local_folder import LocalFolder
from spool.recovery import recover
from spool.segments import CutEvent, Segment, open_id
from spool.writer import SpoolWriter
from tests.unit.memory_folder import MemoryFolder

ROOT = Path(__file__).parents[2]
AMPLE = 1_000_000_000
BOUND_SECONDS = 60
BLOCK = b"x" * 300_000  # flushed at once
EVENTS = st.lists(st.binary(max_size=30).filter(lambda event: b"\n" not in event), min_size=1, max_size=5)
WRITE_FOR_EVER = """
import sys
from pathlib import Path
from spool.local_folder import LocalFolder
from spool.writer import SpoolWriter
writer = SpoolWriter(LocalFolder(Path(sys.argv[1])), 1 << 40)
number = 0
while True:
    writer.append([b"%d " % each + b"x" * (each % 3000) for each in range(number, number + 50)])
    number += 50
    if writer.flush():
        print(number, flush=True)
"""


def full_warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [line.getMessage().split(" why")[0] for line in caplog.records if line.name == "spool.writer"]


def waiting_append(writer: SpoolWriter, events: list[bytes]) -> threading.Thread:
    thread = threading.Thread(target=writer.append, args=(events,), daemon=True)
    thread.start()
    return thread


@given(st.lists(EVENTS, max_size=10), st.integers(1, 200))
def test_every_event_comes_back_to_the_byte_though_the_disk_takes_pieces(batches: list[list[bytes]], most: int) -> None:
    folder = MemoryFolder(most=most)
    writer = SpoolWriter(folder, AMPLE)
    for number, events in enumerate(batches):
        writer.append(events)
        if number % 3 == 0:
            writer.roll()
    writer.close()
    assert folder.events() == [event for events in batches for event in events]
    assert len(set(folder.origins())) == len(folder.origins())
    assert writer.heard == len(folder.events())


@pytest.mark.parametrize("breaks", [False, True])
@pytest.mark.parametrize("taken", [0, 5])
@given(
    script=st.lists(st.sampled_from(["append", "flush", "roll", "write", "sync", "create", "rename", "close", "heal"]))
)
def test_a_disk_that_fails_anywhere_loses_and_doubles_nothing(breaks: bool, taken: int, script: list[str]) -> None:
    folder = MemoryFolder(breaks=breaks, taken=taken if breaks else 0)
    writer = SpoolWriter(folder, AMPLE)
    said = []
    for number, step in enumerate(script):
        match step:
            case "append":
                said += [b"%d" % number, b""]
                writer.append([b"%d" % number, b""])
            case "flush":
                writer.flush()
            case "roll":
                writer.roll()
            case "heal":
                folder.failing.clear()
            case _:
                folder.failing.add(step)
    folder.failing.clear()
    writer.close()
    assert folder.events() == said
    assert len(set(folder.origins())) == len(said)
    assert not [name for name in folder.files if Segment.of(name) is None]


@pytest.mark.parametrize("call", ["write", "sync", "close", "rename", "answer to rename", "create"])
@pytest.mark.parametrize("breaks", [False, True])
def test_a_failing_call_is_made_again_and_said_once(call: str, breaks: bool, caplog: pytest.LogCaptureFixture) -> None:
    folder = MemoryFolder(breaks=breaks, taken=3 if breaks else 0)
    writer = SpoolWriter(folder, AMPLE)
    writer.append([b"before"])
    if call != "create":
        assert writer.flush()
    folder.failing.add(call)
    writer.append([b"while"])
    assert writer.roll() is None
    assert folder.failed[0] == call
    writer.roll()
    folder.failing.clear()
    writer.append([b"after"])
    writer.roll()
    writer.close()
    assert folder.events() == [b"before", b"while", b"after"]
    assert len(set(folder.origins())) == 3
    assert full_warnings(caplog) == [
        "spool full, the feed is not read until there is room",
        "spool has room again, the feed is read",
    ]


def test_a_disk_that_takes_no_more_stops_the_feed_and_loses_nothing(caplog: pytest.LogCaptureFixture) -> None:
    folder = MemoryFolder()
    writer = SpoolWriter(folder, AMPLE)
    folder.failing.add("write")
    writer.append([BLOCK])
    waiting = waiting_append(writer, [b"next"])
    while len(folder.failed) < 3:
        assert waiting.is_alive()
    assert "No space left on device" in str(writer.full_because)
    folder.failing.clear()
    waiting.join(BOUND_SECONDS)
    writer.close()
    assert folder.events() == [BLOCK, b"next"]
    assert len(full_warnings(caplog)) == 2


def test_a_full_spool_stops_the_feed_says_so_once_and_goes_on_when_there_is_room(
    caplog: pytest.LogCaptureFixture,
) -> None:
    folder = MemoryFolder()
    writer = SpoolWriter(folder, 1000)
    writer.append([b"x" * 1000])
    writer.roll()
    folder.calls.clear()
    waiting = waiting_append(writer, [b"next"])
    while len(folder.calls) < 3:
        assert waiting.is_alive()
    assert set(folder.calls) == {"list"}
    assert writer.full_because == "memory: holds 1027 bytes, SPOOL_MAX_BYTES is 1000"
    for segment, _ in list(folder.closed()):
        folder.delete(segment.name)
    waiting.join(BOUND_SECONDS)
    writer.close()
    assert folder.events() == [b"next"]
    assert full_warnings(caplog) == [
        "spool full, the feed is not read until there is room",
        "spool has room again, the feed is read",
    ]


def test_a_segment_that_was_rolled_counts_once(caplog: pytest.LogCaptureFixture) -> None:
    folder = MemoryFolder()
    writer = SpoolWriter(folder, 1000)
    for _ in range(2):
        writer.append([b"x" * 400])
        writer.roll()
    writer.append([b"x" * 400])
    writer.close()
    assert len(folder.events()) == 3
    assert full_warnings(caplog) == []


def test_what_stands_in_the_spool_at_the_start_counts(caplog: pytest.LogCaptureFixture) -> None:
    folder = MemoryFolder()
    folder.files[Segment("old", 1, 1000).name] = bytearray(b"x" * 999 + b"\n")
    writer = SpoolWriter(folder, 1000)
    writer.hurry()
    writer.append([b"a"])
    assert full_warnings(caplog) == ["spool full, the feed is not read until there is room"]


def test_a_job_that_ends_keeps_what_waits_and_takes_nothing_afterwards() -> None:
    folder = MemoryFolder()
    writer = SpoolWriter(folder, 1000)
    writer.append([b"x" * 1000])
    waiting = waiting_append(writer, [b"in hand"])
    writer.hurry()
    waiting.join(BOUND_SECONDS)
    writer.close()
    writer.append([b"too late"])
    writer.close()
    assert folder.events() == [b"x" * 1000, b"in hand"]


def test_what_a_disk_never_took_is_owned_up_to(caplog: pytest.LogCaptureFixture) -> None:
    folder = MemoryFolder()
    writer = SpoolWriter(folder, AMPLE)
    folder.failing.add("write")
    writer.append([b"a", b"b"])
    writer.close()
    assert [line.getMessage() for line in caplog.records if line.levelno == logging.ERROR] == [
        "events heard and not kept, the disk took no more events=2"
    ]


def test_a_segment_is_closed_at_eight_megabytes() -> None:
    folder = MemoryFolder()
    writer = SpoolWriter(folder, AMPLE)
    for _ in range(60):
        writer.append([BLOCK])
    sizes = [segment.bytes for segment, _ in folder.closed()]
    assert len(sizes) == 2
    assert all(8_000_000 <= size < 8_400_000 for size in sizes)


def test_nothing_heard_is_no_segment() -> None:
    folder = MemoryFolder()
    writer = SpoolWriter(folder, AMPLE)
    writer.append([])
    assert writer.roll() is None
    with pytest.raises(ValueError, match="line feed"):
        writer.append([b"a\nb"])
    writer.close()
    assert folder.files == {}


def test_names_never_repeat_over_restarts_in_the_same_moment() -> None:
    folder = MemoryFolder()
    for _ in range(20):
        writer = SpoolWriter(folder, AMPLE, lambda: 1_800_000_000_000)
        for _ in range(2):
            writer.append([b"a"])
            writer.roll()
        writer.close()
    assert len(folder.events()) == 40


def test_a_cut_event_carries_length_and_hash() -> None:
    folder = MemoryFolder()
    writer = SpoolWriter(folder, AMPLE, lambda: 1)
    writer.append([CutEvent(b"start", 123, "ab" * 32)])
    writer.close()
    ((segment, content),) = folder.closed()
    assert content == b"000000000000" + b"0000000000001" + b"!" + b"0000000000000123" + b"ab" * 32 + b"start\n"
    assert segment.id.startswith("19700101T000000-")


@given(st.lists(EVENTS, min_size=1), st.integers(0))
def test_an_open_segment_is_cut_at_its_last_whole_line(batches: list[list[bytes]], cut: int) -> None:
    folder = MemoryFolder()
    writer = SpoolWriter(folder, AMPLE)
    for events in batches:
        writer.append(events)
        writer.flush()
    (name,) = folder.files
    whole = bytes(folder.files[name])
    folder.files[name] = bytearray(whole[: cut % (len(whole) + 1)])
    lines = bytes(folder.files[name]).count(b"\n")
    assert sum(segment.lines for segment in recover(folder)) == lines
    assert folder.events() == [event for events in batches for event in events][:lines]
    assert not [name for name in folder.files if open_id(name)]
    assert recover(folder) == []


def test_a_recovery_that_is_interrupted_is_done_again() -> None:
    folder = MemoryFolder()
    folder.files[".a.open"] = bytearray(b"whole\nhalf")
    for call in ("cut", "rename", "answer to rename"):
        folder.failing = {call}
        with pytest.raises(OSError, match="No space"):
            recover(folder)
    folder.failing.clear()
    assert recover(folder) == []
    assert [(segment, content) for segment, content in folder.closed()] == [(Segment("a", 1, 6), b"whole\n")]


def test_what_a_killed_writer_left_is_for_its_user_s_eyes_only_as_what_is_written_is(tmp_path: Path) -> None:
    folder, former = LocalFolder(tmp_path), os.umask(0o022)
    try:
        file = folder.create(".a.open")
        file.write(b"whole\nhalf")
        file.close()
        recover(folder)
    finally:
        os.umask(former)
    (segment,) = tmp_path.iterdir()
    assert segment.read_bytes() == b"whole\n"
    assert stat.S_IMODE(segment.stat().st_mode) == 0o600


def test_an_open_segment_that_was_closed_already_is_not_read_twice() -> None:
    folder = MemoryFolder()
    folder.files[".a.open"] = bytearray(b"whole\nhalf")
    folder.files[Segment("a", 1, 6).name] = bytearray(b"whole\n")
    assert recover(folder) == []
    assert list(folder.files) == [Segment("a", 1, 6).name]


def test_a_writer_that_was_thought_dead_does_not_change_a_closed_segment(tmp_path: Path) -> None:
    folder = LocalFolder(tmp_path)
    stale = SpoolWriter(folder, AMPLE)
    stale.append([b"first"])
    assert stale.flush()
    (segment,) = recover(folder)
    stale.append([b"second"])
    stale.flush()
    assert stale.roll() is None
    assert folder.read(segment.name).endswith(b" first\n")
    assert segment.bytes == len(folder.read(segment.name))


def test_a_killed_writer_leaves_every_event_that_it_had_handed_over(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITE_FOR_EVER, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for _ in range(200):
            handed_over = int(child.stdout.readline())
        os.kill(child.pid, signal.SIGKILL)
        handed_over = max([handed_over, *map(int, child.stdout.read().split("\n")[:-1])])
        assert child.wait(BOUND_SECONDS) == -signal.SIGKILL
    folder = LocalFolder(tmp_path)
    assert [name for name in folder.list() if open_id(name)]
    recover(folder)
    numbers = []
    for name in folder.list():
        segment, content = Segment.of(name), folder.read(name)
        assert segment is not None
        assert (segment.lines, segment.bytes) == (content.count(b"\n"), len(content))
        numbers += [int(line[26:].split()[0]) for line in content.split(b"\n")[:-1]]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= handed_over > 0
