"""What a killed process left in the spool."""

from collections.abc import Container

from spool.files import Folder
from spool.segments import Segment, open_id


def recover(folder: Folder) -> list[Segment]:
    """Close what was left open, cut at its last whole line: the segments that it became. Raises OSError.

    Call it before anybody writes.
    """
    folder.make()
    names = folder.list()
    closed = {segment.id for segment in map(Segment.of, names) if segment}
    left = ((name, open_id(name)) for name in names)
    segments = [_close(folder, name, segment_id, closed) for name, segment_id in left if segment_id]
    return [segment for segment in segments if segment]


def _close(folder: Folder, name: str, segment_id: str, closed: Container[str]) -> Segment | None:
    folder.fence(name)
    content = folder.read(name)
    whole = content[: content.rfind(b"\n") + 1]
    segment = Segment(segment_id, whole.count(b"\n"), len(whole))
    if not whole or segment_id in closed:
        folder.delete(name)
        return None
    folder.cut(name, len(whole))
    folder.rename(name, segment.name)
    return segment
