"""Bluesky's posts, from Jetstream: one host after the other, each asked for what came after the last event."""

import logging
import random
from typing import ClassVar

from errors import CannotStart
from receivers.base import Receiver, ReceiverParts
from receivers.bounded import bounded, on_one_line
from receivers.jetstream.addresses import host_of, subscription
from receivers.jetstream.attention import Attention
from receivers.jetstream.connection import Connection, Ended
from receivers.jetstream.events import key_of, time_of
from receivers.jetstream.hosts import Hosts, Patience
from receivers.jetstream.place import Asked, Place, microseconds
from receivers.jetstream.told import Told
from receivers.reaching import reach

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.2  # how soon a wish to stop is seen
_MARGIN_US = 60_000_000  # clocks of two machines, and the way from one to the other
STAND_IN = "manage.py feed --file demo/tweets.txt --rate 20 --loop --bluesky-port 6008"
"""What plays Jetstream on this machine."""


class BlueskyReceiver(Receiver):
    """One connection at a time; the next asks for what the last one did not bring.

    Guarantee: an event that a host still has is appended, and appended once: the place in the feed is kept with the
    spool, a cursor is set back behind it, and what comes again is dropped by its key. Every time in which the feed was
    not heard is in `coverage`: as backfilled where it was repeated, as lost where the host had it no more.
    """

    goes_on: ClassVar[bool] = True

    def __init__(self, parts: ReceiverParts) -> None:
        super().__init__(parts)
        self._hosts = Hosts(parts.settings.bluesky_url)
        self._patience = Patience()
        self._place = Place()
        self._attention = Attention(self.coverage, self.clock)
        self._asked: Asked | None = None
        self._told = Told(log, self.clock, parts.settings.bluesky_url)
        self._was_connected = self._was_silent = False
        self._heard_at = self.clock.monotonic()

    @staticmethod
    def key(event: bytes) -> str | None:
        """The record's URI, its revision and the operation: the same on every host."""
        return key_of(event)

    def receive(self) -> None:
        """Read events until told to stop.

        With `available_now` until an event is as young as the connection over which it came, or nothing comes for
        `idle_seconds`: what was said until the job was started is there then. Raises CannotStart when no host is
        reached within `start_timeout_seconds` of the start.
        """
        self._place.resume(self.bookmark.read())
        while (connection := self._connect()) is not None:
            host = self._host
            with connection:
                why = self._read(connection)
            if why is None:
                return
            pause = self._hosts.pause(self._attention.lost(why), self._was_silent) * random.uniform(0.5, 1)
            self._told.in_vain(host, why, pause)
            self.clock.wait(self.stopping, pause)

    @property
    def _host(self) -> str:
        """Whose turn it is."""
        return host_of(self._hosts.address)

    def _connect(self) -> Connection | None:
        """A connection, however long it takes; None when the job is to stop, or the feed is over."""
        has_limit = not self._was_connected or self.settings.available_now
        limit = self.settings.start_timeout_seconds if has_limit else None
        try:
            return reach(self._open, self._note_absence, (Ended,), self.clock, self.stopping, limit)
        except Ended as why:
            if not self._was_connected:
                raise self._no_start(why) from why
            log.warning("feed not read to its end, the rest is for the next run peer=%s why=%r", self._host, str(why))
            return None

    def _open(self) -> Connection:
        asked = self._place.ask(self._host, self.clock.now())
        connection = Connection(subscription(self._hosts.address, asked.cursor if asked else None))
        self._asked = asked
        self._was_connected, self._was_silent = True, False
        self._heard_at = self.clock.monotonic()
        self._attention.connected(asked)
        self._told.connected(self._host, asked.cursor if asked else None)
        return connection

    def _note_absence(self, why: Ended, seconds: float) -> None:
        self._attention.lost(f"{self._host}: {why}")
        hint = "" if self._was_connected else f"; to try it without the internet: {STAND_IN}"
        self._told.in_vain(self._host, str(why), seconds, why.kind, hint)
        self._hosts.leave()

    def _no_start(self, why: Ended) -> CannotStart:
        return CannotStart(
            f"no Jetstream host of BLUESKY_URL answers after {self.settings.start_timeout_seconds:g} s, the last was "
            f"{self._host}: {why}. See the network and BLUESKY_URL. To try the job without the "
            f"internet: {STAND_IN}, and CASESTREAM_BLUESKY_URL=ws://127.0.0.1:6008"
        )

    def _read(self, connection: Connection) -> str | None:
        """Everything that the host sends, into the spool; why it ended, None where the reading is over."""
        while not self.stopping.is_set():
            try:
                event = connection.next(_LOOK_SECONDS)
            except Ended as ended:
                return str(ended)
            if event is not None:
                self._hear(event)
                if self.settings.available_now and self._attention.has_caught_up:
                    return None
                continue
            silent = self.clock.monotonic() - self._heard_at
            self._attention.silent(silent)
            if self.settings.available_now and silent >= self.settings.idle_seconds:
                return None
            if silent >= self._patience.seconds:
                self._patience.was_silent()
                self._was_silent = True
                return f"nothing came for {silent:.0f} s"
        return None

    def _hear(self, event: bytes) -> None:
        before = self.clock.now()
        time_us = time_of(event)
        is_new = False
        if not (time_us is not None and self._is_long_past(time_us, microseconds(before))):
            is_new = bool(self.spool.append([on_one_line(bounded(event, self.settings.max_event_bytes))]))
        self._heard_at = self.clock.monotonic()
        self._attention.heard(time_us)
        self._told.heard()
        if time_us is None:
            return
        if is_new and self._attention.was_missed(time_us):
            self._patience.had_more()
        self._place.move(time_us, self._host, before, self._attention.is_out_of_step)
        self.bookmark.note(self._place.note(), self._place.repeats_from)

    def _is_long_past(self, time_us: int, now_us: int) -> bool:
        """Whether it was heard so long ago that its key may be forgotten.

        A host may begin long before the cursor: with the beginning of the file that it writes.
        """
        if self._asked is None:
            return False
        remembered_us = now_us - round(self.settings.deduplicate_within_seconds * 1e6) + _MARGIN_US
        return time_us < min(self._asked.cursor, remembered_us)
