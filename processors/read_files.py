"""Files that change when they must not: while Spark reads them, and afterwards."""

import logging
import threading
from collections.abc import Callable, Mapping

from clock import Clock
from spool.files import Folder

log = logging.getLogger(__name__)

QUIET_SECONDS = 2.0
"""A file that was written to more lately may be in the middle of being written."""

_LOOK_SECONDS = 0.25
_SAY_SECONDS, _LONGEST_SECONDS = 10.0, 600.0
_CHECK_SECONDS = 20.0
_MOST = 1_000


class ReadFiles:
    """When the files of a folder were written, by their names below it: what Spark found, and what is so now.

    Each method that looks raises OSError where the file system does not answer.
    """

    def __init__(self, folder: Folder, clock: Clock, is_stopping: Callable[[], bool]) -> None:
        self._folder = folder
        self._clock = clock
        self._is_stopping = is_stopping
        self._began: dict[str, int] = {}
        self._read: dict[str, int] = {}
        self._checked_at = clock.monotonic()

    def settle(self, listed: Mapping[str, int]) -> str | None:
        """Wait while one of them is being written, 600 s at most; the name of one that has grown since Spark found it.

        listed: when each was written, as Spark found it, milliseconds since 1970. None where none has grown. Where one
        is named, the query is to be started again: it looks at its files anew, and this is content with what it has
        seen.
        """
        self._wait(listed)
        now = {name: self._folder.written_at(name) or 0 for name in listed}
        grown = next((name for name, at in now.items() if at not in (0, listed[name], self._began.get(name))), None)
        self._began = now
        return grown

    def remember(self, listed: Mapping[str, int]) -> None:
        """They were read, as they were in `settle`, or in a former run as Spark found them; the last 1,000 are kept."""
        self._read |= {name: self._began.get(name, at) for name, at in listed.items()}
        self._read = dict(list(self._read.items())[-_MOST:])

    def check(self, at_once: bool = False) -> None:
        """Say of each file that was written to after it was read, once; looks every 20 s."""
        if not at_once and self._clock.monotonic() - self._checked_at < _CHECK_SECONDS:
            return
        self._checked_at = self._clock.monotonic()
        for name, read_at in list(self._read.items()):
            if (now := self._folder.written_at(name)) not in (None, read_at):
                self._read[name] = now or 0
                log.error(
                    "file changed after it was read, and is not read again: put what is new there under another name "
                    "file=%s",
                    name,
                )

    def _wait(self, names: Mapping[str, int]) -> None:
        began, never, has_said = self._clock.monotonic(), threading.Event(), False
        while (fresh := self._fresh(names)) is not None and not self._is_stopping():
            waited = self._clock.monotonic() - began
            if waited >= _LONGEST_SECONDS:
                log.error("file read while it is being written, its end may be missing file=%s", fresh)
                return
            if waited >= _SAY_SECONDS and not has_said:
                has_said = True
                log.warning("waiting for a file that is being written file=%s", fresh)
            self._clock.wait(never, _LOOK_SECONDS)

    def _fresh(self, names: Mapping[str, int]) -> str | None:
        now = self._clock.now().timestamp() * 1000
        for name in names:
            if 0 <= now - (self._folder.written_at(name) or 0) < QUIET_SECONDS * 1000:
                return name
        return None
