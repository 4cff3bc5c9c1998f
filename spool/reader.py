"""The spool as a stream: Spark's file source over closed segments, back to the bytes that were received.

https://spark.apache.org/docs/3.5.7/structured-streaming-programming-guide.html#input-sources
"""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from spool.segments import FORGOTTEN, MESSAGE, SUFFIX

_MAX_FILES = 64  # of 8 MB each: about half a gigabyte in one micro-batch
_NEVER = "36500d"  # by default the file source passes over files that are a week older than the newest


def read_spool(spark: SparkSession, uri: str) -> DataFrame:
    """A streaming frame of the spool's events.

    Columns: value binary (null: a forgotten event), origin string (`<segment id>:<line>`), received_at timestamp, in
    milliseconds, cut struct<length bigint, in bytes, sha256 string> (null for a whole event). Raises Spark's
    AnalysisException where there is no such folder.
    """
    lines = (
        spark.readStream.format("text")
        .option("lineSep", "\n")  # without it a lone CR splits a line
        .option("pathGlobFilter", f"*{SUFFIX}")
        .option("maxFilesPerTrigger", _MAX_FILES)
        .option("maxFileAge", _NEVER)
        .load(uri)
    )
    return of_lines(lines)


def of_lines(lines: DataFrame, also: Sequence[Column] = ()) -> DataFrame:
    """Lines of segments, read as text with their files' `_metadata`, to the columns of `read_spool`.

    also: more columns to keep behind those.

    A receiver hears no messages (`spool.segments.Message`): where there may be some, see `with_messages`.
    """
    line, segment = F.col("value").cast("binary"), F.substring_index("_metadata.file_name", ".", 1)
    kept = lines.select(line.alias("line"), segment.alias("segment"), *also)
    return kept.select(
        F.when(_text(26, 1) == FORGOTTEN.decode(), F.lit(None))
        .when(_text(26, 1) == "!", F.expr("substring(line, 107)"))
        .otherwise(F.expr("substring(line, 27)"))
        .alias("value"),
        F.concat("segment", F.lit(":"), _text(1, 12)).alias("origin"),
        F.timestamp_millis(_text(13, 13).cast("bigint")).alias("received_at"),
        F.when(
            _text(26, 1) == "!",
            F.struct(_text(27, 16).cast("bigint").alias("length"), _text(43, 64).alias("sha256")),
        ).alias("cut"),
        *kept.columns[2:],
    )


def _text(start: int, length: int) -> Column:
    return F.substring("line", start, length).cast("string")


def with_messages(events: DataFrame) -> DataFrame:
    """The events of `of_lines` with the values of messages out of their Base64; value is null in a tombstone too.

    events: with a column `flag`, that of the line, which is dropped here.
    """
    value = F.element_at(F.split(F.col("value").cast("string"), ","), 2)
    of_message = F.when(value != "-", F.unbase64(value))
    return events.withColumn(
        "value", F.when(F.col("flag") == MESSAGE.decode(), of_message).otherwise(F.col("value"))
    ).drop("flag")
