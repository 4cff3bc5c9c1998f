"""A feed that is one endless answer over HTTP: server-sent events, lines of JSON, whatever can be cut into events."""

import logging
from abc import abstractmethod
from collections.abc import Iterator, Mapping

from urllib3.exceptions import HTTPError

from errors import CannotStart
from receivers.base import Receiver, ReceiverParts
from receivers.bounded import on_one_line
from receivers.outage import FeedOutage, Reason
from receivers.pauses import Pauses
from receivers.web import host_of, raise_if_refused, said, session_of, turned_away
from spool.segments import CutEvent
from watched_connections import HangUpAdapter, blocks

log = logging.getLogger(__name__)

_CONNECT_SECONDS = 10.0
_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.5, 60.0


class HttpReceiver(Receiver):
    """Asks SOURCE_URL for the feed, with SOURCE_TOKEN as a bearer token where there is one.

    A subclass cuts what comes into events, in `hear`; where it goes on, its `headers` ask for what came after its
    bookmark. The end of an answer is the end of the connection: an API whose answers are pages is for
    `receivers.polling.PollingReceiver`.

    It connects again, with back-off and not before an answer's `Retry-After`, when a connection ends, breaks, or says
    nothing for `silence_seconds`, not even that it is alive. Every time without a connection is in `coverage`: as
    backfilled where the receiver `goes_on` and had a place to go on at, for then the feed repeats what was missed.
    """

    silence_seconds = 60.0

    def __init__(self, parts: ReceiverParts) -> None:
        super().__init__(parts)
        self._url = parts.settings.source_url or ""
        self._adapter = HangUpAdapter()
        self._session = session_of(parts.settings.source_token, self._adapter)
        self._outage = FeedOutage(log, self.clock, host_of(self._url))
        self._pauses = Pauses(_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS)
        self._was_connected = False
        self._started_at = self._heard_at = self.clock.monotonic()

    def headers(self) -> Mapping[str, str]:
        """Of the next request; where the receiver goes on, with the place of its bookmark."""
        return {}

    @abstractmethod
    def hear(self, received: Iterator[bytes]) -> None:
        """Hand over the events of one connection, each by `append` as soon as it is whole, until no more bytes come.

        received: the bytes as they come, in blocks that end anywhere. What it raises besides network errors, which
        come out of `received` and are not to be caught, ends the receiver.
        """

    def append(self, event: bytes | CutEvent) -> None:
        """Hand an event over. Waits while the spool is full."""
        self.spool.append([on_one_line(event)])
        self._heard_at = self.clock.monotonic()

    def receive(self) -> None:
        """Read until told to stop; with `available_now` until the feed ends, or no event comes for `idle_seconds`.

        Raises CannotStart where the feed refuses the token, and where it is not reached within `start_timeout_seconds`.
        """
        while not self.stopping.is_set():
            connected_at = self._heard_at = self.clock.monotonic()
            ended = self._listen()
            if self.stopping.is_set() or (self.settings.available_now and self._was_connected):
                return
            self._give_up_in_time(ended.why)
            self.coverage.open_gap(ended.why)
            pause = max(self._pauses.after(was_fruitful=self._heard_at > connected_at), ended.seconds)
            self._outage.away(ended.why, pause, ended.kind)
            self.clock.wait(self.stopping, pause)

    def hang_up(self) -> None:
        """End a read that may last."""
        self._adapter.end()

    def _listen(self) -> Reason:
        """Read one connection to its end; why it ended, or why there was none."""
        silence = self.settings.idle_seconds if self.settings.available_now else self.silence_seconds
        has_place = self.goes_on and self.bookmark.read() is not None
        try:
            with self._session.get(
                self._url, headers=dict(self.headers()), stream=True, timeout=(_CONNECT_SECONDS, silence)
            ) as answer:
                raise_if_refused(answer)
                if (reason := turned_away(answer, self._outage.peer, self.clock.now())) is not None:
                    return reason
                self._outage.connected()
                self._was_connected = True
                self._outage.heard()
                self.coverage.close_gap(self.coverage.gap_seconds() if has_place else 0)
                self.hear(self._until_idle(blocks(answer)))
        except (OSError, HTTPError) as error:  # requests' own are OSErrors
            return Reason(said(error, "a sign of life"))
        finally:
            self._adapter.release()
        return Reason("the feed closed the connection")

    def _until_idle(self, received: Iterator[bytes]) -> Iterator[bytes]:
        for block in received:
            self._outage.heard()
            yield block
            idle = self.clock.monotonic() - self._heard_at
            if self.settings.available_now and idle >= self.settings.idle_seconds:
                return

    def _give_up_in_time(self, why: str) -> None:
        waited = self.clock.monotonic() - self._started_at
        if not self._was_connected and waited >= self.settings.start_timeout_seconds:
            raise CannotStart(f"{host_of(self._url)} gave no feed within {waited:.0f} s: {why}. See SOURCE_URL.")
