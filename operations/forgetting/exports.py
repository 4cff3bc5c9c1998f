"""The copies that `manage.py export` has made: those on this machine, and a line on each of the others."""

import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from errors import CannotStart, JobError
from forgotten import Forgotten, holds_post
from operations.exporting.folder import Folder
from operations.exporting.manifest_file import load
from operations.exporting.removal import remove_posts
from operations.integrity.stored import Documents

_TELLING = ("id", "kind", "author", "refers_to", "edit_of")
_UNTOLD = "export {} has no column id: what of it is to go cannot be told. Remove it, or export it anew"


def known(database: Documents, also: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """The folders that are here, with those that were named; a line on each that is not."""
    folders, lines = [path.resolve() for path in also], []
    for export in database["exports"].find(sort=[("_id", 1)]):
        path = Path(export["folder"])
        if export["host"] != socket.gethostname():
            lines.append(f"export {path} is on {export['host']}: run this there too, with --export {path}")
        elif not _is_there(path):
            lines.append(f"export {path} is not there any more: nothing is known of copies of it")
        elif path not in folders:
            folders.append(path)
    return folders, lines


def _is_there(folder: Path) -> bool:
    """Whether there may be an export: where nobody can tell, its manifest cannot be read either, and that is said."""
    try:
        return folder.is_dir()
    except OSError:
        return True


def forget(folders: Sequence[Path], forgotten: Forgotten) -> Iterator[str]:
    """Take all that is forgotten out of each; a line each. Raises JobError at the end where one was not done."""
    failures = []
    for folder in folders:
        try:
            has_ids = "id" in load(Folder(folder)).request.columns
            rows = remove_posts(folder, lambda table: rows_of(table, forgotten)) if has_ids else None
        except (CannotStart, JobError) as failure:
            failures.append(str(failure))
            continue
        yield f"export {folder}: {rows:,} rows" if rows is not None else _UNTOLD.format(folder)
    if failures:
        raise JobError("\n".join([*failures, "all else is forgotten: put this right, and run the same command again"]))


def rows_of(table: pa.Table, forgotten: Forgotten) -> pa.BooleanArray:
    """Which rows are forgotten, as far as the columns tell: an export may have no more than ids."""
    told = table.select([name for name in _TELLING if name in table.column_names])
    return pa.array([holds_post(forgotten, row) for row in told.to_pylist()], pa.bool_())
