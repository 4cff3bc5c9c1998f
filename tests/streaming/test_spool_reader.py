"""Spark reads from the spool what was written to it, to the byte."""

import os
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from spool.forgetting import events_of, forget_events
from spool.key_files import keys_name
from spool.local_folder import LocalFolder
from spool.reader import read_spool
from spool.recovery import recover
from spool.segments import CutEvent, Segment
from spool.source_log import SourceLog
from spool.writer import SpoolWriter

AMPLE = 1_000_000_000
HEARD_AT = 1_800_000_000_123
ODD = [
    b"",
    b"\r",
    b"\r\r",
    b"a\r",
    b"\x00",
    b"\xef\xbb\xbfbom",
    b"\xff\xfe\x80",
    b"\xed\xa0\x80",
    "\u0085\u2028 ü 😀".encode(),
    b"!cut?",
    b" " * 40,
    bytes(byte for byte in range(256) if byte != 10),
    b"x" * 1_000_000,
]


@pytest.fixture(params=["spool", "a folder%20with ü"])
def spool(request: pytest.FixtureRequest, tmp_path: Path) -> LocalFolder:
    return LocalFolder(tmp_path / request.param)


def fill(spool: LocalFolder, *segments: Sequence[bytes | CutEvent]) -> list[Segment]:
    writer = SpoolWriter(spool, AMPLE, lambda: HEARD_AT)
    closed = []
    for events in segments:
        writer.append(events)
        closed.append(writer.roll())
    writer.close()
    return [segment for segment in closed if segment]


def read(spark: SparkSession, spool: LocalFolder, checkpoint: Path) -> list[Row]:
    """The rows of the batches that are there now."""
    rows: list[Row] = []

    def keep(batch: DataFrame, _number: int) -> None:
        rows.extend(batch.selectExpr("*", "unix_millis(received_at) AS heard_at").collect())

    query = (
        read_spool(spark, spool.uri)
        .writeStream.option("checkpointLocation", f"file://{checkpoint}")
        .trigger(availableNow=True)
        .foreachBatch(keep)
        .start()
    )
    query.awaitTermination()
    return rows


def values(rows: Sequence[Row]) -> list[bytes]:
    return [bytes(row.value) for row in sorted(rows, key=lambda row: str(row.origin))]


def test_every_byte_sequence_comes_back_with_its_origin_and_its_time(
    spark: SparkSession, spool: LocalFolder, tmp_path: Path
) -> None:
    segments = fill(spool, ODD, [b"next", b""])
    rows = read(spark, spool, tmp_path / "checkpoint")
    assert values(rows) == [*ODD, b"next", b""]
    wanted = [f"{segment.id}:{line:012d}" for segment in segments for line in range(segment.lines)]
    assert sorted(row.origin for row in rows) == wanted
    assert {row.heard_at for row in rows} == {HEARD_AT}
    assert {row.cut for row in rows} == {None}


def test_a_cut_event_comes_with_the_length_and_hash_of_the_whole(spark: SparkSession, tmp_path: Path) -> None:
    spool = LocalFolder(tmp_path / "spool")
    fill(spool, [CutEvent(b"", 3_000_000_000, "ab" * 32), b"whole", CutEvent(b"\xff!start", 10**15, "cd" * 32)])
    rows = sorted(read(spark, spool, tmp_path / "checkpoint"), key=lambda row: str(row.origin))
    assert [bytes(row.value) for row in rows] == [b"", b"whole", b"\xff!start"]
    assert [row.cut and (row.cut.length, row.cut.sha256) for row in rows] == [
        (3_000_000_000, "ab" * 32),
        None,
        (10**15, "cd" * 32),
    ]


def test_a_large_segment_that_several_tasks_read_loses_and_doubles_nothing(spark: SparkSession, tmp_path: Path) -> None:
    spool, dice = LocalFolder(tmp_path / "spool"), random.Random(7)
    events = [dice.randbytes(dice.randrange(400)).replace(b"\n", b"\r") for _ in range(30_000)]
    fill(spool, events)
    tasks: list[int] = []
    spark.conf.set("spark.sql.files.maxPartitionBytes", "300000")
    try:
        rows = read(spark, spool, tmp_path / "checkpoint")
        tasks.append(spark.read.text(spool.uri).rdd.getNumPartitions())
    finally:
        spark.conf.unset("spark.sql.files.maxPartitionBytes")
    assert tasks[0] > 10
    assert values(rows) == events


def test_open_and_other_files_are_not_read_and_a_recovered_one_is(spark: SparkSession, tmp_path: Path) -> None:
    spool, checkpoint = LocalFolder(tmp_path / "spool"), tmp_path / "checkpoint"
    fill(spool, [b"a"])
    killed = SpoolWriter(spool, AMPLE)
    killed.append([b"b"])
    killed.flush()
    (tmp_path / "spool" / "notes.txt").write_text("not ours\n")
    (tmp_path / "spool" / keys_name("20260102T030405-abc-000001")).write_text("1800000000000 0\n")
    assert values(read(spark, spool, checkpoint)) == [b"a"]
    recover(spool)
    assert values(read(spark, spool, checkpoint)) == [b"b"]
    assert read(spark, spool, checkpoint) == []


def test_a_segment_much_older_than_the_newest_is_read_all_the_same(spark: SparkSession, tmp_path: Path) -> None:
    spool = LocalFolder(tmp_path / "spool")
    old, _ = fill(spool, [b"old"], [b"new"])
    os.utime(tmp_path / "spool" / old.name, (1_000_000_000, 1_000_000_000))
    read(spark, spool, tmp_path / "other")
    assert values(read(spark, spool, tmp_path / "checkpoint")) == [b"old", b"new"]


def test_sparks_own_log_of_many_batches_names_the_segments_of_each(spark: SparkSession, tmp_path: Path) -> None:
    spool, checkpoint = LocalFolder(tmp_path / "spool"), tmp_path / "checkpoint"
    batches: list[list[Segment]] = []
    for number in range(13):
        batches.append(fill(spool, *[[b"%d" % number]] * (number % 3 + 1)))
        read(spark, spool, checkpoint)
    files = {path.name for path in (checkpoint / "sources" / "0").iterdir()}
    assert "9.compact" in files
    log = SourceLog(LocalFolder(checkpoint))

    def of(first: int, last: int) -> list[Segment]:
        return sorted(
            (segment for segments in batches[first : last + 1] for segment in segments), key=lambda segment: segment.id
        )

    for number in range(13):
        assert log.segments(number - 1, number) == of(number, number)
    assert log.segments(-1, 12) == of(0, 12)
    assert log.segments(4, 11) == of(5, 11)
    for number in range(9):
        (checkpoint / "sources" / "0" / str(number)).unlink()
    assert log.segments(2, 10) == of(3, 10)


def test_a_forgotten_event_is_read_as_none_in_its_place(spark: SparkSession, tmp_path: Path) -> None:
    spool = LocalFolder(tmp_path / "spool")
    cut = CutEvent(b"secret, and long", 10**6, "f" * 64)
    fill(spool, [b"a", b"secret", cut, b"b", b""])
    assert events_of(tmp_path / "spool", lambda _, event: b"secret" in event) == 2
    assert forget_events(tmp_path / "spool", lambda _, event: b"secret" in event) == 2
    rows = read(spark, spool, tmp_path / "checkpoint")
    assert [row.value for row in sorted(rows, key=lambda row: str(row.origin))] == [b"a", None, None, b"b", b""]
    assert [row["cut"] for row in rows] == [None] * 5
    assert len({row["origin"] for row in rows}) == 5
