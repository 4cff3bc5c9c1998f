"""A job that has lost its checkpoint goes on from what the ledger knows."""

from typing import Any, cast

import pytest

from ledger.batches import BatchLedger
from micro_batch import BatchId
from processors.offset_log import OffsetLog
from runtime.continuation import drop_stored_segments, stored_offsets
from settings import Settings
from sinks.mongo import MongoSink
from spool.segments import Segment, open_name
from tests.unit.memory_folder import MemoryFolder

OFFSETS = [{"topic": "posts", "partition": 0, "from": 0, "until": 9}]
ABANDONED = BatchId("q", 7)


class Log:
    def __init__(self, *, is_fresh: bool) -> None:
        self._is_fresh = is_fresh

    def is_fresh(self) -> bool:
        return self._is_fresh


class Ledger:
    """Knows a committed batch and an abandoned one, and notes what is done."""

    def __init__(self, *stored: str) -> None:
        self.done: list[tuple[str, BatchId]] = []
        self._stored = set(stored)

    def abandoned(self) -> list[BatchId]:
        return [ABANDONED]

    def forget(self, batch: BatchId) -> None:
        self.done.append(("forget", batch))

    def discard(self, batch: BatchId) -> None:
        self.done.append(("discard", batch))

    def last_committed(self) -> dict[str, Any] | None:
        return {"offsets": OFFSETS} if self._stored else None

    def committed_segments(self, ids: list[str]) -> set[str]:
        return self._stored & set(ids)


def offsets(ledger: Ledger, *, is_fresh: bool = True, from_start: bool = False) -> tuple[Any, ...]:
    settings = Settings.model_validate({"jobname": "a", "source": "kafka", "from_start": from_start})
    log = cast(OffsetLog, Log(is_fresh=is_fresh))
    return stored_offsets(settings, log, cast(BatchLedger, ledger), cast(MongoSink, ledger))


def test_a_fresh_checkpoint_goes_on_behind_the_last_committed_batch() -> None:
    assert offsets(Ledger("s")) == tuple(OFFSETS)
    assert offsets(Ledger()) == ()


def test_documents_of_an_abandoned_batch_go_before_its_entry_does() -> None:
    ledger = Ledger("s")
    offsets(ledger)
    assert ledger.done == [("discard", ABANDONED), ("forget", ABANDONED)]


def test_a_checkpoint_that_was_used_is_left_to_spark() -> None:
    ledger = Ledger("s")
    assert offsets(ledger, is_fresh=False) == ()
    assert ledger.done == []


def test_from_start_forgets_where_the_job_was() -> None:
    assert offsets(Ledger("s"), from_start=True) == ()


@pytest.mark.parametrize("stored", [(), ("b",), ("a", "b", "elsewhere")])
def test_segments_that_are_stored_are_removed_and_others_stay(stored: tuple[str, ...]) -> None:
    folder = MemoryFolder()
    names = {segment_id: Segment(segment_id, 1, 2).name for segment_id in ("a", "b", "c")}
    folder.files = {name: bytearray(b"x\n") for name in [*names.values(), open_name("d"), "notes"]}
    dropped = drop_stored_segments(folder, cast(BatchLedger, Ledger(*stored)))
    gone = [segment_id for segment_id in names if names[segment_id] not in folder.files]
    assert gone == [segment_id for segment_id in names if segment_id in stored]
    assert dropped == len(gone)
    assert {open_name("d"), "notes"} <= folder.files.keys()
