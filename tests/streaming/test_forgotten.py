"""What is forgotten is in no batch: by id, by author, by the post whose text it has; a dead letter by its bytes."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from forgotten import Forgotten, copied_id, of_author, of_post
from processors.base import JobParts, StreamProcessor
from processors.forgotten import left_out
from processors.socket import SocketProcessor
from tests.streaming.fakes import FakeJob, Killed

BAD = b'{"id": "7", "no": "text"}'
NOBODY = of_post("nobody")
MANY = [of_post(f"other {number}") for number in range(200)]


class TweetsProcessor(SocketProcessor):
    """Heard by nobody."""

    receiver = None


def tweet(name: str, author: str = "9", **fields: object) -> bytes:
    return json.dumps({"id": name, "text": f"text of {name}", "author_id": author, **fields}).encode()


def repost(name: str, of: str) -> bytes:
    return tweet(name, referenced_tweets=[{"type": "retweeted", "id": of}])


HEARD = [
    tweet("1"),
    tweet("2", author="8"),
    repost("3", of="1"),
    tweet("4", referenced_tweets=[{"type": "quoted", "id": "1"}]),
    tweet("5", edit_history_tweet_ids=["1", "5"]),
    tweet("6", referenced_tweets=[{"type": "replied_to", "id": "1"}]),
    BAD,
]


class Remembering:
    """What is forgotten, by the looks at it: each `known` takes the next, and the last stays."""

    def __init__(self, *hashes: Sequence[str]) -> None:
        self._hashes = list(hashes)
        self.looks = 0

    def known(self) -> Forgotten:
        self.looks += 1
        now = self._hashes[0] if len(self._hashes) == 1 else self._hashes.pop(0)
        return Forgotten(frozenset(now), datetime.fromtimestamp(len(now), UTC))

    def has_grown(self, since: Forgotten) -> bool:
        return len(self._hashes[0]) > len(since.hashes)


class ForgetfulJob(FakeJob):
    """A job whose batches leave these out."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        super().__init__(spark, folder)
        self.forgotten = Remembering([])

    def parts(self) -> JobParts:
        parts = super().parts()
        return JobParts(**{**vars(parts), "forgotten": self.forgotten})

    def heard(self, forgotten: Remembering) -> StreamProcessor:
        self.forgotten = forgotten
        return self.run(TweetsProcessor)

    def ids(self) -> list[str]:
        return sorted(post["id"] for post in self.content)


@pytest.fixture
def job(spark: SparkSession, tmp_path: Path) -> ForgetfulJob:
    job = ForgetfulJob(spark, tmp_path)
    job.hear(HEARD)
    return job


@pytest.mark.parametrize("others", [[NOBODY], MANY], ids=["few", "many"])
@pytest.mark.parametrize(
    ("forgotten", "left"),
    [
        (of_post("1"), ["2", "4", "6"]),
        (of_author("8"), ["1", "3", "4", "5", "6"]),
        (of_author("9"), ["2"]),
        (of_post("9"), ["1", "2", "3", "4", "5", "6"]),
        (hashlib.sha256(BAD).hexdigest(), ["1", "2", "3", "4", "5", "6"]),
    ],
    ids=["a-post-its-repost-and-its-edit", "an-author", "another-author", "an-id-that-is-an-authors", "a-dead-letter"],
)
def test_a_batch_leaves_out_what_is_forgotten_and_counts_it(
    job: ForgetfulJob, forgotten: str, left: list[str], others: list[str]
) -> None:
    job.heard(Remembering([*others, forgotten]))
    is_letter = forgotten == hashlib.sha256(BAD).hexdigest()
    assert job.ids() == left
    assert len(job.dead_letters) == (0 if is_letter else 1)
    (plan,) = job.ledger.plans.values()
    contents = plan.contents
    assert contents.forgotten == len(HEARD) - len(left) - (0 if is_letter else 1)
    assert (contents.posts, contents.dead_letters, contents.tombstones) == (len(left), len(job.dead_letters), 0)


def test_spark_and_python_say_the_same_of_whose_text_a_post_has(job: ForgetfulJob) -> None:
    job.heard(Remembering([NOBODY]))
    copies = {post["id"]: copied_id(post) for post in job.content}
    assert copies == {"1": None, "2": None, "3": "1", "4": None, "5": "1", "6": None}


def test_where_nothing_is_forgotten_the_plan_has_nothing_more_in_it(spark: SparkSession) -> None:
    rows: DataFrame = spark.range(1)
    assert left_out(rows, Forgotten()) is rows


def test_what_is_forgotten_while_a_batch_is_stored_is_not_in_it(job: ForgetfulJob) -> None:
    forgotten = Remembering([], [of_post("2")])
    job.heard(forgotten)
    assert job.ids() == ["1", "3", "4", "5", "6"]
    assert (forgotten.looks, job.counts.asked) == (2, 1)
    (committed,) = job.ledger.committed.values()
    assert (committed.plan.contents.posts, committed.plan.contents.forgotten) == (5, 1)


def test_a_replay_leaves_out_what_was_forgotten_since_and_keeps_no_part_of_the_old_attempt(job: ForgetfulJob) -> None:
    job.ledger.dies_at_commit = True
    with pytest.raises(Killed):
        job.heard(Remembering([]))
    assert len(job.content) == 6
    job.ledger.dies_at_commit = False
    before = stored(job)
    job.heard(Remembering([of_author("9"), hashlib.sha256(BAD).hexdigest()]))
    assert job.ids() == ["2"]
    assert job.dead_letters == []
    assert before["total_case_count"] == stored(job)["total_case_count"]


def test_a_batch_of_which_all_is_forgotten_has_no_document_and_is_committed(job: ForgetfulJob) -> None:
    job.heard(Remembering([of_author("8"), of_author("9"), hashlib.sha256(BAD).hexdigest()]))
    assert (job.documents, job.dead_letters) == ([], [])
    (committed,) = job.ledger.committed.values()
    assert (committed.plan.parts, committed.plan.contents.forgotten) == (0, len(HEARD))


def stored(job: ForgetfulJob) -> dict[str, Any]:
    (document,) = job.documents
    return document
