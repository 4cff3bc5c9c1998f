"""The lease of a job that does not run, for as long as a command works on what only the job itself may touch."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

from pymongo.errors import PyMongoError

from clock import Clock
from errors import CannotStart
from ledger.batches import highest_epoch
from ledger.lease import Lease
from ledger.leases import period_of
from operations.integrity.stored import Documents

_KEPT = ("holder", "host", "pid", "since", "heartbeat", "last_alive", "stop_requested")


@contextmanager
def borrowed(database: Documents, name: str, job: str, clock: Clock) -> Iterator[Lease | None]:
    """The lease of that name, taken as a start of the job takes it; None where its holder is alive.

    It is given back as it was found, but for its epoch: the next start must see when the job was last alive, and where.
    """
    former = database["leases"].find_one({"_id": name}) or {}
    lease = Lease(
        database,
        name,
        former.get("checkpoint", name),
        period_of(former),
        clock,
        lambda seconds: clock.wait(Event(), seconds),
        former.get("spool"),
    )
    try:
        lease.acquire(highest_epoch(database, job))
    except CannotStart as refusal:
        if isinstance(refusal.__cause__, PyMongoError):
            raise
        yield None
        return
    lease.start_beating()
    try:
        yield lease
    finally:
        lease.release()
        _give_back(database, name, lease.epoch, former)


def _give_back(database: Documents, name: str, epoch: int, former: dict[str, Any]) -> None:
    ours = {"_id": name, "epoch": epoch}
    if not former:
        database["leases"].delete_one(ours)  # the job's start goes by the epochs of what is planned, too
    else:
        state = "released" if former["state"] == "released" else "expired"
        kept = {field: former[field] for field in _KEPT if field in former}
        unknown = {field: "" for field in _KEPT if field not in former}
        database["leases"].update_one(
            ours, {"$set": {**kept, "state": state}, **({"$unset": unknown} if unknown else {})}
        )
