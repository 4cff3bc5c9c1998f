"""A disk that the spool alone has filled has room again by itself: what is open is closed, read and removed."""

import errno
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spool.key_files import HeardKey, keys_id
from spool.key_store import KeyStore
from spool.local_folder import LocalFolder
from spool.recovery import recover
from spool.repeats import Repeats
from spool.segments import Segment, open_id
from spool.writer import SpoolWriter
from tests.unit.memory_folder import FULL, MemoryFile, MemoryFolder

AMPLE = 1_000_000_000
LINE_BYTES = 60
MARKED_CALLS = ("open", "write", "ftruncate", "fsync", "close")
APPENDS = st.tuples(st.just("append"), st.lists(st.integers(0, 30), min_size=1, max_size=6))
CALMS = st.tuples(st.sampled_from(["flush", "roll", "sweep", "die", "heal"]), st.just(0))
FAILURES = st.tuples(st.just("fail"), st.sampled_from([*MARKED_CALLS, "rename", "delete"]))
KILLS = st.tuples(st.just("kill"), st.integers(0, 15))
Step = tuple[str, int | str | list[int]]


class Killed(BaseException):
    """The process is no more."""


class SmallDisk:
    """`os` for `spool.local_folder`: room for so many bytes in one folder, and death at any call if it is told so.

    failing: the calls that fail while they are in it. calls_left: those before the one that kills, None for no kill.
    """

    def __init__(self, path: Path, room: int) -> None:
        self.path, self.room = path, room
        self.failing: set[str] = set()
        self.calls_left: int | None = None
        self._descriptors: set[int] = set()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever os has
        found = getattr(os, name)
        return partial(self._call, name, found) if name in MARKED_CALLS else found

    def free(self) -> int:
        """Bytes."""
        return self.room - sum(path.stat().st_size for path in self.path.iterdir())

    def come_to(self, call: str) -> None:
        """Die here, or fail, where that is due."""
        if self.calls_left is not None:
            self.calls_left -= 1
            if self.calls_left < 0:
                raise Killed
        if call in self.failing:
            raise OSError(errno.EIO, f"{call} failed")

    def die(self) -> None:
        """As the system does with what a process has open."""
        while self._descriptors:
            os.close(self._descriptors.pop())

    def _call(self, name: str, call: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401
        if name == "close":  # it is closed though it fails
            self._descriptors.discard(arguments[0])
            call(*arguments)
        self.come_to(name)
        if name == "write":
            descriptor, block = arguments
            if self.free() <= 0:
                raise FULL
            return call(descriptor, block[: self.free()])
        if name == "fsync" and self.free() < 0:  # of a copy, which no write of `os` has made
            raise FULL
        if name == "open":
            self._descriptors.add(descriptor := call(*arguments))
            return descriptor
        return None if name in ("fsync", "close") else call(*arguments)


class SmallFolder(LocalFolder):
    """A folder on a small disk."""

    def __init__(self, disk: SmallDisk) -> None:
        super().__init__(disk.path)
        self._disk = disk

    def rename(self, name: str, to: str) -> None:
        self._disk.come_to("rename")
        super().rename(name, to)
        self._disk.come_to("answer to rename")

    def delete(self, name: str) -> None:
        self._disk.come_to("delete")
        super().delete(name)


class Run:
    """A job that is started again whenever it dies. An event is its number, and padding."""

    def __init__(self, path: Path, room: int) -> None:
        self.disk = SmallDisk(path, room)
        self.folder = SmallFolder(self.disk)
        self.sent = 0
        self.given: list[int] = []
        """What this life has heard and not handed over."""
        self.handed_over: list[int] = []
        self.stored: list[int] = []
        self.lives = 0
        self.start()

    def start(self) -> None:
        self.disk.die()
        self.disk.failing.clear()
        recover(self.folder)
        self.writer = SpoolWriter(self.folder, AMPLE)
        self.given = []
        self.lives += 1

    def do(self, step: Step) -> None:
        try:
            self._do(step)
        except Killed:
            self.disk.calls_left = None
            self.start()

    def _do(self, step: Step) -> None:
        match step:
            case "append", list(paddings):
                numbers = range(self.sent, self.sent + len(paddings))
                self.sent += len(paddings)
                self.writer.append([b"%d " % n + b"x" * more for n, more in zip(numbers, paddings, strict=True)])
                self.given += numbers
            case "flush", _:
                self.flush()
            case "roll", _:
                self.writer.roll()
            case "sweep", _:
                self.sweep()
            case "die", _:
                self.start()
            case "fail", str(call):
                self.disk.failing.add(call)
            case "heal", _:
                self.disk.failing.clear()
            case "kill", int(calls):
                self.disk.calls_left = calls

    def flush(self) -> None:
        if self.writer.flush():
            self.handed_over += self.given
            self.given = []

    def sweep(self) -> None:
        """As Spark's batches do."""
        for segment in filter(None, map(Segment.of, self.folder.list())):
            content = self.folder.read(segment.name)
            assert (segment.lines, segment.bytes) == (content.count(b"\n"), len(content))
            (self.disk.path / segment.name).unlink()
            self.stored += [int(line[26:].split()[0]) for line in content.split(b"\n")[:-1]]

    def drain(self) -> None:
        """Batch after batch; nobody makes room."""
        for _ in range(self.sent + 1):
            self.flush()
            self.writer.roll()
            self.sweep()


@given(
    room=st.integers(LINE_BYTES, 5 * LINE_BYTES),
    script=st.lists(APPENDS | CALMS | FAILURES | KILLS, max_size=30),
)
@example(room=LINE_BYTES, script=[("append", [30, 30]), ("flush", 0), ("die", 0)])
@example(room=100, script=[("append", [30, 30]), ("kill", 3), ("flush", 0)])
@example(
    room=100,
    script=[
        *(("append", [30]), ("roll", 0), ("append", [30])),
        *(("fail", "ftruncate"), ("flush", 0), ("heal", 0), ("sweep", 0)),
    ],
)
def test_a_disk_full_by_the_open_segment_alone_drains_by_itself(room: int, script: list[Step]) -> None:
    with TemporaryDirectory() as place:
        run = Run(Path(place), room)
        with patch("spool.local_folder.os", run.disk):
            for step in script:
                run.do(step)
            run.disk.calls_left = None
            run.disk.failing.clear()
            run.drain()
        assert run.given == []
        assert set(run.handed_over) <= set(run.stored)
        assert len(set(run.stored)) == len(run.stored)
        if run.lives == 1:
            assert run.stored == list(range(run.sent))
        assert run.folder.list() == []


def test_a_full_disk_closes_what_is_open_with_its_whole_lines_and_the_rest_comes_next(tmp_path: Path) -> None:
    folder = LocalFolder(tmp_path)
    disk = SmallDisk(tmp_path, room=100)
    with patch("spool.local_folder.os", disk):
        writer = SpoolWriter(folder, AMPLE, lambda: 1_800_000_000_000)
        writer.append([b"x" * 13, b"y" * 13, b"z" * 13])  # 40 bytes each
        assert not writer.flush()
        assert writer.roll() is None
        ((full, content),) = ((name, folder.read(name)) for name in folder.list())
        assert [line[26:] for line in content.split(b"\n")[:-1]] == [b"x" * 13, b"y" * 13]
        assert Segment.of(full)
        assert not writer.flush()
        assert "No space left on device" in str(writer.full_because)
        folder.delete(full)
        assert writer.roll() == Segment.of(folder.list()[0])
        ((_, content),) = ((name, folder.read(name)) for name in folder.list())
        assert content == b"%012d1800000000000 %b\n" % (2, b"z" * 13)


def test_a_line_longer_than_the_room_waits_and_leaves_no_part_of_it(tmp_path: Path) -> None:
    folder = LocalFolder(tmp_path)
    disk = SmallDisk(tmp_path, room=100)
    with patch("spool.local_folder.os", disk):
        writer = SpoolWriter(folder, AMPLE)
        writer.append([b"x" * 100])
        for _ in range(2):
            assert writer.roll() is None
            (name,) = folder.list()
            assert open_id(name)
            assert folder.read(name) == b""
        disk.room = 200
        segment = writer.roll()
    assert segment is not None
    assert segment.lines == 1


def test_a_stream_that_a_full_disk_breaks_is_closed_while_the_disk_is_full() -> None:
    folder = MemoryFolder(breaks=True, taken=3)
    writer = SpoolWriter(folder, AMPLE)
    writer.append([b"before"])
    writer.flush()
    folder.failing.add("write")
    writer.append([b"while"])
    assert writer.roll() is None
    assert folder.events() == [b"before"]
    folder.failing.clear()
    writer.close()
    assert folder.events() == [b"before", b"while"]


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT])
def test_a_dead_writers_file_is_cut_without_room(tmp_path: Path, error: int) -> None:
    folder = LocalFolder(tmp_path)
    dead = folder.create(".a.open")
    dead.write(b"whole\nhalf")
    dead.close()
    with patch("spool.local_folder.os.fsync", side_effect=[OSError(error, "full"), None]):
        assert recover(folder) == [Segment("a", 1, 6)]
    assert folder.list() == [Segment("a", 1, 6).name]
    assert folder.read(Segment("a", 1, 6).name) == b"whole\n"


