"""A file system so small that it can be filled; only root may mount one."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def mounted(place: Path, size: int) -> Iterator[Path | None]:
    """A new file system of so many bytes in a new folder; None where this user may mount none."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        yield None
        return
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(ballast: Path) -> int:
    """Write until the disk takes no more; the number of the error that it then gives."""
    with ballast.open("wb", buffering=0) as file:
        while True:
            try:
                file.write(bytes(100_000))
            except OSError as full:
                return int(full.errno or 0)
