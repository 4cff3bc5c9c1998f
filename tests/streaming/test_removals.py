"""What a batch asks to go is stored beside its posts and dead letters, the same at each attempt."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from sinks.fingerprint import content_hash, of_dead_letter, of_post, of_removal
from tests.streaming.fakes import HEARD_AT, FakeJob, Killed
from tests.words_source import UnheardWords

HEARD = [
    b"post 1 first",
    b"edit 1 1 better",
    b"delete 2",
    b"like 1",
    b"nonsense",
    b"delete 3",
    b"edit 5 4 it",
    b"leave me",
]
REMOVAL = (
    "struct<_id:string,job:string,source:string,batch_id:bigint,post_id:string,kind:string,origin:string,"
    "received_at:timestamp,done_at:timestamp,due_at:timestamp>"
)


@pytest.fixture
def job(spark: SparkSession, tmp_path: Path) -> FakeJob:
    return FakeJob(spark, tmp_path)


def test_posts_dead_letters_and_removals_of_one_batch_each_have_their_place_and_their_count(job: FakeJob) -> None:
    job.hear(HEARD)
    job.run(UnheardWords)
    (committed,) = job.ledger.committed.values()
    plan, contents = committed.plan, committed.plan.contents
    assert (contents.posts, contents.dead_letters, contents.tombstones, contents.forgotten) == (3, 1, 0, 0)
    assert (contents.deletions, contents.edits, contents.filtered) == (3, 2, 1)
    assert [post["id"] for post in job.content] == ["1", "1", "5"]
    asked = sorted(job.removals, key=lambda each: str(each["origin"]))
    assert [(each["kind"], each["post_id"]) for each in asked] == [
        ("edited", "1"),
        ("deleted", "2"),
        ("deleted", "3"),
        ("edited", "4"),
        ("author", "me"),
    ]
    assert {each["received_at"] for each in asked} == {HEARD_AT}
    assert {(each["done_at"], each["due_at"]) for each in asked} == {(None, plan.logged.timestamp)}
    assert all(each["_id"] == f"{plan.id.query_id}:{each['origin']}" for each in asked)
    assert job.sink.schemas["removals"].simpleString() == REMOVAL
    assert "removals" in committed.spans
    removals = sum(map(of_removal, asked))
    others = sum(map(of_post, job.content)) + sum(map(of_dead_letter, job.dead_letters))
    assert contents.removals_hash == content_hash(removals)
    assert contents.content_hash == content_hash(removals + others)


def test_a_batch_that_asks_for_nothing_writes_no_removals(job: FakeJob) -> None:
    job.hear([b"post 1 first", b"like 1"])
    job.run(UnheardWords)
    assert job.removals == []
    assert job.sink.writes == 1
    (committed,) = job.ledger.committed.values()
    assert committed.plan.contents.content_hash == content_hash(sum(map(of_post, job.content)))


def test_a_batch_of_deletions_alone_has_no_document_and_is_committed(job: FakeJob) -> None:
    job.hear([b"delete 1", b"delete 1"])
    job.run(UnheardWords)
    (committed,) = job.ledger.committed.values()
    assert (job.documents, committed.plan.parts, len(job.removals)) == ([], 0, 2)


def test_a_replay_writes_the_same_and_one_of_changed_code_keeps_nothing_of_the_old_attempt(job: FakeJob) -> None:
    job.hear(HEARD)
    job.ledger.dies_at_commit = True
    with pytest.raises(Killed):
        job.run(UnheardWords)
    before = {name: dict(documents) for name, documents in job.sink.collections.items()}
    with pytest.raises(Killed):
        job.run(UnheardWords)
    assert job.sink.collections == before
    job.ledger.dies_at_commit = False
    job.run()  # as plain text: each line is a post
    assert job.removals == []
    assert len(job.content) == len(HEARD)
