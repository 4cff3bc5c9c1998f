"""A feed that is asked again and again over HTTP: each answer is a page of what came after a place."""

import logging
from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from urllib3.exceptions import HTTPError

from errors import CannotStart
from receivers.base import Receiver, ReceiverParts
from receivers.bounded import bounded, on_one_line
from receivers.outage import FeedOutage
from receivers.page import NoPage, Page
from receivers.pauses import Pauses
from receivers.web import host_of, raise_if_refused, said, session_of, turned_away
from watched_connections import HangUpAdapter

log = logging.getLogger(__name__)

_CONNECT_SECONDS, _ANSWER_SECONDS = 10.0, 30.0
_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.5, 60.0
_NO_PAGE = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


class PollingReceiver(Receiver):
    """Asks SOURCE_URL for what came after the last event, with SOURCE_TOKEN as a bearer token where there is one.

    A subclass says what a request asks for (`ask`) and what an answer holds (`read`), and has a `key`. It asks again
    every `poll_seconds`, at once where there is more, and with back-off where no page comes, not before the answer's
    `Retry-After`. Such a time is in `coverage`, from the last page on that was the newest: as backfilled once all that
    came since was read, as lost where the feed has no more kept it.

    The connection is kept alive over many requests. An answer longer than `longest_answer_bytes` is none.
    """

    goes_on = True
    poll_seconds: ClassVar[float] = 5.0
    longest_answer_bytes: ClassVar[int] = 64_000_000

    def __init__(self, parts: ReceiverParts) -> None:
        super().__init__(parts)
        self._url = parts.settings.source_url or ""
        self._peer = host_of(self._url)
        self._adapter = HangUpAdapter()
        self._session = session_of(parts.settings.source_token, self._adapter)
        self._outage = FeedOutage(log, self.clock, self._peer)
        self._pauses = Pauses(_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS)
        self._was_there = False
        self._heard_at: datetime | None = None
        self._tried_since = self.clock.monotonic()

    @abstractmethod
    def ask(self, place: str | None) -> Mapping[str, str]:
        """The query of a request for what came after that place; None: nothing was ever heard."""

    @abstractmethod
    def read(self, answer: bytes, place: str | None) -> Page:
        """What an answer to `ask(place)` holds.

        Where it is not what the feed promises, whatever this raises of ValueError, LookupError, TypeError and
        AttributeError has it asked again; nothing need be caught.
        """

    def receive(self) -> None:
        """Ask until told to stop; with `available_now` until a page is the newest, or none comes for `idle_seconds`.

        Raises CannotStart where the feed refuses the token, and where no page comes within `start_timeout_seconds`.
        """
        try:
            while not self.stopping.is_set():
                pause = self._poll()
                if pause is None or self.stopping.is_set():
                    return
                self.clock.wait(self.stopping, pause)
        finally:
            self._adapter.release()
            self._session.close()

    def hang_up(self) -> None:
        """End a read that may last."""
        self._adapter.end()

    def _poll(self) -> float | None:
        """One request, and what came of it into the spool; seconds to wait, None where the reading is over."""
        asked_at, place = self.clock.now(), self.bookmark.read()
        try:
            page = self._page(self._answer(place), place)
        except NoPage as away:
            return None if self._is_over(away) else self._lost(away)
        self._there()
        self._keep(page, asked_at)
        is_newest = not page.has_more or page.place in (None, place)
        if is_newest or place is None:
            self.coverage.close_gap(0 if place is None else self.coverage.gap_seconds(), at=asked_at)
            self._heard_at = asked_at
        if not is_newest:
            return 0
        return None if self.settings.available_now else self.poll_seconds

    def _answer(self, place: str | None) -> bytes:
        """Raises NoPage."""
        query, limits = dict(self.ask(place)), (_CONNECT_SECONDS, _ANSWER_SECONDS)
        try:
            answer = self._session.get(self._url, params=query, stream=True, timeout=limits)
            body = self._adapter.read_body(answer, self.longest_answer_bytes + 1)
        except (OSError, HTTPError) as error:  # requests' own are OSErrors
            raise NoPage(said(error, "an answer")) from error
        raise_if_refused(answer)
        if (reason := turned_away(answer, self._peer, self.clock.now())) is not None:
            raise NoPage(*reason)
        return body

    def _page(self, answer: bytes, place: str | None) -> Page:
        """Raises NoPage."""
        if len(answer) > self.longest_answer_bytes:
            why = f"the answer of {self._peer} is longer than {self.longest_answer_bytes} bytes: ask for less"
            raise NoPage(why, "no page")
        try:
            return self.read(answer, place)
        except _NO_PAGE as error:
            why = f"{type(error).__name__}: {str(error)[:200]}"
            raise NoPage(f"the answer of {self._peer} is no page: {why}", "no page") from error

    def _keep(self, page: Page, asked_at: datetime) -> None:
        if page.lost_until is not None:
            self.coverage.open_gap("the feed has no more kept all that was said", since=self._heard_at)
            self.coverage.lose_until(min(page.lost_until, asked_at))
        for event in page.events:
            self.spool.append([on_one_line(bounded(event, self.settings.max_event_bytes))])
        if page.place is not None:
            self.bookmark.note(page.place, asked_at)

    def _there(self) -> None:
        if not self._was_there:
            self._outage.connected()
        self._outage.heard()
        self._was_there, self._tried_since = True, self.clock.monotonic()

    def _lost(self, away: NoPage) -> float:
        """Seconds to wait now that no page came."""
        self.coverage.open_gap(str(away), since=self._heard_at)
        pause = max(self._pauses.after(was_fruitful=not self._outage.is_away), away.seconds)
        self._outage.away(str(away), pause, away.kind)
        return pause

    def _is_over(self, away: NoPage) -> bool:
        """Whether the rest is for another run. Raises CannotStart where there was no page within the time for it."""
        waited = self.clock.monotonic() - self._tried_since
        if self.stopping.is_set():
            return True
        if not self._was_there and waited >= self.settings.start_timeout_seconds:
            raise CannotStart(f"{self._peer} gave no page within {waited:.0f} s: {away}. See SOURCE_URL.")
        return self._was_there and self.settings.available_now and waited >= self.settings.idle_seconds
