"""What a job stands on, for who looks at it again and again (`monitoring.sampler`)."""

from typing import Any

from pymongo.database import Database

from clock import Clock
from ledger.lease import Lease
from monitoring.looks.feed import FeedLook
from monitoring.looks.lease import LeaseLook
from monitoring.looks.mongodb import MongoLook
from monitoring.looks.spool import SpoolLook
from monitoring.metrics import Metrics
from monitoring.sampler import Look
from runtime.reception import Reception
from settings import Settings


def looks(
    settings: Settings,
    metrics: Metrics,
    database: Database[dict[str, Any]],
    lease: Lease,
    reception: Reception | None,
    clock: Clock,
) -> list[Look]:
    """Lease and database; of a push feed, its connection and its spool."""
    found: list[Look] = [LeaseLook(metrics, lease, clock), MongoLook(metrics, database, settings.jobname, clock)]
    if reception is not None:
        found.append(FeedLook(metrics, reception, clock))
        found.append(SpoolLook(metrics, reception, settings.spool_max_bytes, clock))
    return found
