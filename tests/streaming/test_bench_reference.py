"""Two who were written apart agree on every post: the job and the reference of the bench."""

from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from bench.events import events
from bench.reference import expected
from processors.events import post_or_problem

NUMBER = 5_000


def test_the_job_and_the_reference_agree_on_every_post(spark: SparkSession, tmp_path: Path) -> None:
    made = list(events(NUMBER, seed=7))
    (tmp_path / "events").write_bytes(b"\n".join(made))
    wanted = {post.id: post for post in map(expected, made)}
    outcomes = spark.read.text(str(tmp_path)).select(post_or_problem(F.col("value")).alias("outcome"))
    found = outcomes.select("outcome.post.*").select("id", "text", "raw_text", "hashtags", "mentions", "urls").collect()
    assert len(found) == NUMBER
    for post in found:
        reference = wanted[post["id"]]
        assert (post["text"], post["raw_text"]) == (reference.text, reference.raw_text)
        lists = tuple(tuple(post[name]) for name in ("hashtags", "mentions", "urls"))
        assert lists == (reference.hashtags, reference.mentions, reference.urls)
