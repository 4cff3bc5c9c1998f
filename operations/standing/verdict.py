"""What a job's state is called, since when, and what about it wants attention."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from operations.standing.reading import Standing
from operations.standing.words import span

State = Literal["running", "stopping", "stopped", "dead", "stands still", "no lease"]

_STATES: dict[str, State] = {
    "running": "running",
    "stopping": "stopping",
    "stopped": "stopped",
    "silent": "dead",
    "unknown": "no lease",
}
_STILL_AFTER = timedelta(minutes=2)
_USUAL_TIMES = 5
_QUIET_TIMES = 3


@dataclass(frozen=True)
class Verdict:
    """since: UTC; None where nobody knows.

    is_failure: whether a job does not run that should: it is dead or stands still. It should run where it was not
    stopped in order.
    """

    state: State
    since: datetime | None
    attention: tuple[str, ...]

    @property
    def is_failure(self) -> bool:
        """Whether it does not run and should."""
        return self.state in ("dead", "stands still")


def verdict(standing: Standing) -> Verdict:
    """What the reading says."""
    stuck = _stuck(standing)
    state: State = "stands still" if stuck else _STATES[standing.health.state]
    return Verdict(state, stuck[0] if stuck else _since(standing), tuple(_attention(standing, stuck)))


def _since(standing: Standing) -> datetime | None:
    if standing.health.state in ("running", "stopping"):
        return standing.lease.get("since") if standing.lease else None
    return standing.health.alive_at


def _stuck(standing: Standing) -> tuple[datetime, str] | None:
    """Since when, and why, a job that gives signs of life stores nothing: nothing is heard, or nothing gets written."""
    if standing.health.state not in ("running", "stopping"):
        return None
    patience = max(_STILL_AFTER, timedelta(seconds=_USUAL_TIMES * (standing.health.usual_seconds or 0)))
    lasting = [gap for gap in standing.gaps if gap.until is None and _waits(standing, gap.since) > _STILL_AFTER]
    if lasting:
        return lasting[
            -1
        ].since, f"the feed has not been heard since then: {lasting[-1].cause}. manage.py doctor looks at it"
    planned = [each for each in standing.health.planned if not each.is_requeue]
    begun = [each for each in planned if _waits(standing, each.since) > patience]
    if begun:
        return begun[-1].since, f"batch {begun[-1].number} was begun then and is not stored: see its log"
    return None


def _waits(standing: Standing, at: datetime) -> timedelta:
    """How long the job that runs has done nothing about what was so at that time, maybe before it was started."""
    return standing.at - max(at, _since(standing) or at)


def _attention(standing: Standing, stuck: tuple[datetime, str] | None) -> Iterator[str]:
    health, now = standing.health, standing.at
    if health.state == "silent" and health.alive_at:
        yield (
            f"dead for {span(now - health.alive_at)}: no sign of life, and it has not said that it ends. Start it "
            "again: it goes on where it was"
        )
    if stuck:
        yield f"stands still for {span(now - stuck[0])}: {stuck[1]}"
    elif health.state == "running" and (quiet := _quiet(standing)):
        yield quiet
    if standing.health.last and (status := standing.health.last["case_count"]["status"]) in ("unparsed", "never"):
        yield f"no case count ({status}): docs/case-count.md"
    for each in health.planned:
        if each.is_requeue:
            yield f"a requeue of dead letters was begun {span(now - each.since)} ago and is not stored yet"


def _quiet(standing: Standing) -> str | None:
    """How long the job that runs has stored nothing, where that is longer than usual."""
    health, now, begun = standing.health, standing.at, _since(standing)
    if health.committed_at and health.usual_seconds:
        usual = timedelta(seconds=health.usual_seconds)
        if _waits(standing, health.committed_at) > max(_STILL_AFTER, _QUIET_TIMES * usual):
            return (
                f"no batch for {span(now - health.committed_at)}, usually one every {span(usual)}: the feed is quiet, "
                "or the query fails: see its log"
            )
    elif not health.committed_at and begun and now - begun > _STILL_AFTER:
        return f"no batch yet, {span(now - begun)} after its start: the feed is quiet, or the query fails: see its log"
    return None
