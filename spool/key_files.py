"""Key files: when the events of a segment were heard and what their keys are, kept longer than the segment.

`.<segment id>.keys` holds a line for each event that has a key: 13 digits (milliseconds since 1970), a space, 32 hex
digits (`spool.seen.digest`), LF. It is written under another name: what has this name is whole. Files of segments that
are gone may be put together into one, whose id is no segment's.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from spool.files import Folder
from spool.whole_files import PART, write_whole

_WHOLE = re.compile(r"^\.(?P<id>[0-9A-Za-z-]+)\.keys$")
_LINE = re.compile(rb"^(\d{13}) ([0-9a-f]{32})$", re.MULTILINE)


class HeardKey(NamedTuple):
    """When an event was heard, milliseconds since 1970, and the digest of its key."""

    heard_at: int
    digest: int


def keys_name(file_id: str) -> str:
    """The name of a key file."""
    return f".{file_id}.keys"


def keys_id(name: str) -> str | None:
    """The id of the key file of that name, None where it is none."""
    match = _WHOLE.match(name)
    return match["id"] if match else None


def is_part(name: str) -> bool:
    """Whether that is a key file that was not finished."""
    return name.endswith(PART) and keys_id(name.removesuffix(PART)) is not None


def encode_keys(keys: Iterable[HeardKey]) -> bytes:
    """The lines of some keys."""
    return b"".join(b"%013d %032x\n" % key for key in keys)


def read_keys(folder: Folder, file_id: str) -> list[HeardKey]:
    """The keys of a file; lines that are none are passed over. Raises OSError."""
    content = folder.read(keys_name(file_id))
    return [HeardKey(int(heard_at), int(digest, 16)) for heard_at, digest in _LINE.findall(content)]


def write_keys(folder: Folder, file_id: str, keys: Iterable[HeardKey]) -> None:
    """Make the file, on the disk; nothing happens where it is there. Raises OSError, and can be called again then."""
    write_whole(folder, keys_name(file_id), encode_keys(keys))
