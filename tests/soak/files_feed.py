"""Files that are moved into a folder, some of them compressed; what is there under its name is handed over."""

import gzip
from pathlib import Path

from tests.integration.crash_events import Event, of_lines
from tests.soak.feed import Acts, Faults, Feed, key

_ZIPPED_EVERY = 3


class FilesFeed(Feed):
    """A file a second, in a folder for each hundred."""

    source = "files"
    pushes = False

    def __init__(self, folder: Path, events_per_second: float) -> None:
        super().__init__(events_per_second)
        folder.mkdir(parents=True)
        self.settings = {"files_folder": f"file://{folder}", "files_at_once": "100"}
        self._folder = folder
        self._events_per_file = max(1, round(events_per_second))
        self._files = 0
        self._events: list[Event] = []
        self._acts: Acts[Path] = Acts()
        self._cut: dict[str, tuple[bytes, list[Event]]] = {}

    def event(self, number: int) -> Event:
        """See `Feed`."""
        return of_lines(number)

    def faults(self) -> Faults:
        """See `Feed`."""
        return {"a file ends in the middle of a line": self.end_in_a_line}

    def run(self) -> None:
        """See `Feed`."""
        while not self.pause():
            self._acts.do_what_is_wanted(self._folder)
            self._events.append(self.next_event())
            if len(self._events) >= self._events_per_file:
                self._put()

    def stop(self) -> None:
        """See `Feed`; the last file is there."""
        super().stop()
        self._put()

    def close(self) -> None:
        """See `Feed`: nothing is connected."""

    def end_in_a_line(self) -> str:
        """A file whose last line is half of one, without an end, which is an event of its own."""
        return self._acts.have_done(self._end_in_a_line)

    def cut_off_a_file(self) -> str:
        """Put a compressed file there without its end; its name."""
        return self._acts.have_done(self._cut_off)

    def put_it_there_whole(self, name: str) -> str:
        """A whole file, under another name, which is returned."""
        whole, events = self._cut.pop(name)
        other = name.replace(".", "-whole.", 1)
        self._move(whole, self._folder / other, events)
        return other

    def _put(self, end: bytes = b"\n") -> str:
        events, self._events = self._events, []
        if not events:
            return "nothing"
        content = b"\n".join(event.sent for event in events) + end
        is_zipped = self._files % _ZIPPED_EVERY == 0 and end
        name = self._next_name("jsonl.gz" if is_zipped else "jsonl")
        self._move(gzip.compress(content) if is_zipped else content, self._folder / name, events)
        return name

    def _next_name(self, suffix: str) -> str:
        self._files += 1
        place = self._folder / str(self._files // 100)
        place.mkdir(exist_ok=True)
        return f"{place.name}/{self._files:06d}.{suffix}"

    def _move(self, content: bytes, path: Path, events: list[Event]) -> None:
        written = path.with_name(f".{path.name}.part")
        written.write_bytes(content)
        written.replace(path)
        self.acknowledged.update(map(key, events))

    def _end_in_a_line(self, _: Path) -> str:
        self._number += 1
        text = f"{self._number}: half of a li"
        self._events.append(self.noted(Event(text.encode(), text)))
        return self._put(end=b"")

    def _cut_off(self, folder: Path) -> str:
        events = [self.next_event() for _ in range(self._events_per_file)]
        whole = gzip.compress(b"\n".join(event.sent for event in events))
        name = self._next_name("jsonl.gz")
        self._cut[name] = whole, events
        (folder / name).write_bytes(whole[: len(whole) // 2])
        return name
