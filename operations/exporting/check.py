"""Whether an export is what its manifest says: everything is read back."""

import hashlib
from collections.abc import Iterator

from operations.exporting import manifest_file
from operations.exporting.folder import Folder
from operations.exporting.formats.base import Format
from operations.exporting.manifest import File, Manifest


def findings(folder: Folder, manifest: Manifest) -> Iterator[str]:
    """A line for each thing that is not as it should be."""
    file_format = manifest.request.file_format()
    for day in manifest.days:
        for file in day.files:
            if (found := _finding(folder, file, file_format)) is not None:
                yield f"{file.path}: {found}"
        if not day.is_whole():
            yield f"{day.job}, {day.day}: {day.rows:,} rows, and the ledger had {day.posts - day.removed:,} posts"
    for name in folder.data():
        if name not in manifest.paths():
            yield f"{name}: it is not in {manifest_file.NAME}"


def _finding(folder: Folder, file: File, file_format: Format) -> str | None:
    path = folder.path / file.path
    try:
        size = folder.size(file.path)
        if size is None:
            return "it is not there"
        if size != file.bytes:
            return f"{size:,} bytes, expected {file.bytes:,}"
        with path.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        if digest != file.sha256:
            return f"SHA-256 {digest}, expected {file.sha256}"
        rows = sum(map(len, file_format.read(path)))
    except (OSError, ValueError) as error:
        return f"it cannot be read: {error}"
    return None if rows == file.rows else f"{rows:,} rows, expected {file.rows:,}"
