"""Posts that X's filtered stream sends: rules first, then one connection after the other."""

import hashlib
import json
import logging
import math
from datetime import timedelta

from pydantic import SecretStr

from errors import CannotStart
from receivers.base import Receiver, ReceiverParts
from receivers.x_api.answers import is_too_many_connections
from receivers.x_api.back_off import BackOff, Ended
from receivers.x_api.caps import Caps, Closed
from receivers.x_api.rules import synchronise, wanted_rules
from receivers.x_api.stream import FilteredStream, host_of
from receivers.x_api.transport import ApiAdapter
from settings import Settings
from spool.segments import CutEvent

log = logging.getLogger(__name__)

_MAY_HEAL = (408, 409, 420, 425, 429)
_NO_RULES = 409
_READ_SECONDS = 21.0  # X sends a keep-alive every 20 s
_HELD_FOR = timedelta(minutes=20)  # how long X may take a connection that was cut off for an open one
_ADVICE = {
    401: "X does not know CASESTREAM_TWITTER_BEARER_TOKEN: take the app's token from X's developer console",
    402: "the account at X has no credits left: buy some, or raise its spending limit, in X's developer console",
    403: "the app of CASESTREAM_TWITTER_BEARER_TOKEN may not read the filtered stream: see its access in X's console",
}
_TAKEN = (
    "another connection holds the only one that this token has. Stop the other job or program, or give this job an app "
    "and a token of its own; a connection that was cut off is free again within minutes"
)


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
        self._stream = FilteredStream(token.get_secret_value(), adapter, self._connected, self._heard)
        self._caps = Caps(settings.twitter_daily_posts, settings.twitter_monthly_posts, self.usage, self.clock)
        self._back_off = BackOff()
        self._started_at = self.clock.monotonic()
        self._was_connected = self._has_rules = False
        self._has_backfill = settings.twitter_backfill_minutes > 0
        self._backfill_minutes = 0

    @staticmethod
    def key(event: bytes) -> str | None:
        """The post's id: an edit has one of its own."""
        try:
            post = json.loads(event)["data"]["id"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return None
        return str(post)[:512]

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
        self._stream.hang_up()

    def _connect_once(self) -> Ended:
        if not self._has_rules:
            job, wanted = self.settings.jobname, wanted_rules(self.settings.twitter_rules, self.settings.jobname)
            if (failed := self._stream.synchronise_by(lambda client: synchronise(client, wanted, job))) is not None:
                return failed
            self._has_rules = True
        self._backfill_minutes = self._minutes_to_repeat()
        return self._stream.listen(self.settings.twitter_expansions, self._backfill_minutes)

    def _minutes_to_repeat(self) -> int:
        missed = math.ceil(self.coverage.gap_seconds() / 60)
        return min(missed, self.settings.twitter_backfill_minutes) if self._has_backfill else 0

    def _connected(self) -> None:
        if self.stopping.is_set():  # `hang_up` came before there was a connection
            self._stream.disconnect()
        self._was_connected = True
        self.coverage.close_gap(self._backfill_minutes * 60)
        log.info(
            "feed connected peer=%s backfill_minutes=%s", host_of(self.settings.twitter_api_url), self._backfill_minutes
        )

    def _heard(self, event: bytes | CutEvent) -> None:
        self._caps.count(self.spool.append([event]))
        if self.stopping.is_set() or self._caps.closed() is not None:
            self._stream.disconnect()

    def _is_feed_over(self, ended: Ended) -> bool:
        return self.settings.available_now and self._was_connected and ended.answer is None

    def _wait_for(self, closed: Closed) -> bool:
        """Wait until the cap's period is over; True when the job is to stop."""
        until = closed.until.isoformat(timespec="seconds")
        self.coverage.open_gap(closed.why)
        log.warning("the stream stays closed until=%s why=%r", until, closed.why)
        return self.clock.wait(self.stopping, (closed.until - self.clock.now()).total_seconds())

    def _settle(self, ended: Ended) -> None:
        """Note the gap, and wait as long as X's rules ask for. Raises CannotStart."""
        self.coverage.open_gap(ended.why)
        if self._was_backfill_refused(ended):
            self._has_backfill = False
            log.warning("X refuses backfill to this account, going on without it why=%r", ended.why)
            return
        self._raise_if_refused(ended)
        self._has_rules = self._has_rules and not (ended.answer and ended.answer.status == _NO_RULES)
        seconds = self._back_off.seconds(ended, self.clock.now())
        log.warning("feed away, connecting again seconds=%g why=%r", seconds, ended.why)
        self.clock.wait(self.stopping, seconds)

    def _was_backfill_refused(self, ended: Ended) -> bool:
        asked = self._backfill_minutes and ended.answer and ended.answer.status in (400, 403)
        return bool(asked and "backfill" in ended.why.lower())

    def _raise_if_refused(self, ended: Ended) -> None:
        status = ended.answer.status if ended.answer else 0
        if 400 <= status < 500 and status not in _MAY_HEAL:
            raise CannotStart(f"X refused: {ended.why}. {_ADVICE.get(status, 'Correct the TWITTER_ settings')}.")
        if self._was_connected:
            return
        if ended.answer and is_too_many_connections(ended.answer.problems):
            if self.last_alive is None or self.clock.now() - self.last_alive > _HELD_FOR:
                raise CannotStart(f"X refused: {ended.why}. {_TAKEN}.")
        elif self.clock.monotonic() - self._started_at >= self.settings.start_timeout_seconds:
            raise CannotStart(
                f"{host_of(self.settings.twitter_api_url)} gave no stream within "
                f"{self.settings.start_timeout_seconds:g} s: {ended.why}"
            )
