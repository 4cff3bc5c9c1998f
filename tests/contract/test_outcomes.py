"""What an event may come to, as a source says it, and the row that it becomes."""

from pathlib import Path

import pytest
from pyspark.sql import Column, Row, SparkSession
from pyspark.sql import functions as F

from forgotten import Forgotten, of_author, of_post
from processors.forgotten import left_out as without_forgotten
from processors.posts import left_out, post_only, problem_only, removal_of_author, removal_only
from processors.rows import with_outcome
from sinks.documents import measure
from sinks.fingerprint import content_hash, of_removal
from tests.contract.conftest import Frame, ordered
from tests.streaming.fakes import FakeJob
from tests.words_source import outcome

EVENTS = [b"post 1", b"edit 2 1", b"delete 1", b"like", b"bad", b"\xff", None]
LEAVES = b"leave me"


def told(row: Row) -> tuple[str | None, str | None, str | None, bool]:
    return row["post"] and row["post"]["id"], row["problem"], row["removes"], row["filtered"]


def test_an_event_is_a_post_a_dead_letter_a_deletion_an_edit_or_left_out_and_a_tombstone_is_none_of_these(
    events: Frame, spark: SparkSession, tmp_path: Path
) -> None:
    rows = ordered(with_outcome(events(EVENTS), outcome, FakeJob(spark, tmp_path).settings))
    assert [told(row) for row in rows] == [
        ("1", None, None, False),
        ("2", None, "1", False),
        (None, None, "1", False),
        (None, None, None, True),
        (None, "not_a_post", None, False),
        (None, "not_utf8", None, False),
        (None, None, None, False),
    ]
    assert [row["raw"] is not None for row in rows] == [False] * 4 + [True] * 2 + [False]


def test_every_outcome_has_the_same_three_fields(spark: SparkSession) -> None:
    post = F.lit(None)
    kinds = [post_only(post), post_only(post, F.lit("1")), problem_only("x"), removal_only(F.lit("1")), left_out()]
    kinds.append(removal_of_author(F.lit("me")))
    found = {spark.range(1).select(each.alias("o")).schema["o"].dataType.simpleString() for each in kinds}
    assert len(found) == 1
    assert found.pop().endswith(">,problem:string,removes:string>")


def test_a_source_that_knows_posts_and_problems_only_removes_nothing(
    events: Frame, spark: SparkSession, tmp_path: Path
) -> None:
    def older(event: Column) -> Column:
        found = outcome(event)
        return F.struct(found["post"].alias("post"), found["problem"].alias("problem"))

    rows = ordered(with_outcome(events(EVENTS), older, FakeJob(spark, tmp_path).settings))
    assert [row["removes"] for row in rows] == [None] * len(EVENTS)
    assert [told(row)[:2] for row in rows][:2] == [("1", None), ("2", None)]


def test_each_kind_of_event_is_counted_and_what_is_asked_to_go_is_part_of_the_hash(
    events: Frame, spark: SparkSession, tmp_path: Path
) -> None:
    settings = FakeJob(spark, tmp_path).settings
    contents = measure(with_outcome(events(EVENTS), outcome, settings))
    assert (contents.posts, contents.dead_letters, contents.tombstones) == (2, 2, 1)
    assert (contents.deletions, contents.edits, contents.filtered, contents.removals) == (1, 1, 1, 2)
    asked = [{"origin": "1", "kind": "edited", "post_id": "1"}, {"origin": "2", "kind": "deleted", "post_id": "1"}]
    assert contents.removals_hash == content_hash(sum(map(of_removal, asked)))
    without = measure(with_outcome(events(EVENTS), outcome, settings).withColumn("removes", F.lit(None).cast("string")))
    assert int(contents.content_hash, 16) == (int(without.content_hash, 16) + int(contents.removals_hash, 16)) % 2**64
    assert without.removals_hash == "0" * 16


def test_an_author_who_is_gone_is_a_deletion_by_another_name_than_that_of_a_post(
    events: Frame, spark: SparkSession, tmp_path: Path
) -> None:
    contents = measure(with_outcome(events([LEAVES]), outcome, FakeJob(spark, tmp_path).settings))
    assert (contents.deletions, contents.posts, contents.filtered) == (1, 0, 0)
    asked = {"origin": "0", "kind": "author", "post_id": "me"}
    assert contents.removals_hash == content_hash(of_removal(asked))


@pytest.mark.parametrize("others", [0, 200])
def test_an_author_who_is_forgotten_is_not_asked_to_go_once_more(
    events: Frame, spark: SparkSession, tmp_path: Path, others: int
) -> None:
    hashes = frozenset({of_author("me"), of_post("me"), *(of_post(f"other {number}") for number in range(others))})
    rows = with_outcome(events([LEAVES, b"leave you"]), outcome, FakeJob(spark, tmp_path).settings)
    contents = measure(without_forgotten(rows, Forgotten(hashes)))
    assert (contents.forgotten, contents.deletions) == (1, 1)


@pytest.mark.parametrize("others", [0, 200])
def test_what_is_forgotten_is_not_asked_to_go_once_more(
    events: Frame, spark: SparkSession, tmp_path: Path, others: int
) -> None:
    hashes = frozenset({of_post("1"), *(of_post(f"other {number}") for number in range(others))})
    rows = without_forgotten(
        with_outcome(events(EVENTS), outcome, FakeJob(spark, tmp_path).settings), Forgotten(hashes)
    )
    contents = measure(rows)
    assert (contents.posts, contents.forgotten, contents.deletions, contents.edits) == (1, 2, 0, 1)
    assert (contents.filtered, contents.tombstones, contents.dead_letters) == (1, 1, 2)
