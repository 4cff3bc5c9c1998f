"""Times as the files of an export have them."""

from datetime import UTC, date, datetime, time, timedelta

_DAY = timedelta(days=1)


def iso(at: datetime) -> str:
    """2026-11-22T19:36:18.000Z, of an aware time."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_or_none(at: datetime | None) -> str | None:
    """The same; None for None."""
    return None if at is None else iso(at)


def day_of(at: datetime) -> date:
    """The UTC day of an aware time."""
    return at.astimezone(UTC).date()


def range_of(day: date, since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    """Begin and end of that part of the day that lies in [since, until); None is open."""
    begin = datetime.combine(day, time(), UTC)
    return max(begin, since or begin), min(begin + _DAY, until or begin + _DAY)
