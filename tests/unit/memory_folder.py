"""A folder that is a dictionary, and breaks when it is told to."""

import errno
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from spool.segments import Segment

FULL = OSError(errno.ENOSPC, "No space left on device")


class MemoryFolder:
    """`spool.files.Folder` without a disk.

    failing: the calls that fail while they are in it ("write", "sync", "create", …). failed: what failed so far.
    most: the most bytes that one write takes. breaks: whether a failed write breaks its file, having taken `taken`
    bytes that nobody hears of.
    """

    uri = "memory:"

    def __init__(self, *, most: int = 1 << 30, breaks: bool = False, taken: int = 0) -> None:
        self.files: dict[str, bytearray] = {}
        self.failing: set[str] = set()
        self.failed: list[str] = []
        self.calls: list[str] = []
        self.most, self.breaks, self.taken = most, breaks, taken

    def list(self, below: str = "") -> list[str]:
        self.try_to("list")
        prefix = f"{below}/" if below else ""
        return sorted(name.removeprefix(prefix) for name in self.files if name.startswith(prefix))

    def exists(self, name: str) -> bool:
        return name in self.files

    def written_at(self, name: str) -> int | None:
        return 0 if name in self.files else None

    def bytes_of(self, name: str) -> int:
        return len(self.files.get(name, b""))

    def make(self) -> None:
        self.try_to("make")

    def read(self, name: str) -> bytes:
        return bytes(self.files[name])

    def create(self, name: str) -> "MemoryFile":
        self.try_to("create")
        assert name not in self.files
        self.files[name] = bytearray()
        return MemoryFile(self, self.files[name])

    def fence(self, name: str) -> None:
        assert name in self.files

    def cut(self, name: str, length: int) -> None:
        self.try_to("cut")
        self.files[name] = self.files[name][:length]

    def rename(self, name: str, to: str) -> None:
        self.try_to("rename")
        if to in self.files:
            raise FileExistsError(to)
        if name not in self.files:
            raise FileNotFoundError(name)
        self.files[to] = self.files.pop(name)
        self.try_to("answer to rename")

    def delete(self, name: str) -> None:
        self.try_to("delete")
        self.files.pop(name, None)

    def refusal(self, to_write: bool) -> str | None:
        return str(FULL) if to_write and "create" in self.failing else None

    def free_bytes(self) -> int:
        return self.most

    def try_to(self, call: str) -> None:
        self.calls.append(call)
        if call in self.failing:
            self.failed.append(call)
            raise FULL

    def closed(self) -> Iterable[tuple[Segment, bytes]]:
        """The closed segments in the order of their names, each checked against its name."""
        for name, content in sorted(self.files.items()):
            if segment := Segment.of(name):
                assert (segment.lines, segment.bytes) == (content.count(b"\n"), len(content))
                yield segment, bytes(content)

    def events(self) -> Sequence[bytes]:
        """The events of the closed segments, without their headers."""
        return [line[26:] for _, content in self.closed() for line in content.split(b"\n")[:-1]]

    def origins(self) -> Sequence[tuple[str, bytes]]:
        return [(segment.id, line[:12]) for segment, content in self.closed() for line in content.split(b"\n")[:-1]]


@dataclass
class MemoryFile:
    folder: MemoryFolder
    content: bytearray
    is_broken: bool = False
    is_closed: bool = field(default=False)

    def write(self, block: bytes) -> int:
        assert not self.is_closed
        assert not self.is_broken
        try:
            self.folder.try_to("write")
        except OSError:
            self.is_broken = self.folder.breaks
            self.content += block[: self.folder.taken]
            raise
        self.content += block[: self.folder.most]
        return min(len(block), self.folder.most)

    def sync(self) -> None:
        assert not self.is_closed
        try:
            self.folder.try_to("sync")
        except OSError:
            self.is_broken = self.folder.breaks
            raise

    def close(self) -> None:
        self.is_closed = True
        self.folder.try_to("close")
