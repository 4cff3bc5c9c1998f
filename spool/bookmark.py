"""How far a feed was heard, where it can go on from there: kept in the spool, beside what was heard.

`.<number>.bookmark` holds a JSON object: `place`, in the words of the feed's receiver, and `held_from`, milliseconds
since 1970: see `Bookmark.note`. The highest number is the one that counts.
"""

import json
import logging
import re
from dataclasses import dataclass
from datetime import datetime

from errors import CannotStart
from spool.files import Folder
from spool.repeats import Repeats
from spool.whole_files import PART, write_whole

log = logging.getLogger(__name__)

_NAME = re.compile(r"^\.(?P<number>\d{12})\.bookmark$")


@dataclass(frozen=True)
class _Note:
    place: str
    held_from: int

    def encode(self) -> bytes:
        return json.dumps({"place": self.place, "held_from": self.held_from}).encode()


class Bookmark:
    """One feed's place, over restarts and kills.

    Guarantee: a place that was written has everything before it in closed segments, on the disk. What was heard since
    the written place's `held_from` stays known to `repeats`, whatever its age.
    """

    def __init__(self, folder: Folder, repeats: Repeats | None = None) -> None:
        self._folder = folder
        self._repeats = repeats
        self._noted: _Note | None = None
        self._written: _Note | None = None
        self._number = 0
        self._files: list[str] = []  # oldest first
        self._has_warned = self._is_frozen = False

    def read(self) -> str | None:
        """The last place that was noted, by a former run too; None where there is none."""
        return None if self._noted is None else self._noted.place

    def note(self, place: str, repeats_from: datetime) -> None:
        """Everything that was appended lies before that place.

        Who goes on there may be sent again what was heard since `repeats_from`, and nothing older.
        """
        if self._is_frozen:
            return
        self._noted = _Note(place, int(repeats_from.timestamp() * 1000))
        if self._written is None:
            self._hold(self._noted)

    def freeze(self) -> None:
        """Nothing is appended any more: what is noted from now on lies behind events that were not taken."""
        self._is_frozen = True

    def restore(self) -> None:
        """Take over what a former run has noted; before `Repeats.restore`.

        Raises OSError where it cannot be read, CannotStart where it is damaged.
        """
        names = self._folder.list()
        for name in names:
            if name.endswith(PART) and _NAME.match(name.removesuffix(PART)):
                self._folder.delete(name)
        self._files = sorted(filter(_NAME.match, names))
        if self._files:
            newest = self._files[-1]
            self._number = int(newest[1:13])
            self._noted = self._written = self._decoded(newest)
            self._hold(self._written)

    def keep(self) -> None:
        """Everything that was appended is on the disk: write the place too; later, where the disk does not take it."""
        noted = self._noted
        if noted is None or noted == self._written:
            return
        self._number += 1
        name = f".{self._number:012d}.bookmark"
        try:
            write_whole(self._folder, name, noted.encode())
            self._written = noted
            self._files.append(name)
            self._hold(noted)
            while len(self._files) > 1:
                self._folder.delete(self._files[0])
                del self._files[0]
        except OSError as error:
            self._warn(error)
            return
        self._has_warned = False

    def _decoded(self, name: str) -> _Note:
        try:
            return _Note(**json.loads(self._folder.read(name)))
        except (ValueError, TypeError) as error:
            raise CannotStart(
                f"{self._folder.uri}/{name}, the place in the feed, is damaged: {error}. Remove the file: the feed is "
                "then heard from now on, and `coverage` has the time since the job last ran as a gap"
            ) from error

    def _hold(self, note: _Note) -> None:
        if self._repeats is not None:
            self._repeats.hold(note.held_from)

    def _warn(self, error: OSError) -> None:
        if not self._has_warned:
            self._has_warned = True
            log.warning("place in the feed not kept, a restart asks for more than it needs why=%r", str(error))
