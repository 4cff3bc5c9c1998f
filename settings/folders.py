"""Where a folder may be: a path, or a URI of a file system that Hadoop knows."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator


def scheme_of(place: str) -> str:
    """`hdfs` of hdfs://host/path, nothing for a path."""
    match = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", place)
    return match[1].lower() if match else ""


def local_uri(place: str) -> str:
    """A path as a URI; a URI as it is. Nothing is percent-encoded: Hadoop writes URIs so."""
    return place if scheme_of(place) else f"file://{Path(place).absolute()}"


def _folder_uri(value: str) -> str:
    if re.search(r"[{}\[\]*?\\]", value):
        raise ValueError("it must be without { } [ ] * ? and backslashes, which Spark takes for patterns")
    return value


def _spool_uri(value: str) -> str:
    scheme = scheme_of(value)
    if scheme not in ("", "file", "hdfs"):
        raise ValueError(f"it must be a path, file:/… or hdfs://…; {scheme}: has no atomic rename")
    return _folder_uri(value)


def _checkpoint_uri(value: str) -> str:
    if scheme_of(value) == "hdfs" and not re.match(r"(?i)hdfs://[^/]", value):
        raise ValueError("it must be a path, or a URI with its host, as fs.defaultFS has it: hdfs://host/path")
    return value


FolderUri = Annotated[str, AfterValidator(_folder_uri)]
SpoolUri = Annotated[str, AfterValidator(_spool_uri)]
CheckpointUri = Annotated[str, AfterValidator(_checkpoint_uri)]
