"""Files of events as a stream: Spark's file source over a folder, to the columns of `StreamProcessor.read_stream`.

Each format gives those columns, and `file` string: the file's name below the folder. Spark reads a file once, whole, in
one batch, so it must not change any more when it appears
(https://spark.apache.org/docs/3.5.7/structured-streaming-programming-guide.html#input-sources).
"""

import re
from collections.abc import Callable

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.readwriter import DataStreamReader

from errors import CannotStart
from processors.tweet_pages import in_single_posts
from spool.reader import of_lines
from spool.segments import SUFFIX

_NEVER = "36500d"  # by default the file source passes over files that are a week older than the newest
_PARQUET = "*.parquet"
_WHOLE_EVENT = "value"
_BEFORE_THE_PATH = "^[A-Za-z][A-Za-z0-9+.-]*:(//[^/]*)?"


def read_lines(spark: SparkSession, folder: str, files_at_once: int) -> DataFrame:
    """One event a line, as received; compressed where the name ends with `.gz` or `.bz2`. A blank line is none.

    A page of X's API, many posts in one object, becomes an event for each of them. `origin` is `<file>:<SHA-256 of the
    line>`, and for a post of a page `:<number>` behind that: what a file holds twice, letter by letter, has one origin.
    """
    text = _source(spark, files_at_once).format("text").option("lineSep", "\n").load(folder)
    lines = text.select(
        F.col("value").cast("binary").alias("value"),
        _file_below(folder).alias("file"),
        F.col("_metadata.file_modification_time").alias("received_at"),
    )
    events = lines.where(r"trim(BOTH ' \t\r' FROM string(value)) != ''")
    return in_single_posts(events.withColumn("origin", F.concat("file", F.lit(":"), F.sha2("value", 256))))


def read_recorded(spark: SparkSession, folder: str, files_at_once: int) -> DataFrame:
    """Segments of a spool, as `manage.py record` writes them; `received_at` is when the event was heard then."""
    text = _source(spark, files_at_once).format("text").option("lineSep", "\n").option("pathGlobFilter", f"*{SUFFIX}")
    return of_lines(text.load(folder), also=[_file_below(folder).alias("file")])


def read_parquet(spark: SparkSession, folder: str, files_at_once: int) -> DataFrame:
    """One event a row: its column `value` where there is one (string or binary), else the row as a JSON object.

    Every file is read with the columns of those that are there when the job starts. `origin` is `<file>:<row>`. Raises
    CannotStart where there is none yet.
    """
    try:
        there = spark.read.option("recursiveFileLookup", True).option("pathGlobFilter", _PARQUET).parquet(folder)
    except AnalysisException as error:
        raise CannotStart(
            f"there is no Parquet file with columns below {folder}: the job learns them from the files that are there "
            "when it starts. Put one there, or correct FILES_FOLDER and FILES_FORMAT."
        ) from error
    whole_row = F.to_json(F.struct(*(F.col("`{}`".format(name.replace("`", "``"))) for name in there.columns)))
    rows = _source(spark, files_at_once).schema(there.schema).option("pathGlobFilter", _PARQUET).parquet(folder)
    return rows.select(
        (F.col(_WHOLE_EVENT) if _WHOLE_EVENT in there.columns else whole_row).cast("binary").alias("value"),
        _file_below(folder).alias("file"),
        F.col("_metadata.file_modification_time").alias("received_at"),
        F.concat(_file_below(folder), F.lit(":"), F.col("_metadata.row_index").cast("string")).alias("origin"),
    )


FORMATS: dict[str, Callable[[SparkSession, str, int], DataFrame]] = {
    "lines": read_lines,
    "recorded": read_recorded,
    "parquet": read_parquet,
}


def _source(spark: SparkSession, files_at_once: int) -> DataStreamReader:
    source = spark.readStream.option("recursiveFileLookup", True).option("maxFileAge", _NEVER)
    return source.option("maxFilesPerTrigger", files_at_once)


def name_below(folder: str, path: str) -> str:
    """A file's name, with the folders between, as in a URI: `2023/a%20b.jsonl`. Both are URIs or paths."""
    return "/".join(re.sub(_BEFORE_THE_PATH, "", path).split("/")[_depth(folder) :])


def _file_below(folder: str) -> Column:
    """`name_below` of a row's file."""
    path = F.regexp_replace("_metadata.file_path", _BEFORE_THE_PATH, "")
    return F.array_join(F.slice(F.split(path, "/"), _depth(folder) + 1, 1_000), "/")


def _depth(folder: str) -> int:
    path = re.sub("/+", "/", re.sub(_BEFORE_THE_PATH, "", folder))
    return len(path.rstrip("/").split("/"))
