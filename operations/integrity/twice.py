"""What is stored twice: the names that `Repeats` met more than once, told apart by their marks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from itertools import pairwise
from typing import Any

from xxhash import xxh32_intdigest

from operations.integrity.findings import MOST_OF_A_KIND, Kind, Report
from operations.integrity.repeats import Meeting, Names, Repeats, digest_of
from operations.integrity.tally import posts_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOW = 0xFFFF_FFFF
_Group = tuple[Kind, tuple[str, ...]]


class Met(IntEnum):
    """What an event was met as: the mark of its origin."""

    AS_POST = 0
    AS_LETTER = 1
    AS_LETTER_OF_A_REQUEUE = 2


def name_of_post(reading: int, post: Mapping[str, Any]) -> str:
    """What may be there once: a post of a source in a reading of it."""
    return f"{reading}\x1f{post.get('source')}\x1f{post.get('id')}"


def mark_of_post(post: Mapping[str, Any], is_dropped: bool) -> int:
    """32 bits of its origin; below them the second of its receipt, 0 where the source's repeats are not dropped."""
    origin = xxh32_intdigest(str(post.get("origin")).encode(errors="surrogatepass"))
    received_at = post.get("received_at")
    if not (is_dropped and isinstance(received_at, datetime)):
        return origin << 32
    return origin << 32 | int((received_at - _EPOCH).total_seconds()) & _LOW


def report_twice(kind: Kind, repeats: Repeats, names: Names, report: Report) -> None:
    """A finding for each name that was met more than once, at the names that lie at its places."""
    for _, meetings in repeats.repeated():
        _report_times(kind, [names.at(meeting.place) for meeting in meetings], report)


@dataclass
class EventsTwice:
    """Events (a reading, an origin) that are there as two dead letters, or as a post and a dead letter: damage.

    A letter that a requeue has taken may be a post, too. is_dead: whether the letter of that `_id` is in no requeue;
    one may have begun since the letter was read. Two posts: see `PostsTwice`.
    """

    report: Report
    is_dead: Callable[[str], bool]

    def look(self, repeats: Repeats, names: Names) -> None:
        """Report them."""
        for _, meetings in repeats.repeated():
            posts = [names.at(each.place) for each in meetings if each.mark == Met.AS_POST]
            letters = [(each.mark, names.at(each.place)) for each in meetings if each.mark != Met.AS_POST]
            if len(letters) > 1:
                _report_times(Kind.LETTER_TWICE, [f"dead_letters/{name}" for _, name in letters], self.report)
            for mark, name in letters if posts else ():
                if mark == Met.AS_LETTER and self.is_dead(name):
                    found = f"a post of micro_batches/{posts[0]}, too"
                    self.report.add(Kind.POST_AND_LETTER, f"dead_letters/{name}", found, "each event once")


@dataclass
class PostsTwice:
    """Posts of one id in one reading of their source.

    With one origin, one event was stored twice: damage. With two, the source sent the post twice: damage where the job
    drops what is sent again within so many seconds, otherwise an event of its own. edited: digests of names of which
    the source has sent several versions.
    """

    report: Report
    within_seconds: float
    document: Callable[[str], Mapping[str, Any] | None]
    edited: frozenset[int]

    def look(self, repeats: Repeats, names: Names, readings: int) -> None:
        """Report them, those of the same documents together. readings: how many the job has begun."""
        groups: dict[_Group, tuple[int, int]] = {}
        for digest, meetings in repeats.repeated():
            places = sorted({each.place for each in meetings})
            group = self._kind(digest, meetings), tuple(names.at(place) for place in places)
            if group in groups or len(groups) < MOST_OF_A_KIND:
                first, number = groups.get(group, (digest, 0))
                groups[group] = first, number + 1
            else:
                self.report.add(group[0], _where(group), "1 post", "each post once")
        for group, (digest, number) in groups.items():
            found = f"{number} posts, one of them {self._id(group[1][0], digest, readings)}"
            self.report.add(group[0], _where(group), found, "each post once")

    def _kind(self, digest: int, meetings: list[Meeting]) -> Kind:
        if len({each.mark for each in meetings}) < len(meetings):
            return Kind.POST_TWICE
        if digest in self.edited:
            return Kind.EDITED
        times = sorted(time for each in meetings if (time := each.mark & _LOW))
        is_within = any(later - time < self.within_seconds for time, later in pairwise(times))
        return Kind.POST_NOT_DROPPED if is_within else Kind.REPEATED

    def _id(self, name: str, digest: int, readings: int) -> str:
        posts = [post for post in posts_of(self.document(name) or {}) if isinstance(post, dict)]
        for reading in range(1, readings + 1):
            for post in posts:
                if digest_of(name_of_post(reading, post)) == digest:
                    return str(post.get("id"))
        return "unknown"


def _report_times(kind: Kind, found: list[str], report: Report) -> None:
    report.add(kind, found[-1], f"{len(found)} times: {', '.join(found[:10])}", "once")


def _where(group: _Group) -> str:
    return ", ".join(f"micro_batches/{name}" for name in group[1][:10])
