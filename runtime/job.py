"""One job from settings to its end: every part made, in order, and closed in the opposite order."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from pymongo.database import Database
from pymongo.errors import PyMongoError
from pyspark.sql import SparkSession

from casestream import __version__
from clock import Clock
from errors import CannotStart, JobError, StopRequested
from ledger.batches import BatchLedger, highest_epoch
from ledger.coverage import CoverageLog
from ledger.database import connect, reach
from ledger.described import ensure_described
from ledger.forgotten import ForgottenLog
from ledger.honouring import Honouring
from ledger.indexes import ensure_indexes
from ledger.leases import Lease
from ledger.retention import Retention
from ledger.usage import UsageLog
from monitoring.lookout import Lookout
from monitoring.progress import Progress
from monitoring.watchers import Watchers
from processors.base import JobParts, StreamProcessor
from processors.offset_log import OffsetLog
from runtime.beside_batches import BesideBatches
from runtime.continuation import drop_stored_segments, stored_offsets
from runtime.counting import case_counter
from runtime.embedded import EmbeddedServer
from runtime.failures import cause
from runtime.folders import refuse_foreign, unreachable
from runtime.looking import looks
from runtime.plugins import processor_class, receiver_class
from runtime.reception import Reception
from runtime.session import close_session, is_alive, open_session
from runtime.stopping import StopSignal
from runtime.supervisor import Supervisor
from settings import Settings
from sinks import fingerprint
from sinks.mongo import MongoSink
from sinks.schema import refuse_newer
from spool.files import open_folder

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.5


class Job:
    """A job that is to run once, in the main thread."""

    def __init__(
        self, settings: Settings, stop: StopSignal, progress: Progress, lookout: Lookout, clock: Clock
    ) -> None:
        self._settings = settings
        self._stop = stop
        self._progress = progress
        self._lookout = lookout
        self._watchers = Watchers(progress, lookout.signs, lookout.batches)
        self._clock = clock
        self._open = ExitStack()
        self._uri = ""
        self._beside: BesideBatches | None = None

    def run(self) -> None:
        """Until it is stopped or, with `available_now`, until all is handled. Raises JobError."""
        with self._open:
            try:
                self._start().run()
                if self._settings.available_now and self._beside is not None:
                    self._beside.finish()
            except StopRequested:
                log.info("stopped before the first batch")

    def _start(self) -> Supervisor:
        """Everything up to the query. Raises JobError; from MongoDB's own errors CannotStart."""
        try:
            return self._wire()
        except PyMongoError as error:
            raise CannotStart(f"MongoDB failed while the job was starting: {cause(error)}") from error

    def _wire(self) -> Supervisor:
        spark, database = self._start_servers()
        lease = self._take_lease(database)
        ledger = BatchLedger(database, self._settings, __version__, self._clock, lease.epoch)
        sink = MongoSink(self._settings, self._uri, database, lease.check)
        offset_log = OffsetLog(spark, str(self._settings.checkpoint))
        self._wait_for(lambda: unreachable(offset_log.folder))
        refuse_foreign(offset_log, ledger, self._settings)
        offsets = stored_offsets(self._settings, offset_log, ledger, sink)
        counts = case_counter(self._settings, database, self._clock)
        forgotten = ForgottenLog(database, self._clock)
        parts = JobParts(
            spark, self._settings, sink, ledger, counts, self._watchers, self._stop.is_set, offsets, forgotten
        )
        processor = processor_class(self._settings.source)(parts)
        self._wait_for(processor.unreachable)
        reception = self._listen(processor, database, ledger, lease)
        self._beside = self._remove_beside(database, lease)
        self._open.callback(self._lookout.look_no_more)
        self._lookout.look_at(looks(self._settings, self._lookout.metrics, database, lease, reception, self._clock))
        retention = Retention(database, self._settings.jobname, self._settings.retention_days, self._clock, lease.check)
        return Supervisor(
            processor,
            self._stop,
            lambda: self._check(spark, lease, reception, retention),
            self._watchers,
            self._settings.start_timeout_seconds,
            self._clock,
        )

    def _start_servers(self) -> tuple[SparkSession, Database[dict[str, Any]]]:
        """Spark takes seconds to start: the embedded server, where one is wanted, starts beside it."""
        with ThreadPoolExecutor(1) as beside:
            address = beside.submit(self._address)
            self._progress.say("starting Spark")
            folder, ca_file = Path(".data", self._settings.jobname), self._settings.mongodb_ca_file
            spark = open_session(self._settings.jobname, folder, ca_file, self._settings.log_format)
            self._stop.listen()  # pyspark has put a handler of its own for Ctrl-C
            self._open.callback(close_session, spark)
            self._uri = address.result()
        database = connect(self._uri, self._settings.database, self._settings.mongodb_ca_file)
        self._open.callback(database.client.close)
        self._wait_for(lambda: reach(database))
        refuse_newer(database, self._settings.jobname)
        ensure_indexes(database)
        ensure_described(database)
        return spark, database

    def _address(self) -> str:
        if self._settings.mongodb_uri is not None:
            return self._settings.mongodb_uri.get_secret_value()
        server = EmbeddedServer()
        self._open.callback(server.stop)
        return server.start()

    def _take_lease(self, database: Database[dict[str, Any]]) -> Lease:
        settings = self._settings
        lease = Lease(
            database,
            settings.jobname,
            str(settings.checkpoint),
            settings.lease_seconds,
            self._clock,
            self._wait,
            spool=settings.spool if processor_class(settings.source).receiver else None,
        )
        self._progress.say("taking the lease")
        lease.acquire(highest_epoch(database, settings.jobname))
        self._open.callback(lease.release)
        lease.start_beating()
        return lease

    def _remove_beside(self, database: Database[dict[str, Any]], lease: Lease) -> BesideBatches:
        """What the feed asks to go is removed from now on, also what a former run has left."""
        settings = self._settings
        honouring = Honouring(
            database,
            settings.jobname,
            settings.honour_removals,
            settings.deduplicate_within_seconds,
            fingerprint.without,
            self._clock,
            lease.check,
            expects=processor_class(settings.source).removes,
        )
        beside = BesideBatches(honouring, self._stop, self._clock)
        self._open.callback(beside.stop)
        beside.start()
        return beside

    def _wait(self, seconds: float) -> bool:
        """Let time pass while the job starts; True when it is to stop."""
        self._lookout.signs.pulse()
        return self._stop.wait(seconds)

    def _listen(
        self, processor: StreamProcessor, database: Database[dict[str, Any]], ledger: BatchLedger, lease: Lease
    ) -> Reception | None:
        """The push feed's reception, listening; None for a source that Spark reads by itself."""
        receiver = receiver_class(type(processor))
        if receiver is None:
            lease.gap_is_noted()
            return None
        folder, account = open_folder(str(self._settings.spool), processor.spark), receiver.account(self._settings)
        self._wait_for(lambda: unreachable(folder))
        if processor.offset_log.is_fresh() and not self._settings.from_start:
            drop_stored_segments(folder, ledger)
        coverage = CoverageLog(database, self._settings.jobname, self._settings.source, self._clock)
        coverage.adopt()
        if lease.former:
            was = "was stopped" if lease.former["state"] == "released" else "died"
            coverage.open_gap(f"the job {was}", since=lease.former["last_alive"])
        self._wait_for(lambda: None if coverage.save() else "MongoDB does not take the coverage")
        lease.gap_is_noted()
        usage = UsageLog(database, self._settings.jobname, self._settings.source, account, self._clock)
        last_alive = lease.former["last_alive"] if lease.former else None
        reception = Reception(receiver, self._settings, folder, coverage, usage, self._clock, last_alive)
        self._progress.heard = lambda: reception.heard
        self._open.callback(reception.stop)
        reception.start()
        if self._settings.available_now:
            self._hear_out(reception)
        return reception

    def _hear_out(self, reception: Reception) -> None:
        """Read the feed to its end before the only batches there will be."""
        self._progress.say("reading the feed to its end")
        while not reception.is_over and not self._wait(_LOOK_SECONDS):
            reception.check()
        reception.check()
        reception.stop()

    def _wait_for(self, problem: Callable[[], str | None]) -> None:
        """Wait for a server. Raises CannotStart after `start_timeout_seconds`, StopRequested when asked to stop."""
        deadline = self._clock.monotonic() + self._settings.start_timeout_seconds
        is_said = False
        while (why := problem()) is not None:
            if self._clock.monotonic() >= deadline:
                raise CannotStart(f"cannot be reached after {self._settings.start_timeout_seconds:g} s: {why}")
            if not is_said:
                log.warning("waiting for a server why=%r", why)
                self._progress.say("waiting for a server")
                is_said = True
            if self._wait(_LOOK_SECONDS):
                raise StopRequested

    def _check(self, spark: SparkSession, lease: Lease, reception: Reception | None, retention: Retention) -> None:
        if not is_alive(spark):
            raise JobError("Spark itself has ended. Nothing is lost: start the job again, it goes on where it was.")
        if lease.is_lost:
            lease.check()
        if lease.stop_requested:
            self._stop.request()
        if self._beside is not None:
            self._beside.check()
        if reception is not None and not self._settings.available_now:
            reception.check()
        _expire(retention)


def _expire(retention: Retention) -> None:
    """A database that is away costs a look: what is old today is older tomorrow."""
    try:
        if expired := retention.look():
            log.info("batches expired batches=%s", expired)
    except PyMongoError as error:
        if retention.failures == 1:
            log.warning("nothing expired, MongoDB failed error=%r", str(error))
