"""Times as operators write them, and as they and programs read them."""

from datetime import UTC, datetime

import typer

from errors import FixSettings


def time_of(value: str) -> datetime:
    """The time, UTC where it names no zone. Raises typer.BadParameter where it is none."""
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise typer.BadParameter(f"{value} is no time like 2026-01-02T00:00Z") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def refuse_no_time(since: datetime | None, until: datetime | None) -> None:
    """Raises FixSettings where nothing can lie between the two."""
    if since is not None and until is not None and since >= until:
        raise FixSettings([f"--until {until.isoformat()}: it must be later than --since {since.isoformat()}"])


def iso(at: datetime) -> str:
    """2026-11-22T19:36:18.000Z, of an aware time."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_or_none(at: datetime | None) -> str | None:
    """The same; None for None."""
    return None if at is None else iso(at)
