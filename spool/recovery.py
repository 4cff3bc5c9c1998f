"""What a killed process left in the spool."""

from spool.files import Folder
from spool.segments import Segment, open_id


def recover(folder: Folder) -> list[Segment]:
    """Close what was left open, cut at its last whole line; call it before anybody writes. Raises OSError."""
    folder.make()
    found = ((name, open_id(name)) for name in folder.list())
    segments = [_close(folder, name, segment_id) for name, segment_id in found if segment_id]
    return [segment for segment in segments if segment]


def _close(folder: Folder, name: str, segment_id: str) -> Segment | None:
    folder.fence(name)
    content = folder.read(name)
    whole = content[: content.rfind(b"\n") + 1]
    segment = Segment(segment_id, whole.count(b"\n"), len(whole))
    if not whole or folder.exists(segment.name):
        folder.delete(name)
        return None
    folder.cut(name, len(whole))
    folder.rename(name, segment.name)
    return segment
