"""What every folder promises to the spool. A new kind adds one line to KINDS."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from spool.bookmark import Bookmark
from spool.files import Folder, open_folder
from spool.hadoop import HadoopFolder
from spool.local_folder import LocalFolder
from spool.recovery import recover
from spool.repeats import Repeats
from spool.segments import Segment, open_name
from spool.writer import SpoolWriter

Make = Callable[[Path, SparkSession], Folder]
KINDS: dict[str, Make] = {
    "local": lambda path, _: LocalFolder(path),
    "hadoop": lambda path, spark: HadoopFolder(f"file://{path}", spark),
}
NAMES = ["plain", "with space", "percent%20sign", "umlaut ü", "a#b", "a?b", "a+b"]
EVERY_BYTE = bytes(range(256)) * 1000


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest, spark: SparkSession) -> Callable[[Path], Folder]:
    return lambda path: KINDS[request.param](path, spark)


@pytest.fixture
def folder(make: Callable[[Path], Folder], tmp_path: Path) -> Folder:
    return make(tmp_path / "folder")


def write(folder: Folder, name: str, *blocks: bytes) -> None:
    file = folder.create(name)
    for block in blocks:
        assert file.write(block) == len(block)
    file.sync()
    file.close()


def test_bytes_come_back_as_they_were_written(folder: Folder) -> None:
    write(folder, ".a", EVERY_BYTE, b"", b"\n", EVERY_BYTE)
    assert folder.read(".a") == EVERY_BYTE + b"\n" + EVERY_BYTE


@pytest.mark.parametrize("where", ["a file/folder", "/proc/folder"])
def test_a_folder_that_cannot_be_made_is_an_error(make: Callable[[Path], Folder], tmp_path: Path, where: str) -> None:
    (tmp_path / "a file").touch()
    with pytest.raises(OSError, match=r"folder|file"):
        make(tmp_path / where).make()


@pytest.mark.parametrize("name", [*NAMES, "12:00"])
def test_a_file_says_when_it_was_written_and_how_long_it_is(folder: Folder, tmp_path: Path, name: str) -> None:
    assert (folder.written_at(name), folder.bytes_of(name)) == (None, 0)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / name).write_bytes(EVERY_BYTE)
    os.utime(tmp_path / "folder" / name, (1_700_000_000.25,) * 2)
    assert (folder.written_at(name), folder.bytes_of(name)) == (1_700_000_000_250, len(EVERY_BYTE))


def test_what_was_written_is_there_before_the_file_is_closed(folder: Folder) -> None:
    file = folder.create(".a")
    file.write(b"half")
    assert folder.read(".a") == b"half"
    assert not file.is_broken
    file.close()
    file.close()


def test_a_missing_folder_is_empty_and_is_made(folder: Folder) -> None:
    assert folder.list() == []
    assert folder.list("sources/0") == []
    assert not folder.exists("a")
    folder.delete("a")
    folder.make()
    folder.make()
    assert folder.list() == []


def test_files_are_listed_by_name_hidden_ones_too_and_folders_are_not(folder: Folder) -> None:
    folder.make()
    for name in ("b", ".a", "c.crc", "sources/0/1", "sources/0/.0.crc"):
        path = Path(folder.uri.removeprefix("file://"), name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert folder.list() == [".a", "b", "c.crc"]
    assert folder.list("sources/0") == [".0.crc", "1"]
    assert folder.exists("sources/0/1")


def test_nothing_is_ever_overwritten(folder: Folder) -> None:
    write(folder, "a", b"first")
    write(folder, "b", b"second")
    with pytest.raises(OSError, match="a"):
        folder.create("a")
    with pytest.raises(OSError, match="never repeats"):
        folder.rename("b", "a")
    assert (folder.read("a"), folder.read("b")) == (b"first", b"second")


def test_a_renamed_file_has_its_new_name_only(folder: Folder) -> None:
    write(folder, ".a", b"x")
    folder.rename(".a", "a")
    assert folder.list() == ["a"]
    assert folder.read("a") == b"x"


def test_what_is_not_there_is_an_os_error(folder: Folder) -> None:
    folder.make()
    with pytest.raises(OSError, match="none"):
        folder.read("none")
    with pytest.raises(OSError, match="none"):
        folder.rename("none", "a")


def test_a_file_is_cut_at_any_length(folder: Folder) -> None:
    for length in (0, 1, 5, 10):
        write(folder, "a", b"0123456789")
        folder.fence("a")
        folder.cut("a", length)
        assert folder.read("a") == b"0123456789"[:length]
        folder.delete("a")
    assert folder.list() == []


def test_no_checksum_files_stand_beside(folder: Folder) -> None:
    write(folder, "a", b"x")
    assert [entry.name for entry in Path(folder.uri.removeprefix("file://")).iterdir()] == ["a"]


def test_who_may_read_and_write_there_is_told_without_a_write(folder: Folder, make: Callable[[Path], Folder]) -> None:
    assert folder.refusal(to_write=True) is None
    assert folder.free_bytes() > 0
    above = Path(folder.uri.removeprefix("file://")).parent
    assert list(above.iterdir()) == []
    folder.make()
    assert folder.refusal(to_write=True) is folder.refusal(to_write=False) is None
    (above / "file").touch()
    for below in ("file", "file/a"):
        assert str(make(above / below).refusal(to_write=True)).endswith(f"{above}/file is no folder")


@pytest.mark.parametrize("name", NAMES)
def test_both_kinds_mean_the_same_folder_by_the_same_uri(name: str, tmp_path: Path, spark: SparkSession) -> None:
    path = tmp_path / name
    local, hadoop = LocalFolder(path), HadoopFolder(f"file://{path}", spark)
    write(local, "a", b"x")
    assert hadoop.read("a") == b"x"
    assert local.uri == hadoop.uri
    opened = open_folder(local.uri, spark)
    assert isinstance(opened, LocalFolder)
    assert opened.read("a") == b"x"


@pytest.mark.parametrize("form", ["file:{}", "file://{}", "file://localhost{}"])
def test_every_form_of_a_file_uri_is_the_drivers_own_folder(form: str, tmp_path: Path, spark: SparkSession) -> None:
    opened = open_folder(form.format(tmp_path), spark)
    assert isinstance(opened, LocalFolder)
    assert opened.uri == f"file://{tmp_path}"


def test_a_path_without_a_scheme_is_the_clusters(tmp_path: Path, spark: SparkSession) -> None:
    assert isinstance(open_folder(str(tmp_path), spark), HadoopFolder)


def test_a_writer_and_a_recovery_work_on_it(folder: Folder) -> None:
    writer = SpoolWriter(folder, 1_000_000_000)
    writer.append([b"a", b"b\r"])
    segment = writer.roll()
    assert segment is not None
    writer.append([b"c"])
    writer.flush()
    write(folder, open_name("empty"), b"no line fee")
    recovered = recover(folder)
    assert sum(each.lines for each in recovered) == 1
    names = folder.list()
    assert len(names) == 2
    assert all(Segment.of(name) for name in names)
    events = [line[26:] for name in names for line in folder.read(name).split(b"\n")[:-1]]
    assert sorted(events) == [b"a", b"b\r", b"c"]


@pytest.mark.parametrize("is_killed", [False, True])
def test_repeats_are_known_on_it_over_restarts_and_forgotten_in_time(folder: Folder, is_killed: bool) -> None:
    now = 1_800_000_000_000

    def started() -> SpoolWriter:
        recover(folder)
        writer = SpoolWriter(folder, 1_000_000_000, lambda: now, Repeats(folder, bytes.decode, 10))
        writer.restore()
        return writer

    writer = started()
    assert writer.append([b"a", b"b", b"a"]) == 2
    assert writer.flush()
    if not is_killed:
        writer.close()
    writer = started()
    assert writer.append([b"a", b"c"]) == 1
    segments = [segment for segment in map(Segment.of, folder.list()) if segment]
    assert folder.list() == sorted([*(f".{each.id}.keys" for each in segments), *(each.name for each in segments)])
    writer.close()
    for segment in map(Segment.of, folder.list()):
        if segment:
            folder.delete(segment.name)
    assert len(folder.list()) == 2
    assert started().append([b"a", b"b", b"c"]) == 0
    now += 10_000
    writer = started()
    assert folder.list() == []
    assert writer.append([b"a"]) == 1


def test_a_bookmark_is_found_again_and_only_the_newest_is_left(folder: Folder) -> None:
    bookmark = Bookmark(folder)
    bookmark.restore()
    assert bookmark.read() is None
    for place in ("one", "two ü"):
        bookmark.note(place, datetime(2026, 1, 2, tzinfo=UTC))
        bookmark.keep()
    again = Bookmark(folder)
    again.restore()
    assert again.read() == "two ü"
    assert len(folder.list()) == 1
