"""What the driver writes is what `casestream.stored` says, and so is what an earlier release has left."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bson import json_util

from cache.last_good import LastGood
from case_count import CaseCount, Reading, Standing
from casestream.fields import Collection
from casestream.stored import BATCHES, CASE_COUNTS, COLLECTIONS, COVERAGE, LEASES, USAGE
from ledger.batches import BatchLedger
from ledger.coverage import CoverageLog
from ledger.indexes import ensure_indexes
from ledger.lease import Lease
from ledger.usage import UsageLog
from micro_batch import BatchId, BatchPlan, Committed, Contents, LoggedBatch
from settings import Settings
from tests.conftest import Documents
from tests.filled import BEGIN, Filling, fill, gap
from tests.integration.kept_jobs import RELEASES
from tests.integration.stored import not_as_described
from tests.told_clock import START, ToldClock


def write_a_batch(database: Documents) -> None:
    settings = Settings.model_validate({"jobname": "covid", "source": "kafka"})
    ledger = BatchLedger(database, settings, "1.2.3", ToldClock(), epoch=1)
    offsets = ({"topic": "posts", "partition": 0, "from": 0, "until": 2**40},)
    contents = Contents(5, 1, 2, 2**40, "f" * 16, START)
    count = CaseCount(704_753_890, "live", "worldometers", START, START)
    plan = BatchPlan(BatchId("q", 0), LoggedBatch(START, offsets), contents, 2, count)
    ledger.plan(plan)
    ledger.commit(Committed(plan, 0.5, {"process": 1.0}, 1.5))


def write_a_gap(database: Documents) -> None:
    coverage = CoverageLog(database, "covid", "socket", ToldClock())
    coverage.open_gap("the peer hung up")
    coverage.save()


def write_a_lease(database: Documents) -> None:
    Lease(database, "covid", "file:/c", 30.0, ToldClock(), lambda _: False, spool="file:/s").acquire()


def write_usage(database: Documents) -> None:
    usage = UsageLog(database, "covid", "twitter", "hash", ToldClock())
    usage.add(3)
    usage.save()


def write_a_count(database: Documents) -> None:
    reading = Reading(704_753_890, None, datetime(2026, 1, 2, tzinfo=UTC))
    LastGood(database).put("worldometers", Standing.first(reading))


LATER = ("forgotten_at", "forgetting", "expired_at")
"""Of an entry of the ledger that somebody forgets posts of, or that expires: no batch writes them."""

WRITERS: dict[str, tuple[Collection, Callable[[Documents], None], bool]] = {
    "batches": (BATCHES, write_a_batch, True),
    "coverage": (COVERAGE, write_a_gap, True),
    "leases": (LEASES, write_a_lease, True),
    "case_counts": (CASE_COUNTS, write_a_count, True),
    "usage": (USAGE, write_usage, False),  # an update makes it: the order is the server's
}


@pytest.mark.parametrize("name", WRITERS)
def test_what_the_driver_writes_has_the_described_fields(database: Documents, name: str) -> None:
    collection, write, has_an_order = WRITERS[name]
    ensure_indexes(database)
    write(database)
    (document,) = database[name].find()
    names = tuple(document)
    described = tuple(field for field in collection.names() if field not in LATER)
    assert (names if has_an_order else tuple(sorted(names))) == (
        described if has_an_order else tuple(sorted(described))
    )
    assert not_as_described(database) == []


def test_what_the_tests_fill_a_database_with_has_the_described_fields(database: Documents) -> None:
    fill(database, Filling(batches=2, posts=4, dead_letters=1))
    gap(database, "covid", "kafka", BEGIN, BEGIN + timedelta(seconds=1))
    assert not_as_described(database) == []
    for collection in COLLECTIONS:
        if (document := database[collection.name].find_one()) is not None:
            assert tuple(document) == tuple(field.name for field in collection.fields if field.name in document)


@pytest.mark.parametrize("file", sorted(RELEASES.glob("*/*.json")), ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_what_a_release_has_left_has_the_described_fields(database: Documents, file: Path) -> None:
    collections = json_util.loads(file.read_text())["collections"]
    for name, documents in collections.items():
        database[name].insert_many(documents)
    assert not_as_described(database) == []
