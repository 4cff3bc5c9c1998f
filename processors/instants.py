"""Times that an event names."""

from pyspark.sql import Column
from pyspark.sql import functions as F

# At the end `\z`: Java's `$` lets a line feed pass.
_ISO_8601 = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})?\z"

# As JSON has numbers, and Spark's reader gives back a number that was asked for as a STRING: 1.76732304525E9.
_NUMBER = r"^\d+(\.\d+)?([eE]\+?\d{1,2})?\z"
_YEAR_2101 = 4_133_980_800


def instant(written: Column) -> Column:
    """A string by ISO 8601 as a timestamp, in whole milliseconds; null for all else, and outside 1970 to 2100.

    Without a zone it is UTC, the session's (`runtime.session`).
    """
    read = F.date_trunc("millisecond", F.when(written.rlike(_ISO_8601), written.cast("timestamp")))
    return F.when(F.year(read).between(1970, 2100), read)


def since_1970(seconds: Column) -> Column:
    """The time so many seconds after 1970 began, a number or a string of one, in whole milliseconds.

    Null for all else, and after the year 2100.
    """
    read = F.when(seconds.cast("string").rlike(_NUMBER), seconds.cast("double"))
    return F.when(read < _YEAR_2101, F.timestamp_millis(F.round(read * 1000).cast("bigint")))
