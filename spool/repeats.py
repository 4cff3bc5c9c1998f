"""Events that a feed sends again: known by their keys, over restarts and kills too."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from spool.files import Folder
from spool.key_files import HeardKey
from spool.key_store import KeyStore
from spool.seen import MOST_KEYS, Seen, digest
from spool.segments import CutEvent, Event, Line, Segment, decode


class Sifted(NamedTuple):
    """The new ones of some events, and of each its key's digest: None where it has none."""

    events: list[Event]
    digests: list[int | None]


class Repeats:
    """What a `SpoolWriter` knows of the events that were heard within so many seconds, or since what `hold` says.

    key: what tells an event from others, None where nothing does. A cut event has none, save where cut_events_repeat:
    then it is known by its whole bytes. most: keys that are remembered at once. Times are milliseconds since 1970. What
    is remembered over a restart is in a closed segment, or was in one: the keys of a segment are written when its lines
    are on the disk.
    """

    def __init__(
        self,
        folder: Folder,
        key: Callable[[bytes], str | None],
        within_seconds: float,
        most: int = MOST_KEYS,
        cut_events_repeat: bool = False,
    ) -> None:
        self._folder = folder
        self._key = key
        self._cut_events_repeat = cut_events_repeat
        self._seen = Seen(within_seconds, most)
        self._store = KeyStore(folder)
        self._waiting: deque[tuple[int, HeardKey]] = deque()  # lines that are in no closed segment yet

    def hold(self, since: int) -> None:
        """What was heard since then may be sent again at any time: it is remembered, until this is called again."""
        self._seen.held_from = since

    def restore(self, now: int) -> None:
        """Remember what former runs have heard; call it when `recover` has left nothing open. Raises OSError."""
        segments = {segment.id: segment for segment in map(Segment.of, self._folder.list()) if segment}
        filed, latest = self._store.ids(), dict[int, int]()
        for file_id in sorted(filed | segments.keys()):
            keys = self._store.read(file_id) if file_id in filed else self._keys_of(segments[file_id], now)
            if file_id not in filed:
                self._store.write(file_id, keys)
            for heard_at, key in keys:
                # Twice where it was heard again after its time; the clock may have been set back into that time.
                if self._seen.is_young(heard_at, now):
                    latest[key] = max(heard_at, latest.get(key, 0))
        for key, heard_at in sorted(latest.items(), key=lambda item: item[1]):
            self._seen.add(key, heard_at)
        self.forget(now)

    def sift(self, events: Sequence[Event], now: int) -> Sifted:
        """The events that are new, each key once. They are not remembered yet."""
        self._seen.forget(now)
        fresh, here = Sifted([], []), set[int]()
        for event in events:
            key = self._digest_of_event(event)
            if key is not None:
                if key in self._seen or key in here:
                    continue
                here.add(key)
            fresh.events.append(event)
            fresh.digests.append(key)
        return fresh

    def remember(self, digests: Sequence[int | None], first: int, now: int) -> None:
        """The lines from that number on are of these keys."""
        for number, key in enumerate(digests, first):
            if key is not None:
                self._seen.add(key, now)
                self._waiting.append((number, HeardKey(now, key)))

    def keep(self, segment_id: str, until: int) -> None:
        """The waiting lines before that number are on the disk, in this segment: write their keys beside it."""
        self._store.write(segment_id, [key for number, key in self._waiting if number < until])

    def keep_rest(self) -> None:
        """All lines are on the disk: write the keys that it had no room for, as far as it has now."""
        self._store.write_rest()

    def release(self, until: int) -> None:
        """The lines before that number wait no more: their segment is closed."""
        while self._waiting and self._waiting[0][0] < until:
            self._waiting.popleft()

    def forget(self, now: int) -> None:
        """It is that late: forget what is too old, on the disk too."""
        self._seen.forget(now)
        self._store.forget(now if self._seen.oldest is None else self._seen.oldest, now)

    def _digest_of_event(self, event: Event) -> int | None:
        if isinstance(event, CutEvent):
            return self._digest_of_cut(event.sha256)
        return self._digest(event) if isinstance(event, bytes) else None

    def _digest(self, event: bytes) -> int | None:
        return None if (key := self._key(event)) is None else digest(key)

    def _digest_of_cut(self, sha256: str) -> int | None:
        return digest(f"cut {sha256}") if self._cut_events_repeat else None

    def _keys_of(self, segment: Segment, now: int) -> list[HeardKey]:
        lines = decode(self._folder.read(segment.name))
        young = (line for line in lines if self._seen.is_young(line.heard_at, now))
        keys = ((line.heard_at, self._digest_of_line(line)) for line in young)
        return [HeardKey(heard_at, key) for heard_at, key in keys if key is not None]

    def _digest_of_line(self, line: Line) -> int | None:
        if line.is_cut:
            return self._digest_of_cut(line.event[16:80].decode("ascii", "replace"))
        return self._digest(line.event)
