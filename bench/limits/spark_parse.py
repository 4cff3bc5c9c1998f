"""(e) Spark reading the topic and parsing each event, and no more: into `noop`."""

from datetime import datetime
from pathlib import Path

from pyspark.sql import functions as F

from bench.task import Task, report
from runtime.session import open_session

_ENTITIES = (
    "struct<hashtags array<struct<tag string>>, mentions array<struct<username string>>, "
    "urls array<struct<url string, expanded_url string>>>"
)
_EVENT = (
    "data struct<id string, text string, created_at timestamp, lang string, author_id string, "
    "edit_history_tweet_ids array<string>, referenced_tweets array<struct<type string, id string>>, "
    "public_metrics struct<like_count bigint, retweet_count bigint, reply_count bigint, quote_count bigint>, "
    f"entities {_ENTITIES}>"
)


def main(task: Task) -> None:
    """`batch` events at a time, as the job does."""
    spark = open_session(task.name, Path())
    messages = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", task.bootstrap)
        .option("subscribe", task.topic)
        .option("startingOffsets", "earliest")
        .option("maxOffsetsPerTrigger", task.batch)
        .load()
    )
    posts = messages.select(F.from_json(F.col("value").cast("string"), _EVENT)["data"].alias("post"))
    query = (
        posts.select("post.*")
        .writeStream.format("noop")
        .option("checkpointLocation", str(Path("checkpoint").absolute()))
        .trigger(availableNow=True)
        .start()
    )
    query.awaitTermination()
    done = 0
    for progress in query.recentProgress:
        done += progress["numInputRows"]
        began = datetime.fromisoformat(progress["timestamp"]).timestamp()
        report(done, began + progress["durationMs"]["triggerExecution"] / 1000)
    spark.stop()


if __name__ == "__main__":
    main(Task.from_arguments())
