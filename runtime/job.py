"""One job from settings to its end: every part made, in order, and closed in the opposite order."""

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pymongo.database import Database
from pymongo.errors import PyMongoError
from pyspark.sql import SparkSession

from casestream import __version__
from clock import Clock
from errors import CannotStart, JobError, StopRequested
from ledger.batches import BatchLedger, highest_epoch
from ledger.database import connect, reach
from ledger.described import ensure_described
from ledger.forgotten import ForgottenLog
from ledger.honouring import Honouring
from ledger.indexes import ensure_indexes
from ledger.lease import Lease
from ledger.retention import Retention
from monitoring.lookout import Lookout
from monitoring.progress import Progress
from monitoring.watchers import Watchers
from processors.base import JobParts
from processors.offset_log import OffsetLog
from runtime.beside_batches import BesideBatches
from runtime.continuation import stored_offsets
from runtime.counting import case_counter
from runtime.embedded import EmbeddedServer
from runtime.failures import cause
from runtime.folders import refuse_foreign, unreachable
from runtime.listening import listen
from runtime.looking import looks
from runtime.plugins import processor_class
from runtime.reception import Reception
from runtime.session import close_session, is_alive, open_session
from runtime.start import Start
from runtime.stopping import StopSignal
from runtime.supervisor import Supervisor
from settings import Settings
from sinks import fingerprint
from sinks.mongo import MongoSink
from sinks.schema import refuse_newer

log = logging.getLogger(__name__)


class Job:
    """A job that is to run once, in the main thread."""

    def __init__(
        self, settings: Settings, stop: StopSignal, progress: Progress, lookout: Lookout, clock: Clock
    ) -> None:
        self._settings = settings
        self._stop = stop
        self._lookout = lookout
        self._watchers = Watchers(progress, lookout.signs, lookout.batches)
        self._clock = clock
        self._start = Start(settings, stop, progress, lookout, clock)
        self._uri = ""
        self._beside: BesideBatches | None = None

    def run(self) -> None:
        """Until it is stopped or, with `available_now`, until all is handled. Raises JobError."""
        with self._start.opened:
            try:
                self._started().run()
                if self._settings.available_now and self._beside is not None:
                    self._beside.finish()
            except StopRequested:
                log.info("stopped before the first batch")

    def _started(self) -> Supervisor:
        """Everything up to the query. Raises JobError; from the errors of MongoDB and of a file system CannotStart."""
        try:
            return self._wire()
        except PyMongoError as error:
            raise CannotStart(f"MongoDB failed while the job was starting: {cause(error)}") from error
        except OSError as error:
            raise CannotStart(f"a file could not be used while the job was starting: {cause(error)}") from error

    def _wire(self) -> Supervisor:
        spark, database = self._start_servers()
        lease = self._take_lease(database)
        ledger = BatchLedger(database, self._settings, __version__, self._clock, lease.epoch)
        sink = MongoSink(self._settings, self._uri, database, lease.check)
        offset_log = OffsetLog(spark, str(self._settings.checkpoint))
        self._start.wait_for(lambda: unreachable(offset_log.folder))
        refuse_foreign(offset_log, ledger, self._settings)
        offsets = stored_offsets(self._settings, offset_log, ledger, sink)
        counts = case_counter(self._settings, database, self._clock)
        forgotten = ForgottenLog(database, self._clock)
        parts = JobParts(
            spark, self._settings, sink, ledger, counts, self._watchers, self._stop.is_set, offsets, forgotten
        )
        processor = processor_class(self._settings.source)(parts)
        self._start.wait_for(processor.unreachable)
        reception = listen(self._start, processor, database, ledger, lease)
        self._beside = self._remove_beside(database, lease)
        self._start.opened.callback(self._lookout.look_no_more)
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
            self._start.progress.say("starting Spark")
            folder, ca_file = Path(".data", self._settings.jobname), self._settings.mongodb_ca_file
            spark = open_session(self._settings.jobname, folder, ca_file, self._settings.log_format)
            self._stop.listen()  # pyspark has put a handler of its own for Ctrl-C
            self._start.opened.callback(close_session, spark)
            self._uri = address.result()
        database = connect(self._uri, self._settings.database, self._settings.mongodb_ca_file)
        self._start.opened.callback(database.client.close)
        self._start.wait_for(lambda: reach(database))
        refuse_newer(database, self._settings.jobname)
        ensure_indexes(database)
        ensure_described(database)
        return spark, database

    def _address(self) -> str:
        if self._settings.mongodb_uri is not None:
            return self._settings.mongodb_uri.get_secret_value()
        server = EmbeddedServer()
        self._start.opened.callback(server.stop)
        return server.start()

    def _take_lease(self, database: Database[dict[str, Any]]) -> Lease:
        settings = self._settings
        lease = Lease(
            database,
            settings.jobname,
            str(settings.checkpoint),
            settings.lease_seconds,
            self._clock,
            self._start.pause,
            spool=settings.spool if processor_class(settings.source).receiver else None,
        )
        self._start.progress.say("taking the lease")
        lease.acquire(highest_epoch(database, settings.jobname))
        self._start.opened.callback(lease.release)
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
        self._start.opened.callback(beside.stop)
        beside.start()
        return beside

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
