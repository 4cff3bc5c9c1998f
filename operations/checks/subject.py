"""What the checks look at, made once: the job's settings, the machine, and what is opened on the way."""

import os
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pymongo.database import Database
from pyspark.sql import SparkSession

from casestream import __version__
from clock import Clock, SystemClock
from ledger.batches import BatchLedger
from processors.base import StreamProcessor
from processors.offset_log import OffsetLog
from receivers.base import Receiver
from runtime.jars import JARS
from runtime.plugins import processor_class, receiver_class
from runtime.session import close_session, open_session
from settings import Settings
from spool.files import Folder, local_path, open_folder


@dataclass(frozen=True)
class Machine:
    """Where the job would run. jars: of `runtime.jars`."""

    environ: Mapping[str, str]
    clock: Clock
    jars: Path = JARS

    @classmethod
    def this(cls) -> Self:
        """The one that this runs on."""
        return cls(os.environ, SystemClock())


class Subject:
    """A context manager: what was opened is closed behind it. Used by many threads.

    mistakes: what is wrong with the settings; where there is something `settings` must not be asked for.
    timeout_seconds: the longest that all checks together may take.
    """

    def __init__(
        self, settings: Settings | None, mistakes: Sequence[str], timeout_seconds: float, machine: Machine
    ) -> None:
        self._settings = settings
        self.mistakes = tuple(mistakes)
        self.timeout_seconds = timeout_seconds
        self.machine = machine
        self.opened = ExitStack()
        self._database: Database[dict[str, Any]] | None = None
        self._spark: SparkSession | None = None
        self._starting = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.opened.close()

    @property
    def settings(self) -> Settings:
        """For checks that need "settings"."""
        assert self._settings is not None
        return self._settings

    @property
    def processor(self) -> type[StreamProcessor]:
        """The class of the source."""
        return processor_class(self.settings.source)

    @property
    def receiver(self) -> type[Receiver] | None:
        """The class of its receiver; None where Spark reads the source by itself."""
        return receiver_class(self.processor)

    def reads_by(self, kind: type[StreamProcessor] | type[Receiver]) -> bool:
        """Whether the source has a processor, or a receiver, of that class."""
        return any(issubclass(each, kind) for each in (self.processor, self.receiver) if each)

    @property
    def database(self) -> Database[dict[str, Any]]:
        """For checks that need "mongodb", which has opened it."""
        assert self._database is not None
        return self._database

    @database.setter
    def database(self, opened: Database[dict[str, Any]]) -> None:
        self._database = opened

    @property
    def ledger(self) -> BatchLedger:
        """The job's, for reading alone. For checks that need "mongodb"."""
        return BatchLedger(self.database, self.settings, __version__, self.machine.clock, epoch=0)

    @property
    def offset_log(self) -> OffsetLog:
        """That of the checkpoint. Raises as `folder` does."""
        uri = str(self.settings.checkpoint)
        return OffsetLog(self.spark_for(uri), uri)

    def folder(self, uri: str) -> Folder:
        """That folder. Raises errors.CannotStart, and what Spark raises where it does not start."""
        return open_folder(uri, self.spark_for(uri))

    def refusal(self, uri: str, to_write: bool) -> str | None:
        """Why this user may not read in that folder, or write, or it is not reached; None where he may."""
        try:
            return self.folder(uri).refusal(to_write)
        except OSError as error:
            return f"{uri} is not reached: {error.strerror or error}"

    def spark_for(self, uri: str) -> SparkSession | None:
        """The session for folders of Hadoop's, started when it is asked for first; None for one of this machine."""
        if local_path(uri) is not None:
            return None
        with self._starting:
            if self._spark is None:
                folder = Path(".data", self.settings.jobname, "doctor")
                self._spark = open_session("doctor", folder, self.settings.mongodb_ca_file)
                self.opened.callback(close_session, self._spark)
            return self._spark
