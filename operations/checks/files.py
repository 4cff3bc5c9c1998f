"""Whether the folder of the source `files` is there and can be read."""

from collections.abc import Iterator

from operations.checks.result import Result, failed, ok
from operations.checks.subject import Subject

_TO_DO = "make it readable, or correct --files-folder (CASESTREAM_FILES_FOLDER)"


def look(subject: Subject) -> Iterator[Result]:
    """On this machine by its rights alone; on a Hadoop file system through Spark, which is started for it."""
    settings = subject.settings
    uri = str(settings.files_folder)
    if (why := subject.refusal(uri, to_write=False)) is not None:
        yield failed(why, _TO_DO)
    elif not (folder := subject.folder(uri)).exists("."):
        yield failed(f"there is no folder {uri}", "make it, or correct --files-folder (CASESTREAM_FILES_FOLDER)")
    else:
        yield ok(f"{uri}, {len(folder.list()):,} files at its top, read as {settings.files_format}")
