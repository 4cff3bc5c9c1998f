"""What a job that reads a folder of files is told."""

from typing import Literal

from settings.folders import FolderUri
from settings.frozen import Frozen, setting


class Files(Frozen):
    """The folder and what is in its files."""

    group = "files"

    files_folder: FolderUri | None = setting(
        None, "URI of a folder whose files are read, those in its folders too; required for files"
    )
    files_format: Literal["lines", "recorded", "parquet"] = setting(
        "lines", "lines: one event a line, .gz and .bz2 too; recorded: by manage.py record; parquet: one a row"
    )
    files_as: str = setting("socket", "the source whose events these are; socket: lines of text or JSON")
    files_at_once: int = setting(8, "most files of one micro-batch; a file is read by one", gt=0)
