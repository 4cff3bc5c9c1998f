"""One channel of an instance: one connection after the other."""

import logging
from collections.abc import Iterator
from threading import Event

import requests

from clock import Clock
from errors import CannotStart
from receivers.attention import Attention
from receivers.base import Gaps, Spool
from receivers.mastodon_api.answers import Refused
from receivers.mastodon_api.backfill import Backfill
from receivers.mastodon_api.channels import Channel
from receivers.mastodon_api.events import SpoolLine, spool_line
from receivers.mastodon_api.failures import FAILURES, kind_of, pause, why
from receivers.mastodon_api.instance import NETWORK_ERRORS, Instance
from receivers.mastodon_api.places import Place
from receivers.mastodon_api.sse import EventStream
from receivers.outage import FeedOutage
from receivers.pauses import Pauses
from receivers.reaching import reach
from receivers.web import host_of, said
from settings import Settings
from watched_connections import blocks

log = logging.getLogger(__name__)

_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.5, 60.0
_LONGEST_WISH_SECONDS = 3_600.0
_WORKED_SECONDS = 60.0  # a quiet hashtag brings nothing but heartbeats for hours


class Subscription:
    """Reads a channel in the thread that calls `run`, and connects again whenever the connection ends."""

    def __init__(
        self,
        channel: Channel,
        instance: Instance,
        settings: Settings,
        spool: Spool,
        coverage: Gaps,
        place: Place,
        clock: Clock,
        stopping: Event,
    ) -> None:
        self._channel = channel
        self._instance = instance
        self._settings = settings
        self._spool = spool
        self._coverage = coverage
        self._clock = clock
        self._stopping = stopping
        self._attention = Attention(coverage, clock)
        self._backfill = Backfill(instance, channel, settings, clock, self._append, place)
        self._outage = FeedOutage(log, clock, host_of(settings.mastodon_url or ""), channel.name)
        self._pauses = Pauses(_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS)
        self._heard_at = clock.monotonic()
        self._was_connected = False

    def run(self) -> None:
        """Read until told to stop or, with `available_now`, until the channel is silent for `idle_seconds`.

        Raises CannotStart where waiting does not help, with the instance's words.
        """
        while (stream := self._connect()) is not None:
            connected_at = self._heard_at = self._clock.monotonic()
            events = EventStream(self._settings.max_event_bytes)
            end = self._read(stream, events)
            if end is None or self._stopping.is_set() or self._settings.available_now:
                return
            was_fruitful = self._attention.lost(end) >= _WORKED_SECONDS or self._heard_at > connected_at
            seconds = max(self._pauses.after(was_fruitful), min(events.retry_seconds or 0, _LONGEST_WISH_SECONDS))
            self._outage.away(end, seconds)
            self._clock.wait(self._stopping, seconds)

    def hang_up(self) -> None:
        """End a read that may last; `stopping` is set."""
        self._instance.hang_up()

    def _connect(self) -> requests.Response | None:
        """A stream, however long it takes; None when the job is to stop, or the feed is over."""
        limit: float | None = self._settings.start_timeout_seconds
        if self._was_connected:
            limit = 0 if self._settings.available_now else None
        try:
            return reach(self._open, self._note_absence, FAILURES, self._clock, self._stopping, limit, pause)
        except FAILURES as failure:
            if self._was_connected:
                return None
            raise self._no_start(failure) from failure

    def _open(self) -> requests.Response | None:
        try:
            stream = self._instance.stream(self._channel.stream, self._channel.stream_parameters)
        except Refused as refusal:
            refusal.raise_if_hopeless(self._was_connected)
            raise
        if self._stopping.is_set():  # `hang_up` came before there was a connection
            stream.close()
            return None
        self._was_connected = True
        self._attention.connected()
        self._outage.peer = host_of(stream.url or "")
        self._outage.connected()
        is_told = not self._outage.comes_and_goes
        self._attention.repeated(self._backfill.fetch(self._coverage.gap_seconds(), self._stopping.is_set, is_told))
        if self._stopping.is_set():  # perhaps in the middle of the pages: the gap stays open, for the next run
            stream.close()
            return None
        return stream

    def _read(self, stream: requests.Response, events: EventStream) -> str | None:
        """Everything that the instance sends, into the spool; why it broke off, None where the reading is over."""
        end: str | None = None
        received = blocks(stream)
        while end is None and not self._is_over():
            block, end = _next(received)
            if block:
                self._outage.heard()
                self._attention.alive()
                self._backfill.alive()
            for event in events.feed(block):
                self._heard(spool_line(event, self._settings.mastodon_authors))
        stream.close()
        self._instance.close()
        if events.has_begun:
            log.warning("an event was cut off with its connection, and not heard channel=%s", self._channel.name)
        return end

    def _heard(self, line: SpoolLine) -> None:
        self._heard_at = self._clock.monotonic()
        if not self._backfill.is_repeat(line):
            self._append(line)
        self._backfill.note(line)

    def _append(self, line: SpoolLine) -> None:
        before = self._clock.now()
        self._spool.append([line.event])
        self._attention.read_again(before)

    def _is_over(self) -> bool:
        idle = self._clock.monotonic() - self._heard_at
        return self._settings.available_now and idle >= self._settings.idle_seconds

    def _note_absence(self, failure: Exception, seconds: float) -> None:
        self._coverage.open_gap(why(failure))
        self._outage.away(why(failure), seconds, kind_of(failure))

    def _no_start(self, failure: Exception) -> CannotStart:
        return CannotStart(
            f"{host_of(self._settings.mastodon_url or '')} gave no stream within "
            f"{self._settings.start_timeout_seconds:g} s: {why(failure)}"
        )


def _next(received: Iterator[bytes]) -> tuple[bytes, str | None]:
    """The next bytes, and why there are none."""
    try:
        block = next(received, None)
    except NETWORK_ERRORS as error:
        return b"", said(error, "Mastodon's heartbeat")
    return (b"", "the instance closed the connection") if block is None else (block, None)
