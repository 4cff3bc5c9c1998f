"""The spool on a real HDFS: written, recovered after a death, read by Spark."""

from pathlib import Path

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from spool.files import open_folder
from spool.hadoop import HadoopFolder
from spool.reader import read_spool
from spool.recovery import recover
from spool.segments import Segment, open_id
from spool.source_log import SourceLog
from spool.writer import SpoolWriter
from tests.integration.jobs import manage
from tests.servers.hdfs import Hdfs
from tests.servers.peer import free_port

AMPLE = 1_000_000_000
ODD = [b"", b"\r", b"\x00", b"\xef\xbb\xbfbom", b"\xff\xfe", bytes(byte for byte in range(256) if byte != 10)]


def folder_of(hdfs: Hdfs, spark: SparkSession, name: str) -> HadoopFolder:
    folder = open_folder(f"{hdfs.uri}/{name}/spool", spark)
    assert isinstance(folder, HadoopFolder)
    return folder


def events_of(folder: HadoopFolder) -> list[bytes]:
    return [line[26:] for name in folder.list() for line in folder.read(name).split(b"\n")[:-1]]


@pytest.mark.slow
def test_events_are_written_renamed_and_read_by_spark(hdfs: Hdfs, spark: SparkSession) -> None:
    folder = folder_of(hdfs, spark, "read")
    writer = SpoolWriter(folder, AMPLE)
    for events in (ODD, [b"next"]):
        writer.append(events)
        assert writer.flush()
        assert [name for name in folder.list() if open_id(name)]
        assert writer.roll() is not None
    rows: list[Row] = []

    def keep(batch: DataFrame, _number: int) -> None:
        rows.extend(batch.collect())

    checkpoint = f"{hdfs.uri}/read/checkpoint"
    query = (
        read_spool(spark, folder.uri)
        .writeStream.option("checkpointLocation", checkpoint)
        .trigger(availableNow=True)
        .foreachBatch(keep)
        .start()
    )
    query.awaitTermination()
    assert [bytes(row.value) for row in sorted(rows, key=lambda row: str(row.origin))] == [*ODD, b"next"]
    log = SourceLog(open_folder(checkpoint, spark))
    assert [segment.name for segment in log.segments(-1, 0)] == folder.list()


@pytest.mark.slow
def test_an_abandoned_open_segment_is_taken_from_its_writer_and_cut(hdfs: Hdfs, spark: SparkSession) -> None:
    folder = folder_of(hdfs, spark, "recover")
    folder.make()
    dead = folder.create(".a.open")
    dead.write(b"000000000000" + b"1800000000000" + b" whole\n")
    dead.write(b"000000000001" + b"1800000000000" + b" half")
    (recovered,) = recover(folder)
    assert recovered == Segment("a", 1, 32)
    assert folder.list() == [recovered.name]
    assert events_of(folder) == [b"whole"]
    with pytest.raises(OSError, match=r"."):
        dead.write(b"000000000002" + b"1800000000000" + b" too late\n")
    assert dead.is_broken
    assert events_of(folder) == [b"whole"]


@pytest.mark.slow
def test_a_stream_that_breaks_is_left_and_the_events_go_on_in_a_new_segment(hdfs: Hdfs, spark: SparkSession) -> None:
    folder = folder_of(hdfs, spark, "broken")
    writer = SpoolWriter(folder, AMPLE)
    writer.append([b"before"])
    assert writer.flush()
    (name,) = folder.list()
    folder.fence(name)  # what a long outage ends in: the stream is dead
    writer.append([b"while"])
    assert not writer.flush()
    assert writer.full_because is not None
    writer.append([b"after"])
    assert writer.flush()
    assert writer.roll() is not None
    writer.close()
    assert len(folder.list()) == 2
    assert sorted(events_of(folder)) == sorted([b"before", b"while", b"after"])


@pytest.mark.slow
def test_doctor_looks_at_folders_there_through_spark_and_says_which_is_not_reached(
    hdfs: Hdfs, settings: dict[str, str], data_folder: Path
) -> None:
    spool, checkpoint = f"{hdfs.uri}/doctor/spool", f"hdfs://127.0.0.1:{free_port()}/checkpoint"
    given = {**settings, "spool": spool, "checkpoint": checkpoint, "source": "socket", "jobname": "covid"}
    done = manage(data_folder, "doctor", "--timeout", "100", **given)
    lines = {line[2:].split()[0]: line for line in done.stdout.splitlines()}
    assert lines["spool"].startswith("✓")
    assert f"{spool}, 0 bytes wait" in lines["spool"]
    assert lines["checkpoint"].startswith("✗")
    assert "Connection refused" in lines["checkpoint"]
