"""A time as an operator writes it."""

from datetime import UTC, datetime

import typer


def time_of(value: str) -> datetime:
    """The time, UTC where it names no zone. Raises typer.BadParameter where it is none."""
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise typer.BadParameter(f"{value} is no time like 2026-01-02T00:00Z") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
