"""Files as a source: every event of them once, whatever the format, and whatever died meanwhile."""

import gzip
import json
import os
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.errors import StreamingQueryException
from pyspark.sql import SparkSession

from errors import CannotStart, FixSettings
from processors.file_formats import name_below
from processors.files import FilesProcessor
from spool.local_folder import LocalFolder
from spool.segments import CutEvent, Message
from spool.writer import SpoolWriter
from tests.streaming.fakes import FakeJob, Killed

MODIFIED = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
HEARD_AT = 1_700_000_000_123


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where files are put; its own name is one that URIs write differently."""
    place = tmp_path / "an archive+more"
    place.mkdir()
    return place


def job_over(spark: SparkSession, tmp_path: Path, folder: Path, **settings: object) -> FakeJob:
    for path in folder.rglob("*"):
        os.utime(path, (MODIFIED.timestamp(),) * 2)  # none that may still be being written
    return FakeJob(spark, tmp_path, **{"source": "files", "files_folder": f"file://{folder}", **settings})


def run_again_and_again(job: FakeJob) -> list[str]:
    """As the supervisor does, one processor until its query ends well; what it died of before that."""
    processor, died_of = FilesProcessor(job.parts()), list[str]()
    for _ in range(4):
        query = processor.write_stream()
        try:
            query.awaitTermination()
        except StreamingQueryException:
            assert processor.failure is not None
            died_of.append(str(processor.failure))
        else:
            return died_of
    raise AssertionError(died_of)


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (MODIFIED.timestamp(),) * 2)
    return path


def texts(job: FakeJob) -> list[str]:
    return sorted(post["text"] for post in job.content)


def test_lines_of_plain_and_compressed_files_become_posts(spark: SparkSession, tmp_path: Path, folder: Path) -> None:
    put(folder / "a.txt", b"one\r\n\n \t\r\ntwo")
    put(folder / "2023" / "12:00" / "b:c +%41.jsonl.gz", gzip.compress(b'{"text":"three","id":"3"}\n\xff\n'))
    job = job_over(spark, tmp_path, folder)
    job.run(FilesProcessor)
    assert texts(job) == ["one", "three", "two"]
    assert [(letter["problem"], letter["raw"]) for letter in job.dead_letters] == [("not_utf8", b"\xff")]
    assert {post["received_at"] for post in job.content} == {MODIFIED}
    (batch,) = job.ledger.plans.values()
    files = [each["file"] for each in batch.logged.offsets]
    assert len(files) == 2
    assert {post["origin"].rpartition(":")[0] for post in job.content} == set(files)


def test_what_a_file_holds_twice_is_stored_once_and_what_two_files_hold_twice(
    spark: SparkSession, tmp_path: Path, folder: Path
) -> None:
    put(folder / "a.txt", b"one\none\ntwo\n")
    put(folder / "b.txt", b"two\n\xff\n\xff\n\xff\n")
    job = job_over(spark, tmp_path, folder)
    job.run(FilesProcessor)
    assert texts(job) == ["one", "two", "two"]
    (plan,) = job.ledger.plans.values()
    assert (plan.contents.posts, plan.contents.dead_letters, plan.contents.duplicates) == (3, 1, 3)


def test_events_of_other_networks_are_not_taken_for_pages_of_x(
    spark: SparkSession, tmp_path: Path, folder: Path
) -> None:
    line = b'{"data": [{"id":"1","text":"a"},{"id":"2","text":"b"}]}'
    put(folder / "a.jsonl", line + b"\n")
    job = job_over(spark, tmp_path, folder, files_as="bluesky")
    job.run(FilesProcessor)
    assert [letter["raw"] for letter in job.dead_letters] == [line]


def test_a_page_becomes_its_posts_each_with_what_it_refers_to(
    spark: SparkSession, tmp_path: Path, folder: Path
) -> None:
    page = {
        "data": [
            {"id": "11", "text": "RT @a: be", "referenced_tweets": [{"type": "retweeted", "id": "1"}]},
            {"id": "12", "text": 'a "quoted", {braced} ü'},
        ],
        "includes": {
            "users": [{"id": "9"}],
            "tweets": [{"id": "1", "text": "begin and end"}, {"id": "2", "text": "x"}],
        },
        "meta": {"result_count": 2},
    }
    put(folder / "page.jsonl", json.dumps(page, ensure_ascii=False).encode() + b"\n" + b'{"data": [cut off\n')
    job = job_over(spark, tmp_path, folder, files_as="twitter", twitter_bearer_token="t")
    job.run(FilesProcessor)
    assert texts(job) == ['a "quoted", {braced} ü', "begin and end"]
    assert sorted(post["id"] for post in job.content) == ["11", "12"]
    assert [letter["raw"] for letter in job.dead_letters] == [b'{"data": [cut off']


def test_recorded_events_keep_their_time_their_origin_and_their_length(
    spark: SparkSession, tmp_path: Path, folder: Path
) -> None:
    writer = SpoolWriter(LocalFolder(folder), 10**9, lambda: HEARD_AT)
    writer.append([b"one", CutEvent(b"lo", 5_000_000, "ab" * 32), b"two"])
    writer.close()
    put(folder / "notes.txt", b"no segment")
    job = job_over(spark, tmp_path, folder, files_format="recorded")
    job.run(FilesProcessor)
    heard_at = datetime.fromtimestamp(HEARD_AT / 1000, UTC)
    assert [(post["text"], post["received_at"]) for post in job.content] == [("one", heard_at), ("two", heard_at)]
    assert [post["origin"][-13:] for post in job.content] == [":000000000000", ":000000000002"]
    assert [(each["problem"], each["length"]) for each in job.dead_letters] == [("too_long", 5_000_000)]


def test_recorded_messages_have_the_brokers_time_and_lose_neither_line_feeds_nor_tombstones(
    spark: SparkSession, tmp_path: Path, folder: Path
) -> None:
    writer = SpoolWriter(LocalFolder(folder), 10**9)
    told = [(b"k", b"one"), (None, b"t\nwo"), (b"", b""), (b"k", None), (None, b"\xff\n"), (None, b"+,x")]
    writer.append([Message(key, value, HEARD_AT + number) for number, (key, value) in enumerate(told)])
    writer.close()
    job = job_over(spark, tmp_path, folder, files_format="recorded", files_as="kafka")
    job.run(FilesProcessor)
    assert [post["raw_text"] for post in job.content] == ["one", "t\nwo", "+,x"]
    times = [(post["received_at"] - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000 for post in job.content]
    assert list(map(round, times)) == [HEARD_AT, HEARD_AT + 1, HEARD_AT + 5]
    assert [(each["problem"], each["raw"]) for each in job.dead_letters] == [("no_text", b""), ("not_utf8", b"\xff\n")]
    (plan,) = job.ledger.plans.values()
    assert plan.contents.tombstones == 1


def test_rows_of_parquet_become_posts(spark: SparkSession, tmp_path: Path, folder: Path) -> None:
    rows: dict[str, Any] = {
        "id": [9_007_199_254_740_993, 2],
        "text": ["big", None],
        "created_at": [datetime(2023, 1, 2, 3, 4, 5, tzinfo=UTC)] * 2,
    }
    pq.write_table(pa.table(rows), folder / "a.parquet")
    job = job_over(spark, tmp_path, folder, files_format="parquet")
    job.run(FilesProcessor)
    (post,) = job.content
    assert (post["id"], post["text"], post["created_at"]) == ("9007199254740993", "big", rows["created_at"][0])
    assert post["origin"] == "a.parquet:0"
    assert [letter["origin"] for letter in job.dead_letters] == ["a.parquet:1"]


def test_a_column_value_is_the_whole_event(spark: SparkSession, tmp_path: Path, folder: Path) -> None:
    pq.write_table(pa.table({"value": [b'{"text":"one"}', b"two", None], "x": [1, 2, 3]}), folder / "a.parquet")
    job = job_over(spark, tmp_path, folder, files_format="parquet")
    job.run(FilesProcessor)
    assert texts(job) == ["one", "two"]


def test_parquet_without_a_file_says_what_to_do(spark: SparkSession, tmp_path: Path, folder: Path) -> None:
    with pytest.raises(CannotStart, match="no Parquet file"):
        job_over(spark, tmp_path, folder, files_format="parquet").run(FilesProcessor)


def test_a_batch_that_is_run_again_after_a_death_stores_the_same(
    spark: SparkSession, tmp_path: Path, folder: Path
) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        put(folder / name, f"{name} one\n{name} two\n".encode())
    job = job_over(spark, tmp_path, folder, files_at_once=2)
    job.ledger.dies_at_commit = True
    with pytest.raises(Killed):
        job.run(FilesProcessor)
    before = dict(job.sink.collections["micro_batches"])
    assert before
    job.ledger.dies_at_commit = False
    job.run(FilesProcessor)
    assert before.items() <= job.sink.collections["micro_batches"].items()
    assert len(texts(job)) == len(set(texts(job))) == 6
    assert [len(plan.logged.offsets) for _, plan in sorted(job.ledger.plans.items())] == [2, 1]


def test_a_file_that_cannot_be_read_to_its_end_is_passed_over_whole_and_named(
    spark: SparkSession, tmp_path: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lines = b"".join(f"{number} {sha256(str(number).encode()).hexdigest()}\n".encode() for number in range(4_000))
    whole = gzip.compress(lines)
    put(folder / "half a:b.txt.gz", whole[: len(whole) // 2])
    put(folder / "sum.txt.gz", whole[:-8] + bytes(8))
    put(folder / "c.txt", b"fine\n")
    job = job_over(spark, tmp_path, folder)
    (died_of,) = run_again_and_again(job)
    assert "Exception" in died_of
    assert texts(job) == ["fine"]
    (plan,) = job.ledger.plans.values()
    assert {each["file"]: each.get("passed_over") for each in plan.logged.offsets} == {
        "half%20a:b.txt.gz": "EOFException: Unexpected end of input stream",
        "sum.txt.gz": "IOException: gzip stream CRC failure",
        "c.txt": None,
    }
    assert sum("passed over" in record.getMessage() for record in caplog.records) == 2
    put(folder / "whole.txt.gz", whole)
    job.run(FilesProcessor)
    assert len(texts(job)) == 4_001


def test_lines_that_nobody_has_the_memory_for_are_passed_over_and_told(
    spark: SparkSession, tmp_path: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    array = b"[" + b'{"text": "one"}, ' * 1_200_000 + b"]"
    put(folder / "an array.json", b'{"text": "before"}\n' + array + b'\n{"text": "behind"}\n')
    put(folder / "large.json", b"\xef\xbb\xbf" + b'{"text": "large"}' + (b" " * 900_000 + b"\n") * 18)
    put(folder / "small.json", b'{"text": "small"}\n')
    job = job_over(spark, tmp_path, folder)
    job.run(FilesProcessor)
    assert {"before", "behind", "small"} <= set(texts(job))
    (plan,) = job.ledger.plans.values()
    unread = {each["file"]: each.get("unread_bytes", 0) for each in plan.logged.offsets}
    assert 0 < unread.pop("an%20array.json") <= len(array) + 1
    assert unread == {"large.json": 0, "small.json": 0}
    (told,) = [record.getMessage() for record in caplog.records if "lines passed over" in record.getMessage()]
    assert "file=an%20array.json" in told


@pytest.mark.slow
def test_parquet_files_of_other_columns_are_read_and_those_of_other_types_passed_over(
    spark: SparkSession, tmp_path: Path, folder: Path
) -> None:
    pq.write_table(pa.table({"id": [1], "text": ["one"]}), folder / "a.parquet")
    pq.write_table(pa.table({"x": [2], "text": ["two"]}), folder / "b.parquet")
    pq.write_table(pa.table({"id": ["3"], "text": ["three"]}), folder / "c.parquet")
    put(folder / "d.parquet", (folder / "a.parquet").read_bytes()[:99])
    job = job_over(spark, tmp_path, folder, files_format="parquet")
    run_again_and_again(job)
    (plan,) = job.ledger.plans.values()
    passed_over = [each["file"] for each in plan.logged.offsets if "passed_over" in each]
    assert "d.parquet" in passed_over
    # Whose type is the right one is open where both are there at the start.
    assert (passed_over, texts(job)) in (
        (["c.parquet", "d.parquet"], ["one", "two"]),
        (["a.parquet", "d.parquet"], ["three", "two"]),
    )


def test_a_file_that_grew_before_its_batch_was_stored_is_stored_whole(
    spark: SparkSession, tmp_path: Path, folder: Path
) -> None:
    put(folder / "a.txt", b"one\nhal")
    job = job_over(spark, tmp_path, folder)
    job.ledger.dies_at_commit = True
    with pytest.raises(Killed):
        job.run(FilesProcessor)
    job.ledger.dies_at_commit = False
    (folder / "a.txt").write_bytes(b"one\nhalf no more\n")
    (died_of,) = run_again_and_again(job)
    assert "a.txt was still being written" in died_of
    assert texts(job) == ["half no more", "one"]


def test_a_lost_checkpoint_stores_no_file_again_also_after_another_restart(
    spark: SparkSession, tmp_path: Path, folder: Path
) -> None:
    put(folder / "a b.txt", b"one\n")
    put(folder / "b.txt", b"two\n")
    job = job_over(spark, tmp_path, folder)
    job.run(FilesProcessor)
    fresh = job_over(spark, tmp_path / "fresh", folder, files_at_once=1)
    fresh.sink, fresh.ledger = job.sink, job.ledger
    fresh.run(FilesProcessor)
    put(folder / "c.txt", b"three\n")
    fresh.run(FilesProcessor)
    assert texts(job) == ["one", "three", "two"]


def test_from_start_stores_again(spark: SparkSession, tmp_path: Path, folder: Path) -> None:
    put(folder / "a.txt", b"one\n")
    job = job_over(spark, tmp_path, folder)
    job.run(FilesProcessor)
    again = job_over(spark, tmp_path / "fresh", folder, from_start=True)
    again.sink, again.ledger = job.sink, job.ledger
    again.run(FilesProcessor)
    assert texts(job) == ["one", "one"]


def test_a_folder_that_is_not_there_is_waited_for(spark: SparkSession, tmp_path: Path, folder: Path) -> None:
    processor = FilesProcessor(job_over(spark, tmp_path, folder).parts())
    assert processor.unreachable() is None
    folder.rmdir()
    assert "FILES_FOLDER" in str(processor.unreachable())


def test_a_file_system_that_does_not_answer_is_waited_for(spark: SparkSession, tmp_path: Path, folder: Path) -> None:
    processor = FilesProcessor(job_over(spark, tmp_path, folder, files_folder="hdfs://127.0.0.1:1/a").parts())
    assert str(processor.unreachable()).startswith("hdfs://127.0.0.1:1/a: ")


def test_a_source_that_is_none_is_a_mistake_in_the_settings(spark: SparkSession, tmp_path: Path, folder: Path) -> None:
    with pytest.raises(FixSettings, match="bluesky, kafka, mastodon, socket"):
        job_over(spark, tmp_path, folder, files_as="files").run(FilesProcessor)


@pytest.mark.parametrize("place", ["/a/b", "file:///a/b/", "file:/a//b", "hdfs://host:1/a/b", "s3a://a/a/b"])
@pytest.mark.parametrize("root", ["file:///a/b/", "hdfs://host:1/a/b/", "/a/b/"])
def test_a_name_begins_below_the_folder_however_both_are_written(place: str, root: str) -> None:
    assert name_below(place, f"{root}2023/c.txt") == "2023/c.txt"
