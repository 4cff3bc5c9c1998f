"""The days of an export."""

from datetime import UTC, date, datetime, time, timedelta

_DAY = timedelta(days=1)


def day_of(at: datetime) -> date:
    """The UTC day of an aware time."""
    return at.astimezone(UTC).date()


def range_of(day: date, since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    """Begin and end of that part of the day that lies in [since, until); None is open."""
    begin = datetime.combine(day, time(), UTC)
    return max(begin, since or begin), min(begin + _DAY, until or begin + _DAY)
