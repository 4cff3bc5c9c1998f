"""A time as somebody wrote it."""

from datetime import UTC, datetime

FORM = "a date like 2024-04-13, or a time with its zone like 2024-04-13T01:00Z"


def moment(written: str) -> datetime:
    """The time in UTC, in whole milliseconds; a date alone is its midnight.

    ISO 8601, as HTML's `<time datetime>` has it (https://html.spec.whatwg.org/#the-time-element). Raises ValueError
    where it is something else, or a time of day without a zone, which could be any.
    """
    time = datetime.fromisoformat(written.strip())
    if time.tzinfo is None:
        if len(written.strip()) > len("2024-04-13"):
            raise ValueError(f"{written[:40]!r} names no zone")
        return time.replace(tzinfo=UTC)
    try:
        whole = time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{written[:40]!r} is beyond the years 1 to 9999") from error
    return whole.replace(microsecond=whole.microsecond // 1000 * 1000)
