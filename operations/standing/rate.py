"""Posts per minute, of the minutes in which there could be any: a feed that was not heard did not say nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ledger.health import Health
from ledger.losses import Gap

Range = tuple[datetime, datetime]
_UNHEARD_MINUTES = 0.05
"""So much is told of; less is the lease's and the clocks' inexactness."""


@dataclass(frozen=True)
class Rate:
    """Posts of the micro-batches of so many minutes, and for how many of these the job listened to its feed."""

    minutes: float
    heard_minutes: float
    posts: int

    @property
    def per_minute(self) -> float | None:
        """Over the minutes that were heard; None where none was."""
        return self.posts / self.heard_minutes if self.heard_minutes else None

    @property
    def is_partly_heard(self) -> bool:
        """Whether `per_minute` is of less than all the minutes that were asked for."""
        return self.per_minute is not None and self.minutes - self.heard_minutes >= _UNHEARD_MINUTES


def rate(posts: int, begin: datetime, end: datetime, health: Health, gaps: Sequence[Gap]) -> Rate:
    """Of so many posts between the two times; gaps: those in between, and maybe others."""
    whole = (begin, end)
    unheard = [*((gap.since, gap.until or end) for gap in gaps), *_not_running(health, whole)]
    heard = (end - begin) - _length(unheard, whole)
    return Rate((end - begin) / timedelta(minutes=1), heard / timedelta(minutes=1), posts)


def _not_running(health: Health, whole: Range) -> Iterator[Range]:
    """After its end or death; before its very first start. Of a restart in between only `coverage` knows."""
    begin, end = whole
    if health.alive_at is not None and health.state in ("stopped", "silent"):
        yield health.alive_at, end
    if health.lease and health.lease["epoch"] == 1 and (since := health.lease.get("since")):
        yield begin, since


def _length(ranges: Sequence[Range], within: Range) -> timedelta:
    """How much of the one range the others cover together."""
    covered, reached = timedelta(0), within[0]
    for begin, end in sorted(ranges):
        begin, end = max(begin, reached), min(end, within[1])
        if begin < end:
            covered, reached = covered + (end - begin), end
    return covered
