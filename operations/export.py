"""`manage.py export`: posts as files, for whoever has no MongoDB."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

import command_line
from errors import FixSettings

FormatName = StrEnum("FormatName", ["parquet", "csv", "jsonl"])


def export(
    to: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where to; an export that is there goes on.")
    ] = None,
    format_name: Annotated[FormatName, typer.Option("--format", help="How posts are written.")] = FormatName("parquet"),
    jobname: Annotated[list[str] | None, typer.Option(help="Only this job; may be repeated. Default: all.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only batches triggered then or later: 2026-01-02T00:00Z.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Only batches triggered before then.")] = None,
    columns: Annotated[str | None, typer.Option(metavar="A,B", help="Only these columns of the table posts.")] = None,
    ids_only: Annotated[
        bool, typer.Option("--ids-only", help="The posts' ids alone: what X lets you pass on.")
    ] = False,
    check: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write nothing; read an export back and compare it.")
    ] = None,
    settings_file: Annotated[Path | None, typer.Option(help="A file of lines CASESTREAM_A_B=value.")] = None,
) -> None:
    """Write the posts of committed micro-batches as files, a folder for each job and UTC day, with a manifest.

    Run again, it writes only the days that have changed; killed, it goes on. A job may run meanwhile. Exit codes: 0
    done, or all is well; 1 it failed, or the check found something; 2 the arguments are wrong; 3 it could not start.
    """
    if (to is None) == (check is None):
        raise FixSettings(["--to=FOLDER, to export, or --check=FOLDER, to read an export back: give one of the two"])
    from operations.exporting import command  # Arrow and pandas: no other command is to wait for them
    from operations.exporting.request import Request

    if check is not None:
        command.check(check.resolve())
    if to is not None:
        request = Request.of(format_name.value, jobname or [], since, until, columns, ids_only)
        command.export(to.resolve(), request, command_line.read_storage(settings_file))
