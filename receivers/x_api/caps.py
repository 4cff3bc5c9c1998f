"""The caps on posts of a day and of a month: X bills by the post."""

import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from clock import Clock
from receivers.base import Usage

log = logging.getLogger(__name__)

_WARNED_OF = 0.8


@dataclass(frozen=True)
class Closed:
    """Why the stream stays closed, and until when."""

    why: str
    until: datetime


class Caps:
    """Counts what the account was given, in UTC days and calendar months; a cap that is None never closes."""

    def __init__(self, daily: int | None, monthly: int | None, usage: Usage, clock: Clock) -> None:
        self._caps = {"day": daily, "month": monthly}
        self._usage = usage
        self._clock = clock
        self._warned: set[tuple[str, date]] = set()

    def count(self, posts: int) -> None:
        """So many posts came."""
        if posts:
            self._usage.add(posts)
            self._warn()

    def closed(self) -> Closed | None:
        """Whether a cap is reached now; the one that lasts longest."""
        for period in ("month", "day"):
            cap, used, end = self._caps[period], *self._used(period)
            if cap is not None and used >= cap:
                setting = "TWITTER_DAILY_POSTS" if period == "day" else "TWITTER_MONTHLY_POSTS"
                return Closed(f"{used} posts of this {period}'s {cap} are used up ({setting})", end)
        return None

    def _warn(self) -> None:
        for period, cap in self._caps.items():
            if cap is None:
                continue
            used, end = self._used(period)
            if cap * _WARNED_OF <= used < cap and (period, end.date()) not in self._warned:
                self._warned.add((period, end.date()))
                log.warning("posts are running out period=%s used=%s cap=%s until=%s", period, used, cap, _iso(end))

    def _used(self, period: str) -> tuple[int, datetime]:
        today = self._clock.now().astimezone(UTC).date()
        if period == "day":
            return self._usage.posts(today), _midnight(today + timedelta(days=1))
        first = today.replace(day=1)
        return self._usage.posts(first), _midnight((first + timedelta(days=32)).replace(day=1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
