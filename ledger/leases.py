"""`leases`: one job of a name, of a checkpoint, and of a spool, at a time.

    { _id: jobname, holder, host, pid, epoch, checkpoint, spool, period_seconds, since, heartbeat,
      state: "held" | "released" | "expired", stop_requested, last_alive }

The holder moves its heartbeat; a starter that sees it stand still for a whole period takes the lease over and raises
the epoch above that of every lease of the name, the checkpoint or the spool. Clocks of two machines are never compared.
A holder that finds another epoch writes nothing more. `indexes` must exist: of two holders of one checkpoint the
database refuses the second.
"""

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
from errors import CannotStart, LeaseLost, StopRequested

log = logging.getLogger(__name__)

_BEATS = 3  # heartbeats in a period
_LOOKS = 10  # looks at somebody else's heartbeat in a period


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
            held = self._held_by_others()
            if held:
                self._watch(held)
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

    def _of_the_same(self) -> dict[str, Any]:
        return _of_the_same(self._jobname, self._checkpoint, self._spool)

    def _held_by_others(self) -> list[dict[str, Any]]:
        return list(self._leases.find({**self._of_the_same(), "state": "held"}))

    def _watch(self, held: list[dict[str, Any]]) -> None:
        """Look at these leases for a whole period, the longest of all, or until nobody holds any of them."""
        period = max(self.period_seconds, *(lease.get("period_seconds", 0) for lease in held))
        names = ", ".join(described(lease) for lease in held)
        log.warning("waiting to see whether the job still runs seconds=%g holder=%r", period, names)
        for _ in range(_LOOKS):
            if self._wait(period / _LOOKS):
                raise StopRequested
            now = [self._leases.find_one({"_id": before["_id"]}) for before in held]
            is_held = [lease is not None and lease["state"] == "held" for lease in now]
            for before, lease in zip(held, now, strict=True):
                if lease is not None and lease["state"] == "held" and _beats(lease) != _beats(before):
                    raise CannotStart(f"in use: {described(lease)}. Stop that job first, or choose another name.")
            if not any(is_held):
                return

    def _expire(self, lease: dict[str, Any]) -> None:
        self._leases.update_one(
            {"_id": lease["_id"], "epoch": lease["epoch"], "heartbeat": lease["heartbeat"]},
            {"$set": {"state": "expired"}},
        )

    def _take(self, above: int = 0) -> None:
        now = self._clock.now()
        self.former = self._leases.find_one({"_id": self._jobname})
        # A checkpoint's batches were planned under the leases of every name that it has had.
        former_epochs = (lease["epoch"] for lease in self._leases.find(self._of_the_same(), {"epoch": 1}))
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


def held_leases(
    database: Database[dict[str, Any]], jobname: str, checkpoint: str, spool: str | None
) -> list[dict[str, Any]]:
    """The leases that a start of this job would watch, whether or not their holders live. Raises pymongo's errors."""
    return list(database["leases"].find({**_of_the_same(jobname, checkpoint, spool), "state": "held"}))


def _of_the_same(jobname: str, checkpoint: str, spool: str | None) -> dict[str, Any]:
    mine = [{"_id": jobname}, {"checkpoint": checkpoint}]
    mine += [{"spool": spool}] if spool else []
    return {"$or": mine}


def _beats(lease: dict[str, Any]) -> tuple[Any, Any]:
    return lease["epoch"], lease["heartbeat"]


def described(lease: dict[str, Any]) -> str:
    """Who holds it, since when he was not heard, and of which checkpoint."""
    return (
        f"job={lease['_id']} host={lease['host']} pid={lease['pid']} "
        f"heartbeat={lease['heartbeat'].isoformat(timespec='seconds')} checkpoint={lease['checkpoint']}"
    )
