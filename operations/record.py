"""`manage.py record`: a live feed into files, as it was heard, to be read or played again."""

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from pymongo.database import Database

import command_line
from clock import SystemClock
from errors import CannotStart, FixSettings
from ledger.coverage import CoverageLog
from ledger.indexes import ensure_indexes
from ledger.usage import UsageLog
from operations.database import opened
from operations.interrupt import Interrupt, Interrupted
from operations.record_kafka import KafkaRecorder
from processors import PROCESSORS
from processors.base import StreamProcessor
from processors.files import FilesProcessor
from processors.kafka import KafkaProcessor
from receivers.base import Receiver
from runtime.plugins import processor_class, provider_needs, receiver_class, required_settings
from runtime.reception import Reception
from settings import Settings
from spool.local_folder import LocalFolder
from spool.segments import Segment, open_id

log = logging.getLogger(__name__)

_SEGMENT_SECONDS = 60
_LOOK_SECONDS = 0.5
_LOG_EVERY_LOOKS = 60


def record(
    jobname: Annotated[str, typer.Option(help="Names the recording: in coverage, and for the account's usage.")],
    source: Annotated[str, typer.Option(help="A source that pushes, kafka, or package.module:ClassName.")],
    to: Annotated[Path, typer.Option(help="The folder; a recording that is there already goes on.")],
    beginning: Annotated[
        Literal["latest", "earliest"], typer.Option("--from", help="Of Kafka: where a new recording begins.")
    ] = "latest",
    seconds: Annotated[float | None, typer.Option(help="End after so long; without it, with Ctrl-C.")] = None,
    settings_file: Annotated[Path | None, typer.Option(help="A file of lines CASESTREAM_A_B=value.")] = None,
) -> None:
    """Record what a feed says, to the byte and with the time of each event, into segments of a minute.

    Runs no Spark and stores no documents; when nobody was listening is in `coverage`. The source's settings are a
    job's, from the environment and the settings file; at SPOOL_MAX_BYTES the feed is not read until there is room.
    --source files reads a recording, manage.py feed plays it.

    manage.py record --jobname monday --source socket --to recordings/monday

    manage.py record --jobname topic --source kafka --from earliest --to recordings/topic

    manage.py feed --recording recordings/monday --speed 10 --port 9009

    manage.py feed --recording recordings/topic --speed 10 --kafka broker:9092 --topic again
    """
    around = command_line.Surroundings(tuple(PROCESSORS), required_settings, provider_needs, is_local=True)
    settings = command_line.read_recording(jobname, source, around, settings_file)
    settings = settings.model_copy(update={"kafka_starting": beginning})
    receiver = _heard_by(processor_class(source), source)
    with Interrupt() as interrupt, _alone_in(to), opened(settings) as database:
        reception = _reception(receiver, settings, to, database)
        reception.start()
        try:
            _listen(reception, interrupt, seconds)
        finally:
            reception.stop()
    print(f"{reception.heard:,} events recorded in {to}")


def _heard_by(kind: type[StreamProcessor], source: str) -> type[Receiver]:
    """What listens to the source. Raises FixSettings for one that only Spark can read."""
    if (receiver := receiver_class(kind)) is not None:
        return receiver
    if issubclass(kind, KafkaProcessor) and kind.read_stream is KafkaProcessor.read_stream:
        return KafkaRecorder
    if issubclass(kind, FilesProcessor):
        raise FixSettings(
            [f"--source {source}: files are a recording already: copy them, and read the copy with --source files"]
        )
    raise FixSettings(
        [
            f"--source {source}: Spark reads it in a way of its own ({kind.__qualname__}.read_stream), to which this "
            "command cannot listen. Name a receiver in the class (see README.md); or have its events written to "
            "files, one a line: --source files reads them, and manage.py feed --file plays them"
        ]
    )


def _reception(receiver: type[Receiver], settings: Settings, to: Path, database: Database[dict[str, Any]]) -> Reception:
    ensure_indexes(database)
    clock = SystemClock()
    coverage = CoverageLog(database, settings.jobname, settings.source, clock)
    coverage.adopt()
    if (since := _last_heard(to)) is not None:
        coverage.open_gap("nobody was recording", since=since)
    account = receiver.account(settings)
    usage = UsageLog(database, settings.jobname, settings.source, account, clock)
    rolled = settings.model_copy(update={"trigger_seconds": _SEGMENT_SECONDS})
    return Reception(receiver, rolled, LocalFolder(to.absolute()), coverage, usage, clock)


def _listen(reception: Reception, interrupt: Interrupt, seconds: float | None) -> None:
    """Until asked to end, or so long. Raises JobError."""
    ends_at = None if seconds is None else interrupt.now() + seconds
    looks = 0
    while not reception.is_over and (ends_at is None or interrupt.now() < ends_at):
        try:
            interrupt.wait(_LOOK_SECONDS)
        except Interrupted:
            break
        reception.check()
        looks += 1
        if looks % _LOG_EVERY_LOOKS == 0:
            log.info("recording events=%s", reception.heard)
    if reception.is_over:
        reception.check()


def _last_heard(folder: Path) -> datetime | None:
    """When the newest segment, closed or open, was written last; None where there is none."""
    segments = [path for path in folder.iterdir() if Segment.of(path.name) or open_id(path.name)]
    written = [path.stat().st_mtime for path in segments]
    return datetime.fromtimestamp(max(written), UTC) if written else None


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Raises CannotStart where the folder cannot be used, or another recording writes to it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    except OSError as error:
        raise CannotStart(f"{folder} cannot be used: {error.strerror}. Name a folder that can.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CannotStart(f"another recording writes to {folder}: name another folder") from error
        yield
