"""All jobs in a table, a line each, with as many columns as the terminal is wide; below it, what wants attention."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from operations.standing.reading import MOST_GAPS, MOST_REMOVALS, Standing
from operations.standing.verdict import State, Verdict, verdict
from operations.standing.words import NONE, ago, moment, number, plain, seconds, span

COLOURS: dict[State, str] = {
    "running": "green",
    "stopping": "cyan",
    "stopped": "dim",
    "dead": "bold red",
    "stands still": "bold red",
    "no lease": "yellow",
}
NO_JOB = (
    "no job yet in the database {database}. To start one: make run, or\n"
    ".venv/bin/python main.py --jobname covid --source bluesky   (main.py --help has the other sources)"
)
_LONGEST_NAME = 20
_WIDER_THAN_ANY = 10_000


@dataclass(frozen=True)
class _Column:
    heading: str
    cell: Callable[[Standing, Verdict], str | Text]
    justify: Literal["left", "right"] = "right"
    goes: int | None = None
    """Where the terminal is too narrow, the column with the lowest number is left out first; None: never, it wraps."""


def table(database: str, at: datetime, standings: Sequence[Standing], console: Console) -> RenderableType:
    """A reading for this terminal."""
    if not standings:
        return Text(NO_JOB.format(database=database))
    found = [(standing, verdict(standing)) for standing in standings]
    heading = Text(f"{database}, {moment(at)}; gaps and dead letters of 24 hours", style="dim")
    return Group(heading, _fitting(found, console), *_attention(found))


def _fitting(found: Sequence[tuple[Standing, Verdict]], console: Console) -> Table:
    columns, unbounded = list(_COLUMNS), console.options.update(width=_WIDER_THAN_ANY)
    for goes in sorted(column.goes for column in _COLUMNS if column.goes is not None):
        if console.measure(drawn := _drawn(columns, found), options=unbounded).maximum <= console.width:
            return drawn
        columns = [column for column in columns if column.goes != goes]
    return _drawn(columns, found)


def _drawn(columns: Sequence[_Column], found: Sequence[tuple[Standing, Verdict]]) -> Table:
    drawn = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for column in columns:
        drawn.add_column(column.heading, justify=column.justify, no_wrap=column.goes is not None, overflow="fold")
    for standing, said in found:
        cells = (column.cell(standing, said) for column in columns)
        drawn.add_row(*(plain(cell) if isinstance(cell, str) else cell for cell in cells))
    return drawn


def state(standing: Standing, found: Verdict) -> Text:
    """Its state, and since when."""
    since = "" if found.since is None else f" {span(standing.at - found.since)}"
    return Text(found.state + since, style=COLOURS[found.state])


def case_count(standing: Standing) -> str:
    """The last batch's number with its status, flags and age."""
    last = standing.health.last
    if last is None:
        return NONE
    count, total = last["case_count"], last["total_case_count"]
    age = [f"{span(standing.at - count['as_of'])} old"] if count["as_of"] else []
    shown = NONE if total < 0 else number(total)
    return " ".join([shown, ", ".join([count["status"], *(count.get("flags") or ()), *age])])


def gaps(standing: Standing) -> str:
    """How many of the last 24 hours, and how long the feed was lost."""
    if not standing.gaps:
        return "0"
    return f"{number(len(standing.gaps), MOST_GAPS)}, {seconds(standing.lost_seconds)}"


def per_minute(standing: Standing) -> str:
    """Posts; where not all of the time was heard, of how much of it they are."""
    rate = standing.rate
    heard = f" ({rate.heard_minutes / rate.minutes:.0%} heard)" if rate.is_partly_heard else ""
    return f"{number(rate.per_minute)}{heard}"


def removals(standing: Standing) -> str:
    """Posts that the feed has asked to go and that are still there."""
    return number(standing.removals, MOST_REMOVALS)


def holder(standing: Standing) -> str:
    """Who has, or had, the lease."""
    return f"{standing.lease['host']} {standing.lease['pid']}" if standing.lease else NONE


def _job(standing: Standing, _: Verdict) -> str:
    name = standing.job
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _stored(standing: Standing, _: Verdict) -> str:
    return ago(at, standing.at) if (at := standing.health.committed_at) else NONE


def _per_minute(standing: Standing, _: Verdict) -> str:
    return number(standing.rate.per_minute) + ("*" if standing.rate.is_partly_heard else "")


def _of_last(name: str, write: Callable[[float | None], str]) -> Callable[[Standing, Verdict], str]:
    return lambda standing, _: write(standing.health.last.get(name) if standing.health.last else None)


_COLUMNS = (
    _Column("job", _job, "left"),
    _Column("source", lambda standing, _: standing.source or NONE, "left", goes=5),
    _Column("state", state, "left"),
    _Column("batch", _of_last("batch_id", number), goes=7),
    _Column("stored", _stored, goes=12),
    _Column("posts", _of_last("posts", number), goes=3),
    _Column("took", _of_last("seconds", seconds), goes=2),
    _Column("lag", _of_last("lag_seconds", seconds), goes=9),
    _Column("posts/min", _per_minute, goes=10),
    _Column("gaps", lambda standing, _: gaps(standing), goes=8),
    _Column("dead", lambda standing, _: number(standing.dead_letters), goes=11),
    _Column("to go", lambda standing, _: removals(standing), goes=4),
    _Column("case count", lambda standing, _: case_count(standing), "left", goes=6),
    _Column("holder", lambda standing, _: holder(standing), "left", goes=1),
)


def _attention(found: Sequence[tuple[Standing, Verdict]]) -> Iterator[Text]:
    partly = [standing.rate.minutes for standing, _ in found if standing.rate.is_partly_heard]
    if partly:
        yield Text(
            f"* of less than {number(partly[0])} min: the job, or its feed, was away for the rest of them", style="dim"
        )
    for standing, said in found:
        style = "red" if said.is_failure else "yellow"
        for line in said.attention:
            yield plain(f"{standing.job}: {line}", style)