def test_a_file_whose_writer_lives_is_not_cut_without_room(tmp_path: Path) -> None:
    folder = LocalFolder(tmp_path)
    stale = folder.create(".a.open")
    stale.write(b"whole\nhalf")
    with (
        patch("spool.local_folder.os.fsync", side_effect=FULL),
        pytest.raises(OSError, match=r"no room to cut .*/\.a\.open, .* is its writer alive\?"),
    ):
        recover(folder)
    assert folder.list() == [".a.open"]
    assert folder.read(".a.open") == b"whole\nhalf"
    assert recover(folder) == [Segment("a", 1, 6)]
    stale.write(b" more\n")
    stale.close()
    assert folder.read(Segment("a", 1, 6).name) == b"whole\n"


def test_a_copy_that_fails_otherwise_changes_nothing(tmp_path: Path) -> None:
    folder = LocalFolder(tmp_path)
    folder.create(".a.open").write(b"whole\nhalf")
    with (
        patch("spool.local_folder.os.fsync", side_effect=OSError(errno.EIO, "broken")),
        pytest.raises(OSError, match="broken"),
    ):
        recover(folder)
    assert folder.list() == [".a.open"]
    assert folder.read(".a.open") == b"whole\nhalf"


class KeylessFolder(MemoryFolder):
    """Has room for no key file, but for its name."""

    is_full = True

    def create(self, name: str) -> MemoryFile:
        file = super().create(name)
        self.failing = {"write"} if self.is_full and ".keys" in name else set()
        return file


