"""Files that are moved into a folder, two at a time."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.integration.crash_events import Event, of_lines
from tests.integration.scenario import Scenario

ROOM = "inbox"
MODIFIED = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC).timestamp()
"""Which is when their events count as received: the same wherever a release's folder is put."""


class FilesScenario(Scenario):
    """A folder beside the job's checkpoint."""

    source = "files"
    pushes = repeats = False

    def __init__(self, folder: Path) -> None:
        """folder: the job's."""
        self._inbox = folder / ".data/covid" / ROOM
        self._inbox.mkdir(parents=True)
        self._number = 0
        self.settings = {"files_folder": f"file://{self._inbox}"}

    def event(self, number: int) -> Event:
        return of_lines(number)

    def send(self, events: Sequence[Event]) -> None:
        for half in range(2):
            self._number += 1
            written = self._inbox / f".{self._number}.part"
            written.write_bytes(b"".join(event.sent + b"\n" for event in events[half::2]))
            os.utime(written, (MODIFIED, MODIFIED))
            written.rename(self._inbox / f"{events[half].sha256[:8]}-{half}.jsonl")
