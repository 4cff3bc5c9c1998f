"""Numbers, times and ages as people read them; all times UTC."""

from datetime import datetime, timedelta

_UNITS = (("year", 31_556_952), ("month", 2_629_746), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def number(value: int | None) -> str:
    """With thousands separators; a dash where there is none."""
    return "–" if value is None else f"{value:,}"


def seconds(value: float | None) -> str:
    """With its unit, one decimal below a minute, short enough for a card; a dash where there is none."""
    if value is None:
        return "–"
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60:,} h {minutes % 60} min"


def duration(span: timedelta) -> str:
    """Its two largest units, as `1 year 7 months`; never negative: clocks of two machines differ."""
    left = max(0, round(span.total_seconds()))
    parts = []
    for name, size in _UNITS:
        count, left = divmod(left, size)
        parts.append(f"{count} {name}{'' if count == 1 else 's'}" if count else "")
    first = next((index for index, part in enumerate(parts) if part), len(parts) - 1)
    return " ".join(part for part in parts[first : first + 2] if part) or "0 seconds"


def ago(then: datetime, now: datetime) -> str:
    """How long before now that was, as `duration` says it: `5 minutes 3 seconds ago`."""
    return f"{duration(now - then)} ago"


def moment(at: datetime) -> str:
    """Date and time to the second, with the zone: `2026-11-22 19:36:20 UTC`. at: in UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def short(at: datetime) -> str:
    """For a table whose heading names the zone: `22 Nov 19:36:20`."""
    return f"{at.day} {at:%b %H:%M:%S}"


def day(at: datetime) -> str:
    """The date alone, written out: `22 November 2026`."""
    return f"{at.day} {at:%B %Y}"
