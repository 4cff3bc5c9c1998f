"""What an export is asked for; a folder has the files of one request."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pyarrow as pa

from casestream.errors import BadArgument
from casestream.schemas import table_schema
from casestream.selection import Selection, chosen
from casestream.tables import POSTS
from errors import FixSettings
from operations.exporting.formats import format_of
from operations.exporting.formats.base import Format
from operations.times import iso_or_none

_SHARED = ("id",)
_LATER = ("case_count_flags",)
"""Columns of the table `posts` that an earlier version did not have."""


@dataclass(frozen=True)
class Request:
    """Posts of the batches triggered in [since, until) (None: open), of these jobs (None: of all), in a format."""

    format: str
    jobs: tuple[str, ...] | None
    since: datetime | None
    until: datetime | None
    columns: tuple[str, ...]
    ids_only: bool

    @classmethod
    def of(
        cls, name: str, jobs: Sequence[str], since: str | None, until: str | None, columns: str | None, ids_only: bool
    ) -> "Request":
        """What the command's arguments ask for. Raises FixSettings."""
        if ids_only and columns is not None:
            raise FixSettings(["--columns: --ids-only writes the ids and nothing else; leave one of the two out"])
        wanted = _SHARED if ids_only else None if columns is None else [each.strip() for each in columns.split(",")]
        try:
            selection = Selection.of(sorted(set(jobs)) or None, since, until)
            return cls(name, selection.jobs, selection.since, selection.until, chosen(POSTS, wanted), ids_only)
        except BadArgument as error:
            raise FixSettings([str(error)]) from error

    def going_on(self, former: "Request") -> "Request":
        """The same in the folder of a former one: who asks for all columns gets those that the folder was begun with.

        They are all that there were then: a column that a later version has added is not missing in a folder.
        """
        then = tuple(name for name in POSTS.names() if name not in _LATER)
        is_all = self.columns == POSTS.names() and former.columns == then
        return replace(self, columns=former.columns) if is_all else self

    def schema(self) -> pa.Schema:
        """The columns as the loader has them."""
        return table_schema(POSTS, self.columns)

    def file_format(self) -> Format:
        """What writes and reads the files."""
        return format_of(self.format, self.ids_only)(self.schema())

    def as_json(self) -> dict[str, Any]:
        """As the manifest has it."""
        return {
            "format": self.format,
            "jobs": None if self.jobs is None else list(self.jobs),
            "since": iso_or_none(self.since),
            "until": iso_or_none(self.until),
            "columns": list(self.columns),
            "ids_only": self.ids_only,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Request":
        """What `as_json` made. Raises KeyError, ValueError or TypeError where it did not."""
        jobs, times = stored["jobs"], (stored["since"], stored["until"])
        since, until = (None if each is None else datetime.fromisoformat(each) for each in times)
        columns = chosen(POSTS, stored["columns"])
        return cls(stored["format"], jobs and tuple(jobs), since, until, columns, stored["ids_only"])
