"""One job, with all that is known of it."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ledger.losses import Gap, Reason
from operations.standing.reading import Standing
from operations.standing.table import case_count, gaps, per_minute, removals, state
from operations.standing.verdict import Verdict, verdict
from operations.standing.words import NONE, ago, moment, number, plain, seconds, span

_MOST_GAPS = 5


def detail(standing: Standing) -> RenderableType:
    """A line for each thing, and below them what wants attention."""
    found = verdict(standing)
    lines = Table.grid(padding=(0, 2))
    lines.add_column(style="dim", no_wrap=True)
    lines.add_column(overflow="fold")
    for name, value in _lines(standing, found):
        lines.add_row(name, plain(value) if isinstance(value, str) else value)
    attention = (plain(each, "red" if found.is_failure else "yellow") for each in found.attention)
    return Group(plain(f"{standing.job}, {moment(standing.at)}", "bold"), lines, *attention)


def _lines(standing: Standing, found: Verdict) -> Iterator[tuple[str, str | Text]]:
    yield "state", state(standing, found).append(f", since {moment(found.since)}", style="dim")
    yield "source", standing.source or NONE
    yield from _last_batch(standing)
    yield from (("begun", _begun(standing, number)) for number in range(len(standing.health.planned)))
    yield "posts per minute", f"{per_minute(standing)} (of the last {number(standing.rate.minutes)} min)"
    yield "case count", case_count(standing)
    yield "gaps, 24 h", gaps(standing)
    yield from (("", _gap(gap, standing)) for gap in standing.gaps[:_MOST_GAPS])
    yield "dead letters, 24 h", number(standing.dead_letters)
    yield from (("", _reason(each, standing)) for each in standing.reasons)
    yield "removals waiting", removals(standing)
    yield from _lease(standing)


def _last_batch(standing: Standing) -> Iterator[tuple[str, str]]:
    last = standing.health.last
    if last is None:
        yield "last batch", "none yet"
        return
    yield "last batch", f"{last['batch_id']:,}, stored {ago(last['committed_at'], standing.at)}"
    yield "", f"trigger {moment(last['timestamp'])}, query {last['query_id']}, casestream {last['code_version']}"
    held = f"{number(last['posts'])} posts, {number(last['dead_letters'])} dead letters, {number(last['parts'])} parts"
    yield "", f"{held}, took {seconds(last.get('seconds'))}, lag {seconds(last.get('lag_seconds'))}"
    phases = ", ".join(f"{name} {number(round(spent))} ms" for name, spent in (last.get("spans") or {}).items())
    yield "", phases or NONE


def _begun(standing: Standing, index: int) -> str:
    planned = standing.health.planned[index]
    what = "a requeue" if planned.is_requeue else f"batch {planned.number:,}"
    return f"{what}, {ago(planned.since, standing.at)}, not stored yet"


def _reason(reason: Reason, standing: Standing) -> str:
    letters, waiting = number(reason.letters), number(reason.waiting)
    if standing.has_more_letters:  # the newest may not have been looked at
        return f"{reason.problem}: {letters}+, {waiting}+ wait for a requeue"
    newest = ago(reason.newest_at, standing.at)
    return f"{reason.problem}: {letters}, {waiting} wait for a requeue, the newest {newest}"


def _gap(gap: Gap, standing: Standing) -> str:
    lasted = span((gap.until or standing.at) - gap.since)
    until = f"to {moment(gap.until)} ({lasted}, {gap.recovered})" if gap.until else f"goes on ({lasted})"
    return f"from {moment(gap.since)} {until}: {gap.cause}"


def _lease(standing: Standing) -> Iterator[tuple[str, str]]:
    lease = standing.lease
    if lease is None:
        yield "lease", NONE
        return
    held = {"held": "held by", "released": "given back by", "expired": "expired, of"}[lease["state"]]
    yield "lease", f"{held} {lease['host']}, pid {lease['pid']}, epoch {lease['epoch']}"
    yield "", f"since {moment(lease.get('since'))}, heartbeat {ago(lease['heartbeat'], standing.at)}"
    if standing.expires and standing.expires > standing.at:
        yield "", f"expires {moment(standing.expires)}, should there be no further heartbeat"
    elif standing.expires:
        yield "", f"expired {moment(standing.expires)}: the next start takes it over"
    yield "checkpoint", lease["checkpoint"]
    if lease.get("spool"):
        yield "spool", lease["spool"]
