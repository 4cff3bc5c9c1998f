"""The lease of a command that writes: one such command at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

from pymongo.database import Database

from clock import SystemClock
from ledger.indexes import ensure_indexes
from ledger.lease import Lease


@contextmanager
def held(database: Database[dict[str, Any]], name: str, period_seconds: float, above: int = 0) -> Iterator[Lease]:
    """The lease of that name while the block runs, with an epoch above that one; it beats. Raises CannotStart."""
    ensure_indexes(database)
    lease = Lease(database, name, name, period_seconds, SystemClock(), Event().wait)
    lease.acquire(above)
    lease.gap_is_noted()
    lease.start_beating()
    try:
        yield lease
    finally:
        lease.release()