def started(folder: MemoryFolder) -> SpoolWriter:
    recover(folder)
    writer = SpoolWriter(folder, AMPLE, lambda: 1_800_000_000_000, Repeats(folder, bytes.decode, 10))
    writer.restore()
    return writer


def test_keys_that_a_full_disk_did_not_take_are_written_when_it_has_room() -> None:
    folder = KeylessFolder()
    writer = started(folder)
    for event in (b"a", b"b"):
        writer.append([event])
        assert writer.roll()
    assert len(folder.files) == 2  # the segments, and no part of a key file, which would take room
    for name in list(folder.files):
        folder.delete(name)
    writer.roll()
    assert list(folder.files) == []
    folder.is_full = False
    writer.roll()
    assert [bool(keys_id(name)) for name in folder.files] == [True, True]
    assert started(folder).append([b"a", b"b", b"c"]) == 1


def test_keys_that_wait_for_room_are_forgotten_in_time() -> None:
    folder = MemoryFolder()
    store = KeyStore(folder)
    folder.failing.add("create")
    for at in (1000, 2000):
        store.write(f"a-{at}", [HeardKey(at, at)])
    folder.failing.clear()
    store.forget(1500, 3000)
    store.write("b", [HeardKey(3000, 3000)])
    store.write_rest()
    store.write_rest()
    assert sorted(folder.files) == [".a-2000.keys", ".b.keys"]
    store.forget(2500, 3000)
    assert list(folder.files) == [".b.keys"]
