"""The key files of a spool: few of them, and none that is older than what is remembered."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

from spool.files import Folder
from spool.key_files import HeardKey, is_part, keys_id, keys_name, read_keys, write_keys
from spool.segments import Segment

log = logging.getLogger(__name__)

_SMALL = 1000
_MOST_SMALL = 100


@dataclass
class _KeyFile:
    id: str
    newest: int
    keys: int


class KeyStore:
    """Remembers over restarts what was heard, as far as the disk allows: events go first, so a key may be missing.

    What the disk does not take is written when there is room again, unless the process dies before.
    Spark lists the whole spool for every batch: small files whose segments are gone are put together.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._files: list[_KeyFile] = []  # by `newest`
        self._unwritten: dict[str, Sequence[HeardKey]] = {}  # by segment
        self._written = 0
        self._has_warned = False

    def ids(self) -> set[str]:
        """What `read` can be called with; what a killed run did not finish is removed. Raises OSError."""
        names = self._folder.list()
        for name in filter(is_part, names):
            self._folder.delete(name)
        return {file_id for file_id in map(keys_id, names) if file_id}

    def read(self, file_id: str) -> list[HeardKey]:
        """The keys of a former run's file, which is looked after from now on. Raises OSError."""
        keys = read_keys(self._folder, file_id)
        self._note(file_id, keys)
        return keys

    def write(self, segment_id: str, keys: Sequence[HeardKey]) -> None:
        """Keep the keys of a segment; again for the same one does nothing. No file where there are no keys."""
        if not keys or any(file.id == segment_id for file in self._files):
            return
        try:
            write_keys(self._folder, segment_id, keys)
        except OSError as error:
            self._unwritten[segment_id] = keys
            self._warn(error)
            return
        self._unwritten.pop(segment_id, None)
        self._note(segment_id, keys)
        self._written += 1
        self._has_warned = False

    def write_rest(self) -> None:
        """Write what an earlier `write` could not, the oldest first, as far as the disk takes it."""
        for segment_id, keys in list(self._unwritten.items()):
            self.write(segment_id, keys)
            if segment_id in self._unwritten:
                return

    def forget(self, oldest: int, now: int) -> None:
        """Delete the files of which every key was heard before `oldest`; put small ones together now and then."""
        for file in self._files:
            file.newest = min(file.newest, now)  # the clock may have been set back
        self._unwritten = {each: keys for each, keys in self._unwritten.items() if min(_newest(keys), now) >= oldest}
        try:
            while self._files and self._files[0].newest < oldest:
                self._folder.delete(keys_name(self._files[0].id))
                del self._files[0]
            if self._written >= _MOST_SMALL:
                self._written = 0
                self._put_together()
        except OSError as error:
            self._warn(error)

    def _put_together(self) -> None:
        held = {segment.id for segment in map(Segment.of, self._folder.list()) if segment}
        # The file of a segment in the spool stays: a restart would take its absence for a write that failed.
        small = [file for file in self._files if file.keys < _SMALL and file.id not in held]
        if len(small) < _MOST_SMALL:
            return
        keys = [key for file in small for key in read_keys(self._folder, file.id)]
        whole = f"{small[-1].id.partition('-')[0]}-{uuid4().hex[:12]}"  # the stamp keeps it in its place
        write_keys(self._folder, whole, keys)
        gone = {file.id for file in small}
        self._files = [file for file in self._files if file.id not in gone]
        self._note(whole, keys)
        for file_id in gone:
            with suppress(OSError):  # twice the same key does no harm
                self._folder.delete(keys_name(file_id))

    def _note(self, file_id: str, keys: Sequence[HeardKey]) -> None:
        self._files.append(_KeyFile(file_id, _newest(keys), len(keys)))
        self._files.sort(key=lambda file: file.newest)

    def _warn(self, error: OSError) -> None:
        if not self._has_warned:
            self._has_warned = True
            log.warning("keys not kept, after a restart an event that the feed repeats may pass why=%r", str(error))


def _newest(keys: Sequence[HeardKey]) -> int:
    return max((key.heard_at for key in keys), default=0)
