"""Whether the clocks of MongoDB and of this machine agree. A job compares none; people do, and time zones of a day."""

from collections.abc import Iterator

from operations.checks.result import Result, ok, warning
from operations.checks.subject import Subject

_MOST_SECONDS = 5


def look(subject: Subject) -> Iterator[Result]:
    """The server's time lies between sending the question and having the answer."""
    clock, database = subject.machine.clock, subject.database
    before = clock.now()
    there = database.command("hello", codec_options=database.codec_options)["localTime"]
    after = clock.now()
    ahead = (before + (after - before) / 2 - there).total_seconds()
    said = f"this machine's is {abs(ahead):.1f} s {'ahead of' if ahead >= 0 else 'behind'} MongoDB's"
    if abs(ahead) > _MOST_SECONDS + (after - before).total_seconds() / 2:
        yield warning(said, "set both by NTP: the times in the documents are this machine's")
    else:
        yield ok(said)
