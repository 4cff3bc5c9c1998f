"""`manage.py verify`: whether what is stored is whole."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from pymongo.errors import PyMongoError
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

import command_line
from clock import SystemClock
from errors import CannotStart, FixSettings, JobError
from operations.database import opened
from operations.integrity.findings import Report
from operations.integrity.job import Surroundings, verify_job
from operations.integrity.ranges import Range
from operations.integrity.sequence import Partition
from operations.integrity.stored import Documents
from operations.integrity.topics import topic_offsets
from operations.known_jobs import jobs, refuse_unknown
from operations.terminal import terminal
from receivers.base import Receiver
from runtime.plugins import processor_class, receiver_class
from settings import Settings

_WITHIN_SECONDS: float = Settings.model_fields["deduplicate_within_seconds"].default
TopicOffsets = Callable[[set[str]], Mapping[Partition, Range]]


def verify(
    jobname: Annotated[str | None, typer.Option(help="The job to verify; default: all of the database.")] = None,
    kafka_bootstrap_servers: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Ask these brokers too what the topics hold.")
    ] = None,
    deduplicate_within_seconds: Annotated[
        float, typer.Option(min=0, help="What the job ran with: repeats of a push feed within so long are damage.")
    ] = _WITHIN_SECONDS,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each job.")] = False,
    settings_file: Annotated[Path | None, typer.Option(help="A file of lines CASESTREAM_A_B=value.")] = None,
) -> None:
    """Say whether what is stored is whole: the ledger, the documents, the dead letters and the offsets agree.

    Each finding is a line on standard output: damage or note, job, what, where, found, expected, what to do. Exit
    code 0: no damage; 1: damage was found; 3: MongoDB or Kafka cannot be read, nothing is known. A job may run
    meanwhile. The login of the brokers comes from the environment or the settings file.
    """
    storage = command_line.read_storage(settings_file)
    offsets = _topic_offsets(kafka_bootstrap_servers, settings_file) if kafka_bootstrap_servers else None
    with opened(storage) as database:
        damaged = total = 0
        try:
            for job in _jobs(database, jobname):
                report = _verified(job, database, offsets, deduplicate_within_seconds)
                print(json.dumps(report.as_json()) if as_json else "\n".join(report.lines()), flush=True)
                damaged, total = damaged + bool(report.damages), total + 1
        except PyMongoError as error:
            raise CannotStart(f"MongoDB failed while it was read, and nothing is known: {error}") from error
    if damaged:
        raise JobError(f"damage was found in {damaged} of {total} jobs")


def drops_repeats(source: str) -> bool:
    """Whether jobs of the source drop what it sends again; no where the source is not known here."""
    try:
        receiver = receiver_class(processor_class(source))
    except FixSettings:
        return False
    return receiver is not None and receiver.key is not Receiver.key


def _jobs(database: Documents, jobname: str | None) -> list[str]:
    if jobname is not None:
        refuse_unknown(database, jobname)
        return [jobname]
    if not (known := jobs(database)):
        raise CannotStart(f"the database {database.name} holds nothing of any job")
    return known


def _verified(job: str, database: Documents, offsets: TopicOffsets | None, within_seconds: float) -> Report:
    with _shown(job, database["batches"].count_documents({"job": job})) as told:
        return verify_job(job, Surroundings(database, SystemClock(), drops_repeats, within_seconds, offsets, told))


def _topic_offsets(servers: str, settings_file: Path | None) -> TopicOffsets:
    return partial(topic_offsets, command_line.read_brokers(servers, settings_file))


@contextmanager
def _shown(job: str, batches: int) -> Iterator[Callable[[int, int], None]]:
    """A bar while the block runs, on a terminal only; it is told of batches and posts."""
    columns = (TextColumn("verifying {task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    posts = TextColumn("{task.fields[posts]:,} posts")
    console = terminal()
    with Progress(
        *columns, posts, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task, seen = progress.add_task(job, total=max(batches, 1), posts=0), 0

        def told(more_batches: int, more_posts: int) -> None:
            nonlocal seen
            seen += more_posts
            progress.update(task, advance=more_batches, posts=seen)

        yield told
