"""What the log is told of a feed that is away: its begin and its end, whatever lies between."""

import logging
from typing import NamedTuple

from clock import Clock
from outage import STEADY_SECONDS, News, Outage, Over

NOBODY = "nobody"
"""The kind of every reason by which nobody was heard: the network, a peer that is not there, silence, a broken line."""


class Reason(NamedTuple):
    """Why a feed is away, of what kind that is, and for how many seconds it asks to be left alone."""

    why: str
    kind: str = NOBODY
    seconds: float = 0


def kind_of_status(status: int) -> str:
    """The kind of a refusal by HTTP: that the other side is in trouble is one, each status of our own doing another."""
    return "HTTP 5xx" if 500 <= status < 600 else f"HTTP {status}"


class FeedOutage:
    """The lines of one connection, or of one after the other to the same feed; for one thread. `Outage` has the rule.

    `feed away` (warning: peer, channel, why, next, in_seconds) when it begins, and for each further kind of reason;
    `feed comes and goes` (the same) where it is away again within five minutes; `feed still away` (also seconds, tries,
    returns) at a try each quarter of an hour; `feed back` (info: peer, channel, seconds, tries) when it is over. Every
    other try is a line for who debugs.

    log: the receiver's. peer: who is connected to, as host and port; may be set anew. channel: where there are several.
    """

    def __init__(self, log: logging.Logger, clock: Clock, peer: str, channel: str | None = None) -> None:
        self.peer = peer
        self._log = log
        self._channel = channel
        self._outage = Outage(clock)

    @property
    def is_away(self) -> bool:
        """Whether the last that is known of the feed is that it is away: what comes now is told by `heard`."""
        return self._outage.is_away

    @property
    def comes_and_goes(self) -> bool:
        """Whether no line is due when it is heard, and so none of what is done then: see `Outage`."""
        return self._outage.comes_and_goes

    def connected(self) -> None:
        """There is a connection: a line (info: peer, channel), unless the end of an outage will be one, see `heard`."""
        if not self.is_away:
            self._log.info("feed connected peer=%s channel=%s", self.peer, self._channel)

    def away(self, why: str, in_seconds: float, kind: str = NOBODY, then: str = "trying again") -> None:
        """A connection has ended, or there was none. in_seconds: until the next try; kind: of the reason, see above."""
        self._tell_end(self._outage.settled())
        outage, peer, channel = self._outage, self.peer, self._channel
        news = outage.failed(kind)
        if news is News.AWAY:
            self._log.warning(
                "feed away peer=%s channel=%s why=%r next=%r in_seconds=%.1f", peer, channel, why, then, in_seconds
            )
        elif news is News.COMES_AND_GOES:
            quiet = f"{then}; told again when it has stayed for {STEADY_SECONDS:g} s"
            self._log.warning(
                "feed comes and goes peer=%s channel=%s why=%r next=%r in_seconds=%.1f",
                *(peer, channel, why, quiet, in_seconds),
            )
        elif news is News.STILL_AWAY:
            self._log.warning(
                "feed still away peer=%s channel=%s seconds=%.0f tries=%s returns=%s why=%r next=%r in_seconds=%.1f",
                *(peer, channel, outage.seconds, outage.tries, outage.returns, why, then, in_seconds),
            )
        else:
            self._log.debug("feed tried in vain peer=%s channel=%s why=%r", peer, channel, why)

    def heard(self) -> None:
        """The feed gives a sign of life; call it at each."""
        self._tell_end(self._outage.there())

    def _tell_end(self, over: Over | None) -> None:
        if over is not None:
            self._log.info(
                "feed back peer=%s channel=%s seconds=%.1f tries=%s", self.peer, self._channel, over.seconds, over.tries
            )
