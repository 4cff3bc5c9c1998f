"""All of it."""

from pathlib import Path
from typing import Self

from settings.bluesky import Bluesky
from settings.count import CaseCount
from settings.files import Files
from settings.folders import local_uri
from settings.kafka import Kafka
from settings.limits import Limits
from settings.mastodon import Mastodon
from settings.own_source import OwnSource
from settings.run import Run
from settings.selection import Selection
from settings.socket import Socket
from settings.storage import JobStorage
from settings.twitter import Twitter


# From the last to the first: pydantic takes the fields of the last one first, and so do the help and the pages.
class Settings(
    Limits, CaseCount, Selection, OwnSource, Files, Mastodon, Bluesky, Twitter, Socket, Kafka, JobStorage, Run
):
    """Everything a job can be told."""

    def for_local_master(self) -> Self:
        """These settings with folders as URIs, under .data/ where none were given.

        Raises pydantic's ValidationError where one of them is none that Spark can use.
        """
        home = Path(".data", self.jobname)
        folders = {
            "checkpoint": local_uri(self.checkpoint or str(home / "checkpoint")),
            "spool": local_uri(self.spool or str(home / "spool")),
        }
        if self.files_folder is not None:
            folders["files_folder"] = local_uri(self.files_folder)
        return type(self).model_validate({**dict(self), **folders})
