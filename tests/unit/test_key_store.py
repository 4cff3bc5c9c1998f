"""Keys are kept over restarts as far as the disk allows, in few files, and no longer than they are of use."""

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spool.key_files import HeardKey, encode_keys, is_part, keys_id, keys_name, read_keys, write_keys
from spool.key_store import KeyStore
from spool.segments import Segment, open_id, open_name
from tests.unit.memory_folder import MemoryFolder

KEYS = [HeardKey(1_800_000_000_000, 7), HeardKey(1_800_000_000_001, (1 << 128) - 1)]


def heard(at: int) -> list[HeardKey]:
    return [HeardKey(at, at)]


def key_files(folder: MemoryFolder) -> list[str]:
    return sorted(name for name in folder.files if keys_id(name))


@given(st.lists(st.builds(HeardKey, st.integers(0, 10**13 - 1), st.integers(0, (1 << 128) - 1))), st.integers(1, 100))
def test_keys_come_back_though_the_disk_takes_pieces(keys: list[HeardKey], most: int) -> None:
    folder = MemoryFolder(most=most)
    write_keys(folder, "a", keys)
    assert read_keys(folder, "a") == keys
    assert list(folder.files) == [".a.keys"]


def test_its_names_are_nobody_elses() -> None:
    name = keys_name("20260102T030405-abc-000001")
    assert keys_id(name) == "20260102T030405-abc-000001"
    assert name.startswith(".")
    assert (Segment.of(name), open_id(name), is_part(name)) == (None, None, False)
    assert is_part(f"{name}.part")
    assert (Segment.of(f"{name}.part"), open_id(f"{name}.part"), keys_id(f"{name}.part")) == (None, None, None)
    for other in (open_name("a"), Segment("a", 1, 2).name, "a.keys", ".a.part", "x.part"):
        assert keys_id(other) is None
        assert not is_part(other)


@pytest.mark.parametrize("call", ["create", "write", "sync", "close", "rename", "answer to rename"])
def test_a_file_that_could_not_be_written_is_written_by_the_next_try(call: str) -> None:
    folder = MemoryFolder(breaks=True, taken=3)
    folder.failing.add(call)
    with pytest.raises(OSError, match="No space"):
        write_keys(folder, "a", KEYS)
    folder.failing.clear()
    write_keys(folder, "a", KEYS)
    assert read_keys(folder, "a") == KEYS
    assert list(folder.files) == [".a.keys"]


def test_lines_that_are_none_are_passed_over() -> None:
    folder = MemoryFolder()
    folder.files[".a.keys"] = bytearray(b"\x00\xff\n" + encode_keys(KEYS) + b"1800000000000 ab\nhalf a li")
    assert read_keys(folder, "a") == KEYS


def test_a_full_disk_is_said_once_and_raises_nothing(caplog: pytest.LogCaptureFixture) -> None:
    folder = MemoryFolder()
    store = KeyStore(folder)
    folder.failing.add("create")
    store.write("a", KEYS)
    store.write("b", KEYS)
    assert [line.getMessage().split(" why")[0] for line in caplog.records] == [
        "keys not kept, after a restart an event that the feed repeats may pass"
    ]
    folder.failing.clear()
    store.write("b", KEYS)
    folder.failing.add("create")
    store.write("c", KEYS)
    assert key_files(folder) == [".b.keys"]
    assert len(caplog.records) == 2


def test_files_go_when_all_their_keys_are_too_old_those_of_former_runs_too() -> None:
    folder = MemoryFolder()
    former = KeyStore(folder)
    former.write("a", [*heard(1000), *heard(3000)])
    folder.files[".b.keys.part"] = bytearray()
    store = KeyStore(folder)
    assert store.ids() == {"a"}
    assert store.read("a") == [*heard(1000), *heard(3000)]
    store.write("c", heard(4000))
    store.forget(3000, 5000)
    assert key_files(folder) == [".a.keys", ".c.keys"]
    folder.failing.add("delete")
    store.forget(3001, 5000)
    assert key_files(folder) == [".a.keys", ".c.keys"]
    folder.failing.clear()
    store.forget(3001, 5000)
    assert list(folder.files) == [".c.keys"]


def test_a_file_from_the_future_does_not_stay_for_ever() -> None:
    folder = MemoryFolder()
    store = KeyStore(folder)
    store.write("a", heard(10**12))
    store.forget(1000, 2000)
    assert key_files(folder) == [".a.keys"]
    store.forget(2001, 3000)
    assert key_files(folder) == []


@pytest.mark.parametrize("call", [None, "list", "create", "write", "rename", "delete"])
def test_small_files_of_segments_that_are_gone_become_one(call: str | None) -> None:
    folder = MemoryFolder()
    store = KeyStore(folder)
    folder.files[Segment("held", 1, 2).name] = bytearray(b"x\n")
    store.write("held", heard(1))
    with patch("spool.key_store._SMALL", 3), patch("spool.key_store._MOST_SMALL", 4):
        store.write("large", [*heard(2), *heard(3), *heard(4)])
        for number in range(5, 9):
            store.write(f"a-{number}", heard(number))
        folder.failing = {call} if call else set()
        store.forget(0, 100)
        folder.failing.clear()
    if call is None:
        assert len(key_files(folder)) == 3
        assert {".held.keys", ".large.keys"} <= folder.files.keys()
    again = KeyStore(folder)
    kept = {key for file_id in again.ids() for key in again.read(file_id)}
    assert kept == {HeardKey(number, number) for number in range(1, 9)}
    store.forget(9, 100)
    if call is None:
        assert key_files(folder) == []
    again.forget(9, 100)
    assert key_files(folder) == []
