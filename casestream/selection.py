"""What a caller asks for: jobs, a range of time, columns."""

import difflib
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from casestream.errors import BadArgument, NoSuchColumn
from casestream.fields import Collection

Moment = datetime | date | str
Jobs = str | Sequence[str]


@dataclass(frozen=True)
class Selection:
    """Jobs, None: all; and the range [since, until) of the micro-batches' `timestamp`, None: open on that side."""

    jobs: tuple[str, ...] | None
    since: datetime | None
    until: datetime | None

    @classmethod
    def of(cls, job: Jobs | None, since: Moment | None, until: Moment | None) -> "Selection":
        """Raises BadArgument where job is no name, since or until no time, or the range is the wrong way round."""
        jobs = None if job is None else _names(job)
        begin, end = moment("since", since), moment("until", until)
        if begin and end and begin > end:
            raise BadArgument(f"since ({begin}) is after until ({end}): exchange them.")
        return cls(jobs, begin, end)

    def of_jobs(self) -> dict[str, Any]:
        """MongoDB's filter of the jobs, for any collection whose documents have `job`; empty for all of them."""
        return {} if self.jobs is None else {"job": {"$in": list(self.jobs)}}

    def of_batches(self) -> dict[str, Any]:
        """The filter of the committed batches in `batches`."""
        return {**self.of_documents(), "state": "committed"}

    def of_documents(self) -> dict[str, Any]:
        """The filter of documents of `micro_batches`, and of entries of `batches`, committed or not."""
        limits = {"$gte": self.since, "$lt": self.until}
        between = {operator: limit for operator, limit in limits.items() if limit is not None}
        return {**self.of_jobs(), **({"timestamp": between} if between else {})}


def _names(job: Jobs) -> tuple[str, ...]:
    try:
        return (job,) if isinstance(job, str) else tuple(job)
    except TypeError:
        raise BadArgument(f"job is {job!r}. Give a name, some names, or leave it out for all.") from None


def moment(name: str, given: Moment | None) -> datetime | None:
    """The argument in UTC, at the next whole millisecond, since what is stored has no finer ones; None as None.

    What has no zone is UTC; a date is its midnight. name: the argument's, for the error. Raises BadArgument where it is
    no time.
    """
    if given is None:
        return None
    try:
        at = datetime.fromisoformat(given) if isinstance(given, str) else given
        if not isinstance(at, datetime):
            at = datetime.combine(at, time())
        return _whole_milliseconds(at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC))
    except (ValueError, TypeError, OverflowError) as error:
        wanted = "a datetime, a date or an ISO string such as 2026-11-22T19:36:20Z"
        raise BadArgument(f"{name} is no time: {given!r} ({error}). Give {wanted}; without a zone it is UTC.") from None


def at_least_one(rows: int) -> int:
    """That number of rows. Raises BadArgument where it is less than one, or no whole number."""
    try:
        number = operator.index(rows)
    except TypeError:
        raise BadArgument(f"rows is {rows!r}. Give a whole number, 1 or more.") from None
    if number < 1:
        raise BadArgument(f"rows is {rows}. Give 1 or more.")
    return number


def _whole_milliseconds(at: datetime) -> datetime:
    second = datetime(at.year, at.month, at.day, at.hour, at.minute, at.second, tzinfo=UTC)
    nanoseconds = 1000 * at.microsecond + getattr(at, "nanosecond", 0)  # pandas' Timestamp has some
    return second + timedelta(milliseconds=-(-nanoseconds // 1_000_000))


def chosen(table: Collection, columns: Sequence[str] | None) -> tuple[str, ...]:
    """The columns' names, each once, in the order they are asked for; all for None.

    Raises NoSuchColumn where the table has no such column, or none is named.
    """
    names = table.names()
    if columns is None:
        return names
    try:
        wanted = (columns,) if isinstance(columns, str) else tuple(dict.fromkeys(columns))
    except TypeError:
        raise NoSuchColumn(
            f"columns is {columns!r}: no names of columns. {table.name} has {', '.join(names)}."
        ) from None
    for column in wanted:
        if column not in names:
            near = difflib.get_close_matches(str(column), names, 1)
            guess = f"Did you mean {near[0]!r}? " if near else ""
            raise NoSuchColumn(f"{table.name} has no column {column!r}. {guess}It has {', '.join(names)}.")
    if not wanted:
        raise NoSuchColumn(f"columns is empty. Leave it out for all, or name some of {', '.join(names)}.")
    return wanted
