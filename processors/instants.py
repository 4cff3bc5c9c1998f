"""Times that an event names."""

from pyspark.sql import Column
from pyspark.sql import functions as F

# At the end `\z`: Java's `$` lets a line feed pass.
_ISO_8601 = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})?\z"


def instant(written: Column) -> Column:
    """A string by ISO 8601 as a timestamp, in whole milliseconds; null for all else, and outside 1970 to 2100.

    Without a zone it is UTC, the session's (`runtime.session`).
    """
    read = F.date_trunc("millisecond", F.when(written.rlike(_ISO_8601), written.cast("timestamp")))
    return F.when(F.year(read).between(1970, 2100), read)
