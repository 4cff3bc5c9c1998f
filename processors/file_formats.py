"""Files of events as a stream: Spark's file source over a folder, to the columns of `StreamProcessor.read_stream`.

Each format gives those columns, and `file` string: the file's name below the folder. Spark reads a file once, whole, in
one batch, so it must not change any more when it appears
(https://spark.apache.org/docs/3.5.7/structured-streaming-programming-guide.html#input-sources). Each raises Spark's
AnalysisException where there is no such folder.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from errors import CannotStart
from spool.reader import of_lines, with_messages
from spool.segments import HEADER_BYTES, SUFFIX

LONGEST_LINE = 16_000_000
"""Bytes."""
_NEVER = "36500d"  # by default the file source passes over files that are a week older than the newest
_PARQUET = "*.parquet"
_WHOLE_EVENT = "value"
_BEFORE_THE_PATH = "^[A-Za-z][A-Za-z0-9+.-]*:(//[^/]*)?"
_OPTIONS = {
    "recursiveFileLookup": "true",
    "maxFileAge": _NEVER,
    # Hadoop's other local file system, with checksums beside the files, ends at a name with a colon in it.
    "fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
    "fs.file.impl.disable.cache": "true",
    # A longer line, of gigabytes maybe, is passed over: nobody has the memory for it (Hadoop 3.3, LineRecordReader).
    # Of a file that is not compressed Hadoop takes what lies behind its last so many bytes for a line of its own.
    "mapreduce.input.linerecordreader.line.maxlength": str(LONGEST_LINE),
}


@dataclass(frozen=True)
class Files:
    """What to read. folder: a URI, or a path. at_once: most files of a micro-batch.

    without: files to leave out, only: the one to read, which is then no stream; both by their URIs as Spark has them.
    """

    folder: str
    at_once: int
    without: tuple[str, ...] = ()
    only: str | None = None

    def load(self, spark: SparkSession, source: str, names: str = "*", schema: StructType | None = None) -> DataFrame:
        """A frame of that format of Spark's, with its `_metadata`; names: of the files, as a glob. See the module."""
        reader = spark.readStream if self.only is None else spark.read
        options = {**_OPTIONS, "pathGlobFilter": names, "maxFilesPerTrigger": str(self.at_once), "lineSep": "\n"}
        with_schema = reader if schema is None else reader.schema(schema)
        frame = with_schema.format(source).options(**options).load(self.folder)
        # Spark opens no file that such a condition leaves out.
        if self.only is not None:
            return frame.where(F.col("_metadata.file_path").isin(_spellings(self.only)))
        left_out = [each for path in self.without for each in _spellings(path)]
        return frame.where(~F.col("_metadata.file_path").isin(left_out)) if left_out else frame


def read_lines(spark: SparkSession, files: Files) -> DataFrame:
    """One event a line, as received; compressed where the name ends with `.gz` or `.bz2`. A blank line is none.

    `origin` is `<file>:<SHA-256 of the line>`: what a file holds twice, letter by letter, has one origin. `received_at`
    is when the file was last written.
    """
    lines = files.load(spark, "text").select(
        F.col("value").cast("binary").alias("value"),
        _file_below(files.folder).alias("file"),
        F.col("_metadata.file_modification_time").alias("received_at"),
    )
    events = lines.where(r"trim(BOTH ' \t\r' FROM string(value)) != ''")
    return events.withColumn("origin", F.concat("file", F.lit(":"), F.sha2("value", 256)))


def read_recorded(spark: SparkSession, files: Files) -> DataFrame:
    """Segments of a spool, as `manage.py record` writes them; columns as of `spool.reader.read_spool`, and `file`."""
    lines = files.load(spark, "text", f"*{SUFFIX}")
    flag = F.substring("value", HEADER_BYTES, 1).alias("flag")
    return with_messages(of_lines(lines, also=[_file_below(files.folder).alias("file"), flag]))


def read_parquet(spark: SparkSession, files: Files) -> DataFrame:
    """One event a row: its column `value` where there is one (string or binary), else the row as a JSON object.

    Every file is read with the columns of those that are there when the job starts. `origin` is `<file>:<row>`,
    `received_at` when the file was last written. Raises CannotStart where there is none yet.
    """
    there = _columns(spark, files.folder)
    whole_row = F.to_json(F.struct(*(F.col("`{}`".format(name.replace("`", "``"))) for name in there.names)))
    return files.load(spark, "parquet", _PARQUET, there).select(
        (F.col(_WHOLE_EVENT) if _WHOLE_EVENT in there.names else whole_row).cast("binary").alias("value"),
        _file_below(files.folder).alias("file"),
        F.col("_metadata.file_modification_time").alias("received_at"),
        F.concat(_file_below(files.folder), F.lit(":"), F.col("_metadata.row_index").cast("string")).alias("origin"),
    )


FORMATS: dict[str, Callable[[SparkSession, Files], DataFrame]] = {
    "lines": read_lines,
    "recorded": read_recorded,
    "parquet": read_parquet,
}


def _columns(spark: SparkSession, folder: str) -> StructType:
    reader = spark.read.options(**_OPTIONS).option("pathGlobFilter", _PARQUET).option("ignoreCorruptFiles", "true")
    try:
        return reader.parquet(folder).schema
    except AnalysisException as error:
        raise CannotStart(
            f"there is no Parquet file with columns below {folder}: the job learns them from the files that are there "
            "when it starts. Put one there, or correct FILES_FOLDER and FILES_FORMAT."
        ) from error


def _spellings(path: str) -> list[str]:
    """Hadoop writes a local path with one slash or with three."""
    return [path, re.sub("^file:/+", "file:/", path)]


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
