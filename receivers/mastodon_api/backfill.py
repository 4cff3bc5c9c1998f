"""What a stream said while nobody listened, as the timeline beside it has it.

The stream itself repeats nothing. The pages are read from the newest backwards, so that where there are too many of
them it is the beginning of the gap that is lost. A timeline has a post as it is now; it tells of no post that was
deleted meanwhile, and of no edit of one that is older than the gap.
https://docs.joinmastodon.org/methods/timelines/
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from clock import Clock
from receivers.mastodon_api.answers import Refused
from receivers.mastodon_api.channels import Channel
from receivers.mastodon_api.events import DELETE, UPDATE, SpoolLine, status_line
from receivers.mastodon_api.instance import NETWORK_ERRORS, Instance
from receivers.mastodon_api.places import Place
from settings import Settings

log = logging.getLogger(__name__)

_PAGE = 40
_BITS_BELOW_MILLISECONDS = 16
_OVERLAP_PAGES = 10  # on a busy instance so many are less than the ten minutes of `Place`


class Backfill:
    """Of one channel. append: hands a line to the spool, which drops what it was handed since `Place.since`.

    The posts of some minutes before the gap are read once more, 400 at most, for those that came late from other
    servers.
    """

    def __init__(
        self,
        instance: Instance,
        channel: Channel,
        settings: Settings,
        clock: Clock,
        append: Callable[[SpoolLine], None],
        place: Place,
    ) -> None:
        self._instance = instance
        self._channel = channel
        self._most = settings.mastodon_backfill_posts
        self._authors = settings.mastodon_authors
        self._clock = clock
        self._append = append
        self._place = place
        self._fetched: dict[str, str] = {}
        self._newest_fetched: int | None = None

    def note(self, line: SpoolLine) -> None:
        """The stream has said that, and it was appended."""
        self._move(_number(line.status_id) if line.name == UPDATE else None)

    def alive(self) -> None:
        """Something has come from the stream: the gap is closed, and what was fetched is not asked for again."""
        fetched, self._newest_fetched = self._newest_fetched, None
        self._move(fetched)

    def is_repeat(self, line: SpoolLine) -> bool:
        """Whether a status of the stream is one that was fetched, in that version or a later one."""
        fetched = self._fetched.get(line.status_id or "")
        return fetched is not None and line.name != DELETE and line.edited_at <= fetched

    def fetch(self, gap_seconds: float, must_stop: Callable[[], bool], is_told: bool = True) -> float:
        """Append what was missed; of how many seconds before now nothing is missing, as far as the timeline tells.

        is_told: whether the log is, too; else only who debugs.
        """
        self._fetched.clear()
        self._newest_fetched = None
        if self._place.newest is None or not self._most or not gap_seconds:
            return 0
        name, now, (since, _) = self._channel.name, self._clock.now(), self._place.since
        try:
            oldest = self._read_pages(since, self._place.newest, must_stop)
        except (Refused, *NETWORK_ERRORS, RecursionError) as error:
            level = logging.WARNING if is_told else logging.DEBUG
            log.log(level, "the timeline does not tell what was missed channel=%s why=%r", name, str(error))
            oldest = min(map(int, self._fetched), default=None)
        covered = self._covered(oldest, self._place.newest, gap_seconds, now)
        self._newest_fetched = max(map(int, self._fetched), default=None)
        posts = len(self._fetched)
        level = logging.INFO if is_told else logging.DEBUG
        log.log(level, "missed posts fetched channel=%s posts=%s seconds=%.0f", name, posts, covered)
        return covered

    def _read_pages(self, since: int, newest: int, must_stop: Callable[[], bool]) -> int | None:
        """The oldest id that was read. Pages are read until one goes back to `since`: that shows that none is left."""
        oldest: int | None = None
        more, pages_before = True, 0
        while more and len(self._fetched) < self._most and pages_before < _OVERLAP_PAGES and not must_stop():
            asked = {**self._channel.timeline_parameters, "limit": str(_PAGE)}
            statuses, more = self._instance.page(
                self._channel.timeline, asked if oldest is None else {**asked, "max_id": str(oldest)}
            )
            numbers = [_number(status.get("id")) for status in statuses if isinstance(status, dict)]
            ids = [number for number in numbers if number is not None and (oldest is None or number < oldest)]
            if not ids:
                break
            for status in reversed(statuses):
                self._take(status, since)
            oldest = min(ids)
            if oldest <= since:
                break
            pages_before += oldest < newest
        return oldest

    def _take(self, status: Any, since: int) -> None:  # noqa: ANN401 - whatever JSON holds
        number = _number(status.get("id")) if isinstance(status, dict) else None
        if number is not None and number > since:
            line = status_line(UPDATE, status, self._authors)
            self._fetched[str(number)] = line.edited_at
            self._append(line)

    def _move(self, number: int | None) -> None:
        if self._most:
            self._place.heard(number, self._clock.now())

    @staticmethod
    def _covered(oldest: int | None, newest: int, gap_seconds: float, now: datetime) -> float:
        """A timeline that shows no post from before the gap may be switched off, or not have been read to its end."""
        if oldest is None:
            return 0
        if oldest <= newest:
            return gap_seconds
        since = datetime.fromtimestamp((oldest >> _BITS_BELOW_MILLISECONDS) / 1000, UTC)
        return min(max((now - since).total_seconds(), 0), gap_seconds)


def _number(status_id: Any) -> int | None:  # noqa: ANN401 - whatever JSON holds
    text = str(status_id)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else None
