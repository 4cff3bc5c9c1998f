"""Posts that X's filtered stream sends: rules first, then one connection after the other."""

import hashlib
import json
import logging
import math
from datetime import timedelta

from pydantic import SecretStr

from errors import CannotStart
from receivers.attention import Attention
from receivers.base import Receiver, ReceiverParts
from receivers.outage import FeedOutage
from receivers.web import host_of
from receivers.x_api.answers import is_too_many_connections
from receivers.x_api.back_off import BackOff
from receivers.x_api.caps import Caps, Closed
from receivers.x_api.ended import Ended
from receivers.x_api.kept_rules import KeptRules
from receivers.x_api.refusals import raise_if_hopeless, taken
from receivers.x_api.stream import FilteredStream
from receivers.x_api.transport import ApiAdapter
from settings import Settings
from spool.segments import CutEvent

log = logging.getLogger(__name__)

_NO_RULES = 409
_READ_SECONDS = 21.0  # X sends a keep-alive every 20 s
_LAST_WORDS_SECONDS = 2.0  # how long what has come already is read when the job stops
_HELD_FOR = timedelta(minutes=20)  # how long X may take a connection that was cut off for an open one


class TwitterReceiver(Receiver):
    """One connection at a time, whose rules are made those of the settings before; waits by X's rules in between.

    Guarantee: every post that came whole is appended before the next is read. Every time without a connection is in
    `coverage`. An event that the end of a connection cuts off was not heard, and X sends it again with backfill only.
    """

    def __init__(self, parts: ReceiverParts) -> None:
        super().__init__(parts)
        settings = parts.settings
        token = settings.twitter_bearer_token or SecretStr("")
        silence = settings.idle_seconds if settings.available_now else _READ_SECONDS
        adapter = ApiAdapter(settings.twitter_api_url, settings.max_event_bytes, silence)
        self._stream = FilteredStream(token.get_secret_value(), adapter, self._connected, self._alive, self._heard)
        self._rules = KeptRules(self._stream, settings.twitter_rules, settings.jobname)
        self._caps = Caps(settings.twitter_daily_posts, settings.twitter_monthly_posts, self.usage, self.clock)
        self._attention = Attention(self.coverage, self.clock)
        self._back_off = BackOff()
        self._outage = FeedOutage(log, self.clock, host_of(settings.twitter_api_url))
        self._started_at = self._heard_at = self.clock.monotonic()
        self._stopped_at: float | None = None
        self._was_connected = False
        self._has_backfill = settings.twitter_backfill_minutes > 0
        self._backfill_minutes = 0

    @staticmethod
    def key(event: bytes) -> str | None:
        """The post's id: an edit has one of its own."""
        try:
            post = json.loads(event)["data"]["id"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return None
        return str(post)[:512] if post and type(post) in (str, int) else None

    @staticmethod
    def account(settings: Settings) -> str | None:
        """A hash of the token: X counts by the app."""
        token = settings.twitter_bearer_token
        return hashlib.sha256(token.get_secret_value().encode()).hexdigest()[:16] if token else None

    def receive(self) -> None:
        """Read posts until told to stop; with `available_now` until X is silent for `idle_seconds` or a cap is reached.

        Raises CannotStart with X's words where waiting does not help: token, access, credits, rules.
        """
        while not self.stopping.is_set():
            if (closed := self._caps.closed()) is not None:
                if self.settings.available_now or self._wait_for(closed):
                    return
                continue
            ended = self._connect_once()
            if self.stopping.is_set() or self._is_feed_over(ended):
                return
            if self._caps.closed() is None:
                self._settle(ended)

    def hang_up(self) -> None:
        """End a read that may last for 20 s."""
        self._stopped_at = self.clock.monotonic()
        self._stream.hang_up()

    def _connect_once(self) -> Ended:
        if (failed := self._rules.make()) is not None:
            return failed
        self._backfill_minutes = self._minutes_to_repeat()
        return self._stream.listen(self.settings.twitter_expansions, self._backfill_minutes)

    def _minutes_to_repeat(self) -> int:
        missed = math.ceil(self.coverage.gap_seconds() / 60)
        return min(missed, self.settings.twitter_backfill_minutes) if self._has_backfill else 0

    def _connected(self) -> None:
        if self.stopping.is_set():  # `hang_up` came before there was a connection
            self._stream.disconnect()
        self._was_connected = True
        self._heard_at = self.clock.monotonic()
        self._attention.connected(self._backfill_minutes)
        if not self._outage.is_away:
            log.info("feed connected peer=%s backfill_minutes=%s", self._outage.peer, self._backfill_minutes)

    def _alive(self) -> None:
        self._attention.alive()
        self._outage.heard()
        now = self.clock.monotonic()
        is_idle = self.settings.available_now and now - self._heard_at >= self.settings.idle_seconds
        is_late = self._stopped_at is not None and now - self._stopped_at >= _LAST_WORDS_SECONDS
        if is_idle or is_late:
            self._stream.disconnect()

    def _heard(self, event: bytes | CutEvent) -> None:
        before = self.clock.now()
        is_new = self.spool.append([event])
        self._heard_at = self.clock.monotonic()
        self._attention.read_again(before)
        if isinstance(event, bytes) and b'"data"' in event:
            self._caps.count(is_new)
            if self._caps.closed() is not None:
                self._stream.disconnect()

    def _is_feed_over(self, ended: Ended) -> bool:
        return self.settings.available_now and self._was_connected and ended.answer is None

    def _wait_for(self, closed: Closed) -> bool:
        """Wait until the cap's period is over; True when the job is to stop."""
        until = closed.until.isoformat(timespec="seconds")
        self._attention.lost(closed.why)
        log.warning("the stream stays closed until=%s why=%r", until, closed.why)
        self.rests_until = closed.until
        must_stop = self.clock.wait(self.stopping, (closed.until - self.clock.now()).total_seconds())
        self.rests_until = None
        self._started_at = self.clock.monotonic()
        return must_stop

    def _settle(self, ended: Ended) -> None:
        """Note the gap, and wait as long as X's rules ask for. Raises CannotStart."""
        lasted = self._attention.lost(ended.why)
        if self._was_backfill_refused(ended):
            self._has_backfill = False
            log.warning("X refuses backfill to this account, going on without it why=%r", ended.why)
            return
        raise_if_hopeless(ended)
        self._raise_if_not_started(ended)
        if ended.status == _NO_RULES:
            self._rules.are_gone()
        seconds = self._back_off.seconds(ended, lasted, self.clock.now())
        self._outage.away(ended.why, seconds, ended.kind)
        self.clock.wait(self.stopping, seconds)

    def _was_backfill_refused(self, ended: Ended) -> bool:
        asked = self._backfill_minutes and ended.status in (400, 403)
        return bool(asked and "backfill" in ended.why.lower())

    def _raise_if_not_started(self, ended: Ended) -> None:
        if self._was_connected:
            return
        if is_too_many_connections(ended.problems):
            if self.last_alive is None or self.clock.now() - self.last_alive > _HELD_FOR:
                self._rules.withdraw()
                raise taken(ended)
        elif self.clock.monotonic() - self._started_at >= self.settings.start_timeout_seconds:
            raise CannotStart(
                f"{host_of(self.settings.twitter_api_url)} gave no stream within "
                f"{self.settings.start_timeout_seconds:g} s: {ended.why}"
            )
