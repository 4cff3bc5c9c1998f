"""Files that cannot be read to their end: which ones of a batch these are, and why."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from processors.file_formats import FORMATS, Files

FAILURES = (Py4JJavaError, PySparkException)
"""What Spark raises where it cannot read one."""

_CAUSE = re.compile(r"^(?:: |Caused by: )?(?:[\w.$]+\.)?(\w+(?:Exception|Error)): (.+)$", re.MULTILINE)
# What reading it again does not heal, in the words of Hadoop's decompressors and of Parquet's reader. A broken
# connection to a file system is an EOFException too, in other words.
_DAMAGE = re.compile(
    r"EOFException: Unexpected end of input stream|IOException: (gzip stream CRC|[Uu]nexpected end|invalid |incorrect )"
    r"|IOException: (not a gzip|bad block|crc error|Stream is not BZip2|Too many bytes before)|is not a Parquet file"
    r"|SchemaColumnConvertNotSupportedException|ParquetDecodingException"
)


def damaged(spark: SparkSession, kind: str, files: Files, paths: Iterable[str]) -> Mapping[str, str]:
    """Why, by the path of each of these that is damaged: what Java says, in 300 characters at most.

    Reads them, one after the other. kind: of `FORMATS`. paths: URIs as Spark has them.
    """
    found = {path: _failure(spark, kind, replace(files, only=path)) for path in paths}
    return {path: why for path, why in found.items() if why is not None}


def _failure(spark: SparkSession, kind: str, file: Files) -> str | None:
    try:
        FORMATS[kind](spark, file).write.format("noop").mode("overwrite").save()
    except FAILURES as failure:
        causes = [f"{name}: {message}" for name, message in _CAUSE.findall(str(failure))]
        return next((each[:300] for each in reversed(causes) if _DAMAGE.search(each)), None)
    return None
