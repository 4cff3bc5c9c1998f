"""The holder of a lease: how it is taken, kept and given back. `ledger.leases` has the rules."""

import logging
import os
import socket
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn
from uuid import uuid4

from pymongo import ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, PyMongoError

from clock import Clock
from errors import CannotStart, LeaseLost
from ledger.leases import held_leases, of_the_same
from ledger.watching import watch

log = logging.getLogger(__name__)

_BEATS = 3  # heartbeats in a period


class Lease:
    """A job's lease. wait(seconds) is how it lets time pass; it returns True when the job is to stop."""

    def __init__(
        self,
        database: Database[dict[str, Any]],
        jobname: str,
        checkpoint: str,
        period_seconds: float,
        clock: Clock,
        wait: Callable[[float], bool],
        spool: str | None = None,
    ) -> None:
        self._database = database
        self._leases = database["leases"]
        self._jobname = jobname
        self._checkpoint = checkpoint
        self._spool = spool
        self.period_seconds = period_seconds
        self._clock = clock
        self._wait = wait
        self._holder = uuid4().hex
        self.epoch = 0
        """Higher than that of every holder before; 0 before `acquire`."""
        self.is_lost = False
        self.heartbeat: datetime | None = None
        """When the heartbeat was last written."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name="lease", daemon=True)
        self._is_gap_noted = False
        self.stop_requested = False
        self.former: dict[str, Any] | None = None
        """The lease as the former holder left it, None at the job's first start."""

    def acquire(self, above: int = 0) -> None:
        """Take the lease, with an epoch above that one, should the leases themselves have been removed.

        Raises CannotStart when somebody holds it and is alive, StopRequested while it waits.
        """
        try:
            held = held_leases(self._database, self._jobname, self._checkpoint, self._spool)
            if held:
                watch(self._database, held, self.period_seconds, self._wait)
            for lease in held:
                if lease["_id"] != self._jobname:
                    self._expire(lease)
            self._take(above)
        except PyMongoError as error:
            raise CannotStart(f"MongoDB failed while the lease of {self._jobname} was taken: {error}") from error

    def start_beating(self) -> None:
        """Move the heartbeat from now on, in a thread of its own."""
        self._thread.start()

    def check(self) -> None:
        """The fence before each write. Raises LeaseLost when another process took the lease, pymongo's errors."""
        if self.is_lost:
            self._lose()
        if self._leases.find_one({**self._ours(), "state": "held"}, {"_id": 1}) is None:
            self.beat()

    def beat(self) -> None:
        """Move the heartbeat, and see whether someone asked the job to stop. Raises LeaseLost, pymongo's errors.

        A lease that somebody called expired, and that nobody took, is renewed.
        """
        now = self._clock.now()
        try:
            lease = self._leases.find_one_and_update(
                self._ours(),
                {"$set": {"heartbeat": now, "state": "held", **self._sign_of_life(now)}},
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError:
            lease = None
        if lease is None:
            self._lose()
        else:
            self.heartbeat = now
            self.stop_requested = self.stop_requested or bool(lease["stop_requested"])

    def release(self) -> None:
        """Give the lease back, so that the next start need not wait; a warning where MongoDB does not take it."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        try:
            life = self._sign_of_life(self._clock.now())
            self._leases.update_one(self._ours(), {"$set": {"state": "released", **life}})
        except PyMongoError as error:
            log.warning("lease not given back, the next start waits for it job=%s error=%r", self._jobname, str(error))

    def gap_is_noted(self) -> None:
        """Since when nobody listened is written down elsewhere: from now on `last_alive` is this holder's."""
        self._is_gap_noted = True

    def _sign_of_life(self, now: datetime) -> dict[str, datetime]:
        """Until then the former holder's stays, for the next start to find, should this one die at once."""
        return {"last_alive": now} if self._is_gap_noted else {}

    def _ours(self) -> dict[str, Any]:
        return {"_id": self._jobname, "holder": self._holder, "epoch": self.epoch}

    def _lose(self) -> NoReturn:
        self.is_lost = True
        raise lost(self._jobname)

    def _beat_on(self) -> None:
        is_away = False
        while not self._stopping.wait(self.period_seconds / _BEATS):
            try:
                self.beat()
            except LeaseLost:
                return
            except PyMongoError as error:
                if not is_away:
                    log.warning("heartbeat not written, MongoDB is away error=%r", str(error))
                is_away = True
            else:
                if is_away:
                    log.warning("heartbeat is written again")
                is_away = False

    def _expire(self, lease: dict[str, Any]) -> None:
        self._leases.update_one(
            {"_id": lease["_id"], "epoch": lease["epoch"], "heartbeat": lease["heartbeat"]},
            {"$set": {"state": "expired"}},
        )

    def _take(self, above: int = 0) -> None:
        now = self._clock.now()
        self.former = self._leases.find_one({"_id": self._jobname})
        # A checkpoint's batches were planned under the leases of every name that it has had.
        same = of_the_same(self._jobname, self._checkpoint, self._spool)
        former_epochs = (lease["epoch"] for lease in self._leases.find(same, {"epoch": 1}))
        self.epoch = 1 + max([above, *former_epochs])
        lease = {
            "_id": self._jobname,
            "holder": self._holder,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "epoch": self.epoch,
            "checkpoint": self._checkpoint,
            "spool": self._spool,
            "period_seconds": self.period_seconds,
            "since": now,
            "heartbeat": now,
            "state": "held",
            "stop_requested": False,
            "last_alive": self.former["last_alive"] if self.former else now,
        }
        try:
            if self.former is None:
                self._leases.insert_one(lease)
                self.heartbeat = now
                return
            seen = {key: self.former[key] for key in ("_id", "epoch", "heartbeat")}
            if self._leases.replace_one(seen, lease).matched_count == 1:
                self.heartbeat = now
                return
        except DuplicateKeyError:
            log.debug("lease lost to another starter job=%s", self._jobname)
        raise CannotStart(f"in use: another process has just started {self._jobname}, or its checkpoint.")


def lost(job: str) -> LeaseLost:
    """What a holder of the job's lease hears that was replaced."""
    return LeaseLost(f"another process has taken over the job {job}: this one ends and writes nothing more")
