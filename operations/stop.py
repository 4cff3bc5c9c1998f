"""`manage.py stop`: ask a running job to end after the batch in hand."""

from pathlib import Path
from typing import Annotated

import typer

import command_line
from errors import CannotStart
from operations.database import opened


def stop(
    jobname: Annotated[str, typer.Option(help="The job to stop.")],
    settings_file: Annotated[Path | None, typer.Option(help="A file of lines CASESTREAM_A_B=value.")] = None,
) -> None:
    """Ask a running job to end after the batch in hand; it sees the wish within seconds and exits 0."""
    with opened(command_line.read_storage(settings_file)) as database:
        held = database["leases"].update_one({"_id": jobname, "state": "held"}, {"$set": {"stop_requested": True}})
        if held.matched_count == 0:
            raise CannotStart(f"no job of the name {jobname} is running in the database {database.name}")
    print(f"{jobname} was asked to stop; it ends after the batch in hand")
