"""`leases`: one job of a name, and of a checkpoint, at a time.

    { _id: jobname, holder, host, pid, epoch, checkpoint, heartbeat, state: "held" | "released" | "expired",
      stop_requested, last_alive }

The holder moves its heartbeat; a starter that sees it stand still for a whole period takes the lease over and raises
the epoch. Clocks of two machines are never compared. A holder that finds another epoch writes nothing more.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any
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
    ) -> None:
        self._leases = database["leases"]
        self._jobname = jobname
        self._checkpoint = checkpoint
        self._period_seconds = period_seconds
        self._clock = clock
        self._wait = wait
        self._holder = uuid4().hex
        self._epoch = 0
        self.is_lost = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name="lease", daemon=True)
        self.stop_requested = False
        self.former: dict[str, Any] | None = None
        """The lease as the former holder left it, None at the job's first start."""

    def acquire(self) -> None:
        """Take the lease. Raises CannotStart when somebody holds it and is alive, StopRequested while it waits."""
        held = self._held_by_others()
        if held:
            self._watch(held)
        for lease in held:
            if lease["_id"] != self._jobname:
                self._expire(lease)
        self._take()

    def start_beating(self) -> None:
        """Move the heartbeat from now on, in a thread of its own."""
        self._thread.start()

    def check(self) -> None:
        """The fence before each write. Raises LeaseLost when another process took the lease."""
        if self.is_lost or self._leases.find_one({**self._ours(), "state": "held"}, {"_id": 1}) is None:
            self._lose()

    def beat(self) -> None:
        """Move the heartbeat, and see whether someone asked the job to stop. Raises LeaseLost, pymongo's errors."""
        now = self._clock.now()
        lease = self._leases.find_one_and_update(
            self._ours(), {"$set": {"heartbeat": now, "last_alive": now}}, return_document=ReturnDocument.AFTER
        )
        if lease is None or lease["state"] != "held":
            self._lose()
        else:
            self.stop_requested = self.stop_requested or bool(lease["stop_requested"])

    def release(self) -> None:
        """Give the lease back, so that the next start need not wait."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._leases.update_one(self._ours(), {"$set": {"state": "released", "last_alive": self._clock.now()}})

    def _ours(self) -> dict[str, Any]:
        return {"_id": self._jobname, "holder": self._holder, "epoch": self._epoch}

    def _lose(self) -> None:
        self.is_lost = True
        raise LeaseLost(
            f"another process has taken over the job {self._jobname}: this one ends and writes nothing more"
        )

    def _beat_on(self) -> None:
        is_away = False
        while not self._stopping.wait(self._period_seconds / _BEATS):
            try:
                self.beat()
            except LeaseLost:
                return
            except PyMongoError as error:
                if not is_away:
                    log.warning("heartbeat not written, MongoDB is away error=%r", str(error))
                is_away = True
            else:
                is_away = False

    def _held_by_others(self) -> list[dict[str, Any]]:
        mine = {"$or": [{"_id": self._jobname}, {"checkpoint": self._checkpoint}]}
        return list(self._leases.find({**mine, "state": "held"}))

    def _watch(self, held: list[dict[str, Any]]) -> None:
        names = ", ".join(_describe(lease) for lease in held)
        log.warning("waiting to see whether the job still runs seconds=%g %s", self._period_seconds, names)
        for _ in range(_LOOKS):
            if self._wait(self._period_seconds / _LOOKS):
                raise StopRequested
            for before in held:
                now = self._leases.find_one({"_id": before["_id"]})
                if now is not None and now["state"] == "held" and _beats(now) != _beats(before):
                    raise CannotStart(f"in use: {_describe(now)}. Stop that job first, or choose another name.")

    def _expire(self, lease: dict[str, Any]) -> None:
        self._leases.update_one(
            {"_id": lease["_id"], "epoch": lease["epoch"], "heartbeat": lease["heartbeat"]},
            {"$set": {"state": "expired"}},
        )

    def _take(self) -> None:
        now = self._clock.now()
        self.former = self._leases.find_one({"_id": self._jobname})
        self._epoch = self.former["epoch"] + 1 if self.former else 1
        lease = {
            "_id": self._jobname,
            "holder": self._holder,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "epoch": self._epoch,
            "checkpoint": self._checkpoint,
            "heartbeat": now,
            "state": "held",
            "stop_requested": False,
            "last_alive": now,
        }
        try:
            if self.former is None:
                self._leases.insert_one(lease)
                return
            seen = {key: self.former[key] for key in ("_id", "epoch", "heartbeat")}
            if self._leases.replace_one(seen, lease).matched_count == 1:
                return
        except DuplicateKeyError:
            log.debug("lease lost to another starter job=%s", self._jobname)
        raise CannotStart(f"in use: another process has just started {self._jobname}, or its checkpoint.")


def was_alive(lease: dict[str, Any] | None) -> datetime | None:
    """When the holder of that lease was last known to be alive (UTC)."""
    return lease["last_alive"] if lease else None


def _beats(lease: dict[str, Any]) -> tuple[Any, Any]:
    return lease["epoch"], lease["heartbeat"]


def _describe(lease: dict[str, Any]) -> str:
    return (
        f"job={lease['_id']} host={lease['host']} pid={lease['pid']} "
        f"heartbeat={lease['heartbeat'].isoformat(timespec='seconds')} checkpoint={lease['checkpoint']}"
    )
