"""A segment on its way from its first line to its final name."""

from contextlib import suppress

from spool.files import Folder
from spool.segments import Segment, open_name


class OpenSegment:
    """A file of the spool that is being written.

    Each method raises OSError, and goes on where it stood when it is called again. first: number of its first line;
    bytes: of what was written, whatever the file took beyond that.
    """

    def __init__(self, folder: Folder, segment_id: str, first: int) -> None:
        self.bytes = 0
        self._folder = folder
        self._id = segment_id
        self._first = first
        self._name = open_name(segment_id)
        self._file = folder.create(self._name)
        self._is_ended = False
        self._segment: Segment | None = None

    @property
    def takes_more(self) -> bool:
        """Whether there is a point in `write`."""
        return not (self._is_ended or self._file.is_broken)

    def write(self, block: bytes) -> int:
        """Write a block of lines, or its first lines; the number of bytes written."""
        written = self._file.write(block)
        self.bytes += written
        return written

    def end(self, until: int, duplicates: int) -> Segment:
        """No line from number `until` on is written, and those before it are on the disk; the segment that it is to be.

        The number of duplicates is that of the first call that succeeds: a name must not change any more.
        """
        if self._file.is_broken:
            self._leave_broken()
        elif not self._is_ended:
            self._file.sync()
            self._is_ended = True
            self._file.close()
        self._is_ended = True
        if self._segment is None:
            self._segment = Segment(self._id, until - self._first, self.bytes, duplicates)
        return self._segment

    def is_unnamed(self) -> bool:
        """Whether it still stands under its first name."""
        return self._folder.exists(self._name)

    def give_name(self, segment: Segment) -> None:
        """Let Spark see it, once it is ended; an empty one is never seen."""
        if segment.bytes and (self.is_unnamed() or not self._folder.exists(segment.name)):
            self._folder.rename(self._name, segment.name)

    def _leave_broken(self) -> None:
        # Nobody knows how much of the last block the file took.
        with suppress(OSError):
            self._file.close()
        if self.bytes == 0:
            self._folder.delete(self._name)
        elif self.is_unnamed():
            self._folder.cut(self._name, self.bytes)
