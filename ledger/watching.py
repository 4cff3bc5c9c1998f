"""Whether the holders of leases live: a starter looks at their heartbeats, and compares no clocks."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pymongo.database import Database

from errors import CannotStart, StopRequested
from ledger.leases import described, period_of

log = logging.getLogger(__name__)

_LOOKS = 10  # at each heartbeat, in a period


def watch(
    database: Database[dict[str, Any]],
    held: Sequence[Mapping[str, Any]],
    period_seconds: float,
    wait: Callable[[float], bool],
) -> None:
    """Look at these leases for a whole period, the longest of all, or until nobody holds any of them.

    period_seconds: of the starter; wait: as of `ledger.lease.Lease`. Raises CannotStart where a holder gives a sign of
    life, StopRequested, pymongo's errors.
    """
    period = max(period_seconds, *(period_of(lease) for lease in held))
    names = ", ".join(described(lease) for lease in held)
    log.warning("waiting to see whether the job still runs seconds=%g holder=%r", period, names)
    for _ in range(_LOOKS):
        if wait(period / _LOOKS):
            raise StopRequested
        now = [database["leases"].find_one({"_id": before["_id"]}) for before in held]
        is_held = [lease is not None and lease["state"] == "held" for lease in now]
        for before, lease in zip(held, now, strict=True):
            if lease is not None and lease["state"] == "held" and _beats(lease) != _beats(before):
                raise CannotStart(f"in use: {described(lease)}. Stop that job first, or choose another name.")
        if not any(is_held):
            return


def _beats(lease: Mapping[str, Any]) -> tuple[Any, Any]:
    return lease["epoch"], lease["heartbeat"]
