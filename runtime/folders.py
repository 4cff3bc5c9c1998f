"""Checkpoint and spool at the start of a job: whether they can be used, and whether the checkpoint is this job's."""

from errors import CannotStart
from ledger.batches import BatchLedger
from processors.offset_log import VERSION, OffsetLog
from settings import Settings
from spool.files import Folder

_NEW_ONE = "or name a new --checkpoint: the job goes on behind what it has stored. Nothing was written."


def unreachable(folder: Folder) -> str | None:
    """Make the folder where there is none; why that cannot be done now, None when it is done.

    Raises CannotStart where it is this machine that refuses: waiting would not help.
    """
    try:
        folder.make()
    except OSError as error:
        if error.errno is not None:
            raise CannotStart(f"{folder.uri} cannot be used: {error.strerror}. Name a folder that can.") from error
        return f"{folder.uri}: {error}"
    return None


def refuse_format(log: OffsetLog, settings: Settings) -> None:
    """Look at the newest batch of a checkpoint that is not fresh. Raises CannotStart where it is of another Spark.

    Raises OSError where the checkpoint cannot be read.
    """
    version = log.version()
    if version != VERSION:
        raise CannotStart(
            f"the newest batch in {settings.checkpoint}/offsets begins with {version[:40]!r}, and this Spark reads "
            f"{VERSION!r}: start with the Spark that wrote it, {_NEW_ONE}"
        )


def refuse_foreign(log: OffsetLog, ledger: BatchLedger, settings: Settings) -> None:
    """Look at what wrote the checkpoint. Raises CannotStart where Spark cannot go on from its format, or its source.

    Raises OSError where the checkpoint cannot be read, and pymongo's errors.
    """
    if log.is_fresh():
        return
    refuse_format(log, settings)
    job, source = ledger.former(log.query_id()) or (settings.jobname, settings.source)
    # A class of somebody's own may have moved to another module; a source of ours never is another one.
    if source != settings.source and ":" not in source + settings.source:
        raise CannotStart(
            f"the checkpoint {settings.checkpoint} is that of {job} with --source {source}: start it with this source; "
            f"--source {settings.source} needs a --checkpoint of its own. Nothing was written."
        )
