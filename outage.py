"""Something is away: which of all the tries that find it so are told, and when it is told that it is there again."""

from enum import Enum
from typing import NamedTuple

from clock import Clock

STEADY_SECONDS = 300.0
REMIND_SECONDS = 900.0


class News(Enum):
    """What is to be told of a try that came to nothing."""

    AWAY = "it is away, or for another kind of reason than before"
    COMES_AND_GOES = "it is away again, so soon that it is the same outage"
    STILL_AWAY = "nothing was told for long"


class Over(NamedTuple):
    """An outage that is over: for how long it was, and how many tries it took until it was there to stay."""

    seconds: float
    tries: int


class Outage:
    """One thing that can be away, seen by who tries to reach it; for one thread.

    The rule. An outage begins with the first try that comes to nothing, and that is told. Further tries are not, save:
    the first of each kind of reason that was not told in this outage, and one after each `REMIND_SECONDS` in which
    nothing was told. It is over, and that is told, at the first sign of life. Who is away again within `steady_seconds`
    of it comes and goes: that is the same outage, told once more; from then on it is over only with a sign of life
    `steady_seconds` after the last return. So whoever comes and goes every second is told of in four lines, and
    four more an hour; of what stays longer than that every outage is told.
    """

    def __init__(self, clock: Clock, steady_seconds: float = STEADY_SECONDS) -> None:
        """steady_seconds: 0 where each sign of life ends the outage."""
        self._clock = clock
        self._steady_seconds = steady_seconds
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._since: float | None = None
        self._there_since: float | None = None
        self.comes_and_goes = False
        """Whether it was there meanwhile, and away again soon."""
        self._told_at = 0.0
        self._told: set[str] = set()
        self.tries = 0
        """That came to nothing, in this outage."""
        self.returns = 0
        """How often it was there meanwhile."""

    @property
    def is_away(self) -> bool:
        """Whether nothing has come to something since the last try that came to nothing."""
        return self._since is not None and self._there_since is None

    @property
    def seconds(self) -> float:
        """Since the outage began; 0 where there is none."""
        return 0.0 if self._since is None else self._clock.monotonic() - self._since

    def failed(self, kind: str) -> News | None:
        """A try came to nothing; what of it is told, if anything. kind: of the reason, the same for the same move.

        Call `settled` before: an end that was not told yet is not told any more.
        """
        self.settled()
        now = self._clock.monotonic()
        self._since = now if self._since is None else self._since
        is_relapse = self._there_since is not None and not self.comes_and_goes
        self.comes_and_goes |= is_relapse
        self._there_since = None
        self.tries += 1
        news = self._news(kind, is_relapse, now)
        if news is not None:
            self._told_at = now
        self._told.add(kind)
        return news

    def there(self) -> Over | None:
        """A sign of life has come; the outage, where it is to be told that it is over. Cheap where there is none."""
        if self._since is None:
            return None
        if self._there_since is None:
            self._there_since = self._clock.monotonic()
            self.returns += 1
            if not self.comes_and_goes:
                over = self._over(self._since, self._there_since)
                self.settled()
                return over
        return self.settled()

    def settled(self) -> Over | None:
        """It is that late: the outage, where it has become over by that and is to be told so."""
        if self._since is None or self._there_since is None:
            return None
        if self._clock.monotonic() - self._there_since < self._steady_seconds:
            return None
        over = self._over(self._since, self._there_since) if self.comes_and_goes else None
        self._begin_anew()
        return over

    def _news(self, kind: str, is_relapse: bool, now: float) -> News | None:
        if is_relapse:
            return News.COMES_AND_GOES
        if kind not in self._told:
            return News.AWAY
        return News.STILL_AWAY if now - self._told_at >= REMIND_SECONDS else None

    def _over(self, since: float, until: float) -> Over:
        return Over(until - since, self.tries)
