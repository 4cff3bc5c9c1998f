"""Small files of a spool that are there whole or not at all."""

from contextlib import suppress

from spool.files import Folder

PART = ".part"
"""Behind the name of a file that is being written."""


def write_whole(folder: Folder, name: str, content: bytes) -> None:
    """Make the file, on the disk; nothing happens where it is there. Raises OSError, and can be called again then."""
    if folder.exists(name):
        return
    folder.delete(name + PART)
    try:
        _write(folder, name + PART, content)
        folder.rename(name + PART, name)
    except OSError:
        with suppress(OSError):  # on a full disk it takes room
            folder.delete(name + PART)
        raise


def _write(folder: Folder, name: str, content: bytes) -> None:
    file = folder.create(name)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[file.write(bytes(rest)) :]
        file.sync()
    finally:
        file.close()
