"""`manage.py show`: what a job has stored, and its newest document."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from bson import json_util
from pymongo.database import Database
from rich.box import SIMPLE
from rich.table import Table

import command_line
from operations.database import opened
from operations.known_jobs import refuse_unknown
from operations.terminal import Output

_SHOWN_POSTS = 2
_LAST_BATCHES = 10


def show(
    jobname: Annotated[str, typer.Option(help="The job to look at.")],
    posts: Annotated[int, typer.Option(min=0, help="So many posts of the newest document.")] = _SHOWN_POSTS,
    settings_file: Annotated[Path | None, typer.Option(help="A file of lines CASESTREAM_A_B=value.")] = None,
) -> None:
    """Show what a job has stored: its last micro-batches, and the newest document with its first posts."""
    console = Output()
    with opened(command_line.read_storage(settings_file)) as database:
        refuse_unknown(database, jobname)
        console.print(_batches(database, jobname))
        newest = database["micro_batches"].find_one(
            {"job": jobname}, {"content": {"$slice": posts}}, sort=[("timestamp", -1), ("part", 1)]
        )
    if newest is None:
        console.print(f"the job {jobname} has stored nothing yet")
        return
    left_out = newest["posts"] - len(newest["content"])
    console.print_json(json_util.dumps(newest, json_options=json_util.RELAXED_JSON_OPTIONS), indent=2)
    console.print(f"… and {left_out:,} more posts in this document of `micro_batches`", highlight=False)


def _batches(database: Database[dict[str, Any]], jobname: str) -> Table:
    table = Table(title=f"last micro-batches of {jobname} (times are UTC)", title_justify="left", box=SIMPLE)
    for heading in ("timestamp", "batch", "posts", "dead", "case count", "status", "parts", "state"):
        justify: Literal["left", "right"] = "left" if heading in ("timestamp", "status", "state") else "right"
        table.add_column(heading, justify=justify, no_wrap=True)
    newest = database["batches"].find({"job": jobname}, sort=[("timestamp", -1)], limit=_LAST_BATCHES)
    for batch in reversed(list(newest)):
        table.add_row(
            f"{batch['timestamp']:%Y-%m-%d %H:%M:%S}",
            str(batch["batch_id"]),
            f"{batch['posts']:,}",
            f"{batch['dead_letters']:,}",
            f"{batch['total_case_count']:,}",
            batch["case_count"]["status"],
            str(batch["parts"]),
            batch["state"],
        )
    return table
