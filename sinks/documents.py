"""Rows (`processors.rows`) to documents: their contents measured, their parts chosen, their fields laid out."""

import math
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import add

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from case_count import CaseCount
from micro_batch import PROBLEMS, BatchPlan, Contents
from sinks.even_keys import even_keys
from sinks.fingerprint import (
    ARRAYS,
    DATES,
    METRICS,
    STRINGS,
    content_hash,
    fingerprint,
    kind_of_removal,
    name_in_removal,
    removal_fingerprint,
)

SCHEMA_VERSION = 1

_ENVELOPE_BYTES = 4_096  # the fields around `content`, with a jobname and a source's class name at their longest
_SPREAD = 1.1  # hashing fills parts unevenly: a tenth of room makes the first guess good for posts of usual size
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def measure(rows: DataFrame) -> Contents:
    """Count, size and hash of the rows: one pass over them, one row of numbers to the driver. Raises Spark's errors.

    rows: `processors.rows`, maybe with `forgotten` boolean (`processors.forgotten`), and `duplicates` bigint: how many
    more there were of each (null: none).
    """
    found = rows.agg(
        F.count("*").alias("events"),
        F.count("post").alias("posts"),
        F.count("problem").alias("dead_letters"),
        *(F.count_if(F.col("problem") == each).alias(each) for each in PROBLEMS),
        F.count("removes").alias("removals"),
        F.count(F.when(F.col("post").isNotNull(), F.col("removes"))).alias("edits"),
        F.count_if("filtered").alias("filtered"),
        (F.count_if("forgotten") if "forgotten" in rows.columns else F.lit(0)).alias("forgotten"),
        (F.coalesce(F.sum("duplicates"), F.lit(0)) if "duplicates" in rows.columns else F.lit(0)).alias("duplicates"),
        F.coalesce(F.sum(bson_bytes(F.col("post"))), F.lit(0)).alias("bytes"),
        # Without ANSI mode (`runtime.session`) a sum that passes 64 bits begins anew, and fails nothing.
        F.coalesce(F.sum(fingerprint()), F.lit(0)).alias("hash"),
        F.coalesce(F.sum(removal_fingerprint()), F.lit(0)).alias("removals_hash"),
        F.unix_millis(F.max("received_at")).alias("newest"),
    ).collect()[0]
    deletions = found["removals"] - found["edits"]
    others = found["posts"] + found["dead_letters"] + found["forgotten"] + deletions + found["filtered"]
    return Contents(
        posts=found["posts"],
        dead_letters=found["dead_letters"],
        tombstones=found["events"] - others,
        forgotten=found["forgotten"],
        deletions=deletions,
        edits=found["edits"],
        filtered=found["filtered"],
        duplicates=found["duplicates"],
        bytes=found["bytes"],
        content_hash=content_hash(found["hash"] + found["removals_hash"]),
        removals_hash=content_hash(found["removals_hash"]),
        newest_received_at=None if found["newest"] is None else _EPOCH + timedelta(milliseconds=found["newest"]),
        problems={each: found[each] for each in PROBLEMS if found[each]},
    )


def choose_parts(rows: DataFrame, contents: Contents, max_document_bytes: int) -> int:
    """The smallest number of hash parts tried of which the largest stays under the limit; 0 without posts.

    max_document_bytes: of a document in BSON. A post that has a part to itself may pass it: more parts would not help.
    Raises Spark's errors.
    """
    if contents.posts == 0:
        return 0
    room = max_document_bytes - _ENVELOPE_BYTES
    if contents.bytes <= room:
        return 1
    parts = math.ceil(contents.bytes * _SPREAD / room)
    while _largest_shared_part(rows, parts) > room:
        parts = math.ceil(parts * 1.25)
    return parts


