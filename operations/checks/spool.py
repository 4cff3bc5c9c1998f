"""Whether the spool can be read and written, what waits in it, and whether there is room for what may."""

from collections.abc import Iterator

from operations.checks.result import Result, failed, ok, skipped, warning
from operations.checks.subject import Subject
from spool.segments import closed_bytes

_LEAST_ROOM = 16_000_000  # two segments
_NAMES = "--spool-max-bytes (CASESTREAM_SPOOL_MAX_BYTES)"


def look(subject: Subject) -> Iterator[Result]:
    """On this machine by its rights alone; on a Hadoop file system through Spark, which is started for it."""
    settings, uri = subject.settings, str(subject.settings.spool)
    if subject.receiver is None:
        yield skipped(f"the source {settings.source} has none")
        return
    if (why := subject.refusal(uri, to_write=True)) is not None:
        yield failed(why, "name a folder that this user can write to with --spool (CASESTREAM_SPOOL)")
        return
    folder = subject.folder(uri)
    waiting, free, most = closed_bytes(folder.list()), folder.free_bytes(), settings.spool_max_bytes
    said = f"{uri}, {waiting:,} bytes wait of {most:,} at most, {free:,} are free on the disk"
    if free < _LEAST_ROOM:
        yield failed(said, "make room there: a feed is not read while nothing can be written")
    elif waiting >= most:
        yield warning(
            said, f"start the job, which empties it, or raise {_NAMES}: the feed is not read until there is room"
        )
    elif free < most - waiting:
        yield warning(said, f"make room there, or lower {_NAMES}: the disk would be full before the spool is")
    else:
        yield ok(said)
