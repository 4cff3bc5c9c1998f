"""Whether the checkpoint can be read and written, and is in this Spark's format."""

from collections.abc import Iterator

from operations.checks.result import Result, failed, ok
from operations.checks.subject import Subject
from runtime.folders import refuse_format


def look(subject: Subject) -> Iterator[Result]:
    """On this machine by its rights alone; on a Hadoop file system through Spark, which is started for it."""
    uri = str(subject.settings.checkpoint)
    if (why := subject.refusal(uri, to_write=True)) is not None:
        yield failed(why, "name a folder that this user can write to with --checkpoint (CASESTREAM_CHECKPOINT)")
        return
    log = subject.offset_log
    if log.is_fresh():
        yield ok(f"{uri}, fresh")
        return
    refuse_format(log, subject.settings)
    last = log.last_committed()
    yield ok(f"{uri}, " + (f"batch {last} is its last" if last >= 0 else "its first batch is not ended"))
