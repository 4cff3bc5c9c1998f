"""What the log is told of several hosts, of which one is heard."""

import logging

from clock import Clock
from receivers.jetstream.addresses import host_of
from receivers.jetstream.hosts import WORKED_SECONDS
from receivers.outage import NOBODY, FeedOutage


class Told:
    """The lines of a feed that is heard from one of its hosts at a time, see `FeedOutage`.

    The feed is away when each of its hosts has been in vain since one of them worked, that is, was heard for ten
    seconds. Before that a host that is in vain is a line for who debugs, and the one that is heard in its place is one:
    `feed from another host` (info: peer, was, why). addresses: of all hosts.
    """

    def __init__(self, log: logging.Logger, clock: Clock, addresses: tuple[str, ...]) -> None:
        self._log = log
        self._clock = clock
        self._hosts = {host_of(address) for address in addresses}
        self._in_vain: set[str] = set()
        self._outage = FeedOutage(log, clock, host_of(addresses[0]))
        self._connected_at = 0.0
        self._host: str | None = None
        self._why: str | None = None

    def in_vain(self, host: str, why: str, in_seconds: float, kind: str = NOBODY, hint: str = "") -> None:
        """A connection to that host has ended, or there was none. hint: what a reader may do meanwhile."""
        self._in_vain.add(host)
        self._why = why
        if self._in_vain < self._hosts:
            self._log.debug("host in vain peer=%s why=%r", host, why)
            return
        self._outage.peer = host
        self._outage.away(why, in_seconds, kind, then=f"trying one host after the other{hint}")

    def connected(self, host: str, cursor: int | None) -> None:
        """A connection was made. cursor: what it was asked to go on from, microseconds since 1970."""
        self._connected_at = self._clock.monotonic()
        self._outage.peer = host
        if not self._outage.is_away:
            if self._host is None:
                self._log.info("feed connected peer=%s cursor=%s", host, cursor)
            elif self._host != host:
                self._log.info("feed from another host peer=%s was=%s why=%r", host, self._host, self._why)
        self._host = host

    def heard(self) -> None:
        """An event has come."""
        self._outage.heard()
        if self._in_vain and self._clock.monotonic() - self._connected_at >= WORKED_SECONDS:
            self._in_vain.clear()
