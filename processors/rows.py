"""Events to rows: decoded, read by the source's `process`, completed. One row an event.

Columns of a row: post `posts.POST` + received_at, source, origin (null: see problem), problem string, removes string
(the id of a post that this event deletes, alone, or takes the place of, beside a post; or an author who is gone),
filtered boolean (read and left out on purpose: all three null), origin string, received_at timestamp, raw binary,
length bigint, sha256 string, headers array<struct<key string, value binary>> (these four of a dead letter only). A
tombstone has none of the three either, and is not filtered.
"""

from collections.abc import Callable, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from processors.steps import with_steps
from settings import Settings

_HEADERS = "array<struct<key: string, value: binary>>"
_MOST_HEADERS, _HEADER_KEY, _HEADER_BYTES = 64, 256, 4_096
_CUT = "struct<length: bigint, sha256: string>"


def with_outcome(
    events: DataFrame, process: Callable[[Column], Column], settings: Settings, also: Sequence[str] = ()
) -> DataFrame:
    """Rows (see the module) out of the events of `StreamProcessor.read_stream`; also: columns of the events to keep."""
    decoded = _decoded(_with_optional_columns(events), settings.max_event_bytes)
    outcomes = with_steps(decoded, "outcome", process(F.col("event")))
    # A source of an earlier version names no post that is to go.
    removes = F.col("outcome.removes") if "removes" in _names(outcomes) else F.lit(None).cast("string")
    return outcomes.select("*", *_judged(removes)).select(
        _complete(F.col("read"), settings.source).alias("post"),
        "problem",
        "removes",
        _is_filtered().alias("filtered"),
        "origin",
        "received_at",
        *_kept_of_a_dead_letter(settings.max_event_bytes),
        *also,
    )


def _names(outcomes: DataFrame) -> list[str]:
    outcome = outcomes.schema["outcome"].dataType
    return outcome.names if isinstance(outcome, StructType) else []


def _with_optional_columns(events: DataFrame) -> DataFrame:
    for name, kind in (("cut", _CUT), ("headers", _HEADERS)):
        if name not in events.columns:
            events = events.withColumn(name, F.lit(None).cast(kind))
    return events.withColumns({"received_at": F.date_trunc("millisecond", "received_at"), "length": _length()})


def _length() -> Column:
    return F.coalesce(F.col("cut.length"), F.octet_length("value").cast("bigint"))


def _decoded(events: DataFrame, max_event_bytes: int) -> DataFrame:
    """With `unread`, and `event`, what the source reads; `value` is null beside it, or each step would copy both."""
    checked = events.select("*", _unread(max_event_bytes).alias("unread"))
    event = F.when(F.col("unread").isNull(), F.col("value").cast("string"))
    with_event = checked.select("*", event.alias("event"))
    return with_event.withColumn("value", F.when(F.col("event").isNull(), F.col("value")))


def _unread(max_event_bytes: int) -> Column:
    """The problem of bytes that no source is asked to read; null for a tombstone, and for all others."""
    # The cast takes bytes as they are; decoding puts U+FFFD where they are no UTF-8, and encodes its string again.
    is_utf8 = F.decode("value", "UTF-8") == F.col("value").cast("string")
    # What was cut stays cut, though more may be kept now than then.
    is_too_long = F.col("cut").isNotNull() | (F.col("length") > max_event_bytes)
    return F.when(F.col("value").isNotNull() & is_too_long, "too_long").when(~is_utf8, "not_utf8")


def _judged(removes: Column) -> list[Column]:
    is_read = F.col("event").isNotNull()
    return [
        F.when(is_read, F.col("outcome.post")).alias("read"),
        F.when(_always(), F.coalesce("unread", F.when(is_read, F.col("outcome.problem")))).alias("problem"),
        F.when(_always() & is_read, removes).alias("removes"),
    ]


def _is_filtered() -> Column:
    is_nothing = F.col("read").isNull() & F.col("problem").isNull() & F.col("removes").isNull()
    return F.col("event").isNotNull() & is_nothing


def _complete(post: Column, source: str) -> Column:
    return F.when(
        post.isNotNull() & _always(),
        F.struct(
            F.coalesce(post["id"], F.md5("origin")).alias("id"),
            post["kind"].alias("kind"),
            post["text"].alias("text"),
            post["raw_text"].alias("raw_text"),
            F.coalesce(post["created_at"], F.col("received_at")).alias("created_at"),
            F.col("received_at").alias("received_at"),
            *(post[name].alias(name) for name in ("lang", "author", "refers_to", "edit_of", "metrics")),
            *(F.coalesce(post[name], F.array()).alias(name) for name in ("hashtags", "mentions", "urls")),
            F.lit(source).alias("source"),
            F.col("origin").alias("origin"),
        ),
    )


def _always() -> Column:
    """True, which Spark cannot know: it would push a filter on the rows down through every step, and write out each
    value wherever the filter needs it, until memory ends.
    """
    return F.spark_partition_id() >= 0


def _kept_of_a_dead_letter(max_event_bytes: int) -> list[Column]:
    is_dead = F.col("problem").isNotNull()
    value = F.coalesce(F.col("event").cast("binary"), "value")
    return [
        F.when(is_dead, F.substring(value, 1, max_event_bytes)).alias("raw"),
        F.when(is_dead, F.col("length")).alias("length"),
        F.when(is_dead, F.coalesce(F.col("cut.sha256"), F.sha2(value, 256))).alias("sha256"),
        F.when(is_dead, _bounded(F.col("headers"))).alias("headers"),
    ]


def _bounded(headers: Column) -> Column:
    """The first headers, and the beginning of each: a dead letter must fit into a document, whatever was sent."""
    return F.transform(
        F.slice(headers, 1, _MOST_HEADERS),
        lambda header: F.struct(
            F.substring(header["key"], 1, _HEADER_KEY).alias("key"),
            F.substring(header["value"], 1, _HEADER_BYTES).alias("value"),
        ),
    )
