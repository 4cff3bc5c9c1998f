"""What the ledger says of a batch is what was planned, until it is committed."""

from typing import Any

import pytest
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from case_count import UNKNOWN, CaseCount
from ledger.batches import BatchLedger
from ledger.indexes import ensure_indexes
from micro_batch import BatchId, BatchPlan, Committed, Contents, LoggedBatch
from settings import Settings
from tests.told_clock import START, ToldClock

Documents = Database[dict[str, Any]]

SEGMENT = {"segment": "s1", "lines": 3, "bytes": 2**40, "duplicates": 2}
KAFKA = {"topic": "posts", "partition": 0, "from": 0, "until": 2**40}
LIVE = CaseCount(704_753_890, "live", "worldometers", START, START)
NEVER = CaseCount(UNKNOWN, "never", "worldometers")


def ledger(database: Documents, clock: ToldClock | None = None, job: str = "a", source: str = "socket") -> BatchLedger:
    ensure_indexes(database)
    settings = Settings.model_validate({"jobname": job, "source": source})
    return BatchLedger(database, settings, "1.2.3", clock or ToldClock())


def plan(
    number: int = 0,
    query: str = "q",
    count: CaseCount = LIVE,
    offsets: tuple[dict[str, Any], ...] = (SEGMENT,),
    *,
    is_empty: bool = False,
) -> BatchPlan:
    contents = Contents(0, 0, 0, 0, "0" * 16, None) if is_empty else Contents(5, 1, 2, 2**40, "f" * 16, START)
    return BatchPlan(BatchId(query, number), LoggedBatch(START, offsets), contents, 0 if is_empty else 2, count)


def committed(of: BatchPlan, lag_seconds: float | None = 1.5) -> Committed:
    return Committed(of, 0.5, {"process": 1.0, "documents": 2.5}, lag_seconds)


@pytest.mark.parametrize(
    "planned",
    [plan(), plan(count=NEVER), plan(is_empty=True, offsets=()), plan(offsets=(KAFKA, {**KAFKA, "partition": 1}))],
)
def test_a_plan_is_read_back_as_it_was_written(planned: BatchPlan, database: Documents) -> None:
    batches = ledger(database)
    assert batches.earlier(planned.id) is None
    batches.plan(planned)
    assert batches.earlier(planned.id) == planned
    batches.commit(committed(planned))
    assert batches.earlier(planned.id) == planned


def test_a_batch_is_committed_when_it_was_committed(database: Documents) -> None:
    clock = ToldClock()
    batches = ledger(database, clock)
    batches.plan(plan())
    assert not batches.is_committed(BatchId("q", 0))
    assert batches.abandoned() == [BatchId("q", 0)]
    clock.seconds = 3
    batches.commit(committed(plan(), lag_seconds=None))
    assert batches.is_committed(BatchId("q", 0))
    assert not batches.is_committed(BatchId("q", 1))
    assert not batches.is_committed(BatchId("other", 0))
    assert batches.abandoned() == []
    entry = database["batches"].find_one({"_id": "q:0"})
    assert entry is not None
    assert (entry["planned_at"], entry["committed_at"]) == (clock.at(0), clock.at(3))
    assert (entry["spans"], entry["lag_seconds"]) == ({"process": 1.0, "documents": 2.5}, None)
    assert (entry["duplicates"], entry["tombstones"], entry["code_version"]) == (2, 2, "1.2.3")
    assert entry["total_case_count"] == LIVE.total
    assert entry["case_count"] == {"status": "live", "provider": "worldometers", "as_of": START, "fetched_at": START}


def test_a_batch_that_turned_out_to_hold_something_else_is_planned_anew(database: Documents) -> None:
    batches = ledger(database)
    batches.plan(plan())
    batches.plan(plan(count=NEVER))
    assert batches.earlier(BatchId("q", 0)) == plan(count=NEVER)
    assert database["batches"].count_documents({}) == 1


def test_a_committed_batch_stays_as_it_is_whatever_a_holder_that_was_replaced_still_says(database: Documents) -> None:
    clock = ToldClock()
    batches = ledger(database, clock)
    batches.plan(plan())
    batches.commit(committed(plan()))
    before = database["batches"].find_one()
    clock.seconds = 9
    with pytest.raises(DuplicateKeyError):
        batches.plan(plan(count=NEVER))
    batches.commit(committed(plan(), lag_seconds=9))
    assert database["batches"].find_one() == before


def test_the_last_committed_batch_is_the_newest_of_any_query_of_the_job_and_source(database: Documents) -> None:
    clock = ToldClock()
    mine = ledger(database, clock)
    assert mine.last_committed() is None
    others = (ledger(database, clock, job="b"), ledger(database, clock, source="kafka"))
    for seconds, (batches, planned) in enumerate(
        [(mine, plan(8)), (mine, plan(9)), (mine, plan(0, "r")), (others[0], plan(1, "b")), (others[1], plan(1, "k"))]
    ):
        clock.seconds = seconds
        batches.plan(planned)
        batches.commit(committed(planned))
    mine.plan(plan(1, "r"))
    last = mine.last_committed()
    assert last is not None
    assert last["_id"] == "r:0"
    assert [mine.abandoned(), others[0].abandoned()] == [[BatchId("r", 1)], []]


def test_of_two_batches_committed_in_one_millisecond_the_later_is_the_last(database: Documents) -> None:
    batches = ledger(database)
    for number in (2, 10, 9):
        batches.plan(plan(number))
        batches.commit(committed(plan(number)))
    last = batches.last_committed()
    assert last is not None
    assert last["batch_id"] == 10


def test_an_abandoned_batch_can_be_forgotten_and_a_committed_one_cannot(database: Documents) -> None:
    batches = ledger(database)
    for number in range(2):
        batches.plan(plan(number))
    batches.commit(committed(plan(0)))
    for number in range(2):
        batches.forget(BatchId("q", number))
    assert [entry["_id"] for entry in database["batches"].find()] == ["q:0"]


def test_committed_segments_are_those_that_a_committed_batch_of_the_job_has_read(database: Documents) -> None:
    batches, other = ledger(database), ledger(database, job="b")
    segments = [{**SEGMENT, "segment": f"s{number}"} for number in range(5)]
    batches.plan(plan(0, offsets=(segments[0], segments[1])))
    batches.commit(committed(plan(0)))
    batches.plan(plan(1, offsets=(segments[2],)))
    other.plan(plan(0, "b", offsets=(segments[3],)))
    other.commit(committed(plan(0, "b")))
    assert batches.committed_segments([f"s{number}" for number in (1, 2, 3, 4)]) == {"s1"}
    assert batches.committed_segments([]) == set()
