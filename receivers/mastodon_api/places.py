"""How far each channel was heard, over restarts and kills too: by the ids of statuses, which grow with time.

The place in the spool's bookmark is a JSON object: `host` of the instance, whose ids these are, and by the name of each
channel that has brought a status `newest`, `since` and `repeats_from` of its `Place`.
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from receivers.base import Bookmark

_LATE = timedelta(minutes=10)  # so long after it was written a status from elsewhere may come
_STEP = timedelta(minutes=1)


class Place:
    """Of one channel, for one thread.

    A status that comes late from another server has an id below those that have come before it. So two ids are known:
    `newest`, the highest that was heard, and `since`, the highest that had been heard some ten minutes earlier, at
    `repeats_from`. A status above `since` was heard after that time, or was not heard.
    """

    def __init__(self, moved: Callable[[], None] = lambda: None) -> None:
        self._moved = moved
        self.newest: int | None = None
        """None where no status was heard."""
        self._stretch: deque[tuple[int, datetime]] = deque()  # the highest id, and when it was that; a minute apart

    @property
    def since(self) -> tuple[int, datetime]:
        """`since` and `repeats_from`. Raises IndexError where no status was heard."""
        return self._stretch[0]

    def heard(self, number: int | None, at: datetime) -> None:
        """A status of that id was appended; None: a sign of life has come, or some other event."""
        if number is not None:
            self.newest = max(number, self.newest or 0)
        if self.newest is None:
            return
        if not self._stretch or at >= self._stretch[-1][1] + _STEP:
            self._stretch.append((self.newest, at))
        while len(self._stretch) > 1 and self._stretch[1][1] <= at - _LATE:
            self._stretch.popleft()
        self._moved()

    def note(self) -> dict[str, Any]:
        """The place, for `resume`."""
        since, repeats_from = self.since
        return {"newest": self.newest, "since": since, "repeats_from": repeats_from.isoformat()}

    def resume(self, noted: Mapping[str, Any]) -> None:
        """Be where a former run was."""
        self.newest = int(noted["newest"])
        self._stretch = deque([(int(noted["since"]), datetime.fromisoformat(noted["repeats_from"]))])


class Places:
    """Those of all channels, together in one bookmark."""

    def __init__(self, bookmark: Bookmark, host: str, names: Iterable[str]) -> None:
        self._bookmark = bookmark
        self._host = host
        self._lock = threading.Lock()
        self._places = {name: Place(self._note) for name in names}

    def of(self, name: str) -> Place:
        """A channel's."""
        return self._places[name]

    def resume(self) -> None:
        """Be where the bookmark says, as far as it is about these channels of this instance."""
        noted = json.loads(self._bookmark.read() or "{}")
        channels = noted.get("channels", {}) if noted.get("host") == self._host else {}
        for name in self._places.keys() & channels.keys():
            self._places[name].resume(channels[name])

    def _note(self) -> None:
        with self._lock:
            channels = {name: place.note() for name, place in self._places.items() if place.newest is not None}
            earliest = min(datetime.fromisoformat(noted["repeats_from"]) for noted in channels.values())
            self._bookmark.note(json.dumps({"host": self._host, "channels": channels}), earliest)
