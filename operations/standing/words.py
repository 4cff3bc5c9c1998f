"""Times, ages and numbers as an operator reads them at a glance; all times UTC."""

from datetime import datetime, timedelta

from rich.text import Text

NONE = "–"
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def plain(value: str, style: str = "") -> Text:
    """As it is written, brackets too, on one line, and without what a terminal would obey: a peer may have said it."""
    return Text("".join(each if each.isprintable() else " " for each in value), style=style)


def span(length: timedelta) -> str:
    """Its largest unit, as `3 min`; never negative: clocks of two machines differ."""
    seconds = max(0, int(length.total_seconds()))
    unit, size = next((each for each in _UNITS if seconds >= 2 * each[1]), _UNITS[-1])
    return f"{seconds // size:,} {unit}"


def ago(then: datetime, now: datetime) -> str:
    """How long before now that was."""
    return f"{span(now - then)} ago"


def moment(at: datetime | None) -> str:
    """Date and time, with the zone."""
    return NONE if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"


def number(value: float | None, most: int | None = None) -> str:
    """With thousands separators, decimals of small numbers only; `most` is where the counting ended."""
    if value is None:
        return NONE
    if value == most:
        return f"{value:,}+"
    if 0 < value < 0.05:
        return "<0.1"
    return f"{value:,.0f}" if value == int(value) or value >= 100 else f"{value:,.1f}"


def seconds(value: float | None) -> str:
    """With its unit."""
    if value is None:
        return NONE
    return f"{value:.1f} s" if value < 120 else span(timedelta(seconds=value))