def documents(rows: DataFrame, plan: BatchPlan, job: str, source: str) -> DataFrame:
    """One row for each part that holds a post, laid out as a document of `micro_batches` (`casestream.stored`).

    `content` is sorted by (created_at, origin). A part that the hash gives no post has no document: `parts` is the
    divisor, not the number of documents.
    """
    posts = rows.where("post is not null").select(_part(plan.parts).alias("part"), "post")
    if plan.parts == 1:
        in_parts = posts.coalesce(1).withColumn("task", F.lit(0))
    else:  # a task for each part: by its number alone, Spark gives one of them several
        tasks = F.array(*map(F.lit, even_keys(plan.parts)))
        in_parts = posts.withColumn("task", tasks[F.col("part")]).repartition(plan.parts, "task")
    sorted_posts = F.sort_array(F.collect_list(F.struct("post.created_at", "post.origin", "post")))
    count = plan.case_count
    return (
        in_parts.groupBy("task", "part")
        .agg(sorted_posts.alias("sorted"))
        .select(
            F.concat(F.lit(f"{plan.id}:"), F.col("part").cast("string")).alias("_id"),
            F.lit(SCHEMA_VERSION).alias("schema_version"),
            F.lit(job).alias("job"),
            F.lit(source).alias("source"),
            F.lit(plan.id.number).cast("bigint").alias("batch_id"),
            F.col("part").cast("int").alias("part"),
            F.lit(plan.parts).alias("parts"),
            F.size("sorted").alias("posts"),
            F.col("sorted.post").alias("content"),
            _date(plan.logged.timestamp).alias("timestamp"),
            F.lit(count.total).cast("bigint").alias("total_case_count"),
            _provenance(count).alias("case_count"),
        )
    )


def dead_letters(rows: DataFrame, plan: BatchPlan, job: str, source: str) -> DataFrame:
    """One row for each event with a problem, laid out as a document of `dead_letters` (`casestream.stored`)."""
    return rows.where("problem is not null").select(
        F.concat(F.lit(f"{plan.id.query_id}:"), "origin").alias("_id"),
        "raw",
        "length",
        "sha256",
        "problem",
        "origin",
        "headers",
        F.lit(job).alias("job"),
        F.lit(source).alias("source"),
        F.lit(plan.id.number).cast("bigint").alias("batch_id"),
        "received_at",
        F.lit(None).cast("timestamp").alias("requeued_at"),
    )


def removals(rows: DataFrame, plan: BatchPlan, job: str, source: str) -> DataFrame:
    """One row for each event that asks for something to go, laid out as one of `removals` (`casestream.stored`)."""
    return rows.where("removes is not null").select(
        F.concat(F.lit(f"{plan.id.query_id}:"), "origin").alias("_id"),
        F.lit(job).alias("job"),
        F.lit(source).alias("source"),
        F.lit(plan.id.number).cast("bigint").alias("batch_id"),
        name_in_removal().alias("post_id"),
        kind_of_removal().alias("kind"),
        "origin",
        "received_at",
        F.lit(None).cast("timestamp").alias("done_at"),
        # A producer may claim that its event is of the year 2100: not the event's time.
        _date(plan.logged.timestamp).alias("due_at"),
    )


def bson_bytes(post: Column) -> Column:
    """An upper bound of a post's size in bytes as an element of `content` (https://bsonspec.org/spec.html).

    post: as `processors.rows` has it; bigint, null where there is none.
    """
    fixed = sum(len(name) + 7 for name in (*STRINGS, *ARRAYS, "metrics"))
    fixed += sum(len(name) + 10 for name in DATES) + 5 + 9
    numbers = F.when(post["metrics"].isNotNull(), sum(len(name) + 10 for name in METRICS)).otherwise(0)
    strings = reduce(add, (F.coalesce(F.octet_length(post[name]), F.lit(0)) for name in STRINGS))
    items = reduce(
        add,
        (F.octet_length(F.array_join(post[name], "")) + F.size(post[name]) * F.lit(14) for name in ARRAYS),
    )
    return (strings + items + numbers + F.lit(fixed)).cast("bigint")


def _provenance(count: CaseCount) -> Column:
    flags = [] if count.flags is None else [F.array(*map(F.lit, count.flags)).cast("array<string>").alias("flags")]
    return F.struct(
        F.lit(count.status).alias("status"),
        F.lit(count.provider).alias("provider"),
        _date(count.as_of).alias("as_of"),
        _date(count.fetched_at).alias("fetched_at"),
        *flags,
    )


def _part(parts: int) -> Column:
    return F.pmod(F.xxhash64("post.origin"), F.lit(parts))


def _largest_shared_part(rows: DataFrame, parts: int) -> int:
    sizes = (
        rows.where("post is not null")
        .groupBy(_part(parts))
        .agg(F.count("*").alias("posts"), F.sum(bson_bytes(F.col("post"))).alias("bytes"))
    )
    return int(sizes.where("posts > 1").agg(F.coalesce(F.max("bytes"), F.lit(0))).collect()[0][0])


def _date(time: datetime | None) -> Column:
    """Not `F.lit(time)`, which goes by this process's own time zone."""
    if time is None:
        return F.lit(None).cast("timestamp")
    return F.timestamp_millis(F.lit(round((time - _EPOCH) / timedelta(milliseconds=1))).cast("bigint"))
