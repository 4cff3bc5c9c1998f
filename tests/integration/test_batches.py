"""What the ledger says of a batch is what was planned, until it is committed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from case_count import UNKNOWN, CaseCount
from errors import LeaseLost
from ledger.batches import BatchLedger, highest_epoch
from ledger.indexes import ensure_indexes
from micro_batch import REQUEUE, BatchId, BatchPlan, Committed, Contents, LoggedBatch
from settings import Settings
from tests.told_clock import START, ToldClock

Documents = Database[dict[str, Any]]

SEGMENT = {"segment": "s1", "lines": 3, "bytes": 2**40, "duplicates": 2}
KAFKA = {"topic": "posts", "partition": 0, "from": 0, "until": 2**40}
LIVE = CaseCount(704_753_890, "live", "worldometers", START, START, ("stale",))
NEVER = CaseCount(UNKNOWN, "never", "worldometers")


def ledger(
    database: Documents, clock: ToldClock | None = None, job: str = "a", source: str = "socket", epoch: int = 1
) -> BatchLedger:
    ensure_indexes(database)
    settings = Settings.model_validate({"jobname": job, "source": source})
    return BatchLedger(database, settings, "1.2.3", clock or ToldClock(), epoch)


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
    [
        plan(),
        plan(count=NEVER),
        plan(count=replace(LIVE, flags=None)),
        plan(is_empty=True, offsets=()),
        plan(offsets=(KAFKA, {**KAFKA, "partition": 1})),
    ],
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
    assert entry["case_count"] == {
        "status": "live",
        "provider": "worldometers",
        "as_of": START,
        "fetched_at": START,
        "flags": ["stale"],
    }


def test_a_batch_that_turned_out_to_hold_something_else_is_planned_anew(database: Documents) -> None:
    batches = ledger(database)
    batches.plan(plan())
    batches.plan(plan(count=NEVER))
    assert batches.earlier(BatchId("q", 0)) == plan(count=NEVER)
    assert database["batches"].count_documents({}) == 1


def holders(database: Documents) -> tuple[BatchLedger, BatchLedger]:
    """A holder that was replaced while it stood still, and the one that took the job over."""
    return ledger(database, epoch=1), ledger(database, epoch=2)


def assert_refused(database: Documents, *calls: Callable[[], object], name: str = "a") -> None:
    before = list(database["batches"].find())
    for call in calls:
        with pytest.raises(LeaseLost, match=f"another process has taken over the job {name}: "):
            call()
    assert list(database["batches"].find()) == before


def test_a_batch_that_was_committed_is_not_committed_again_by_its_holder(database: Documents) -> None:
    clock = ToldClock()
    batches = ledger(database, clock)
    batches.plan(plan())
    batches.commit(committed(plan()))
    before = database["batches"].find_one()
    clock.seconds = 9
    batches.commit(committed(plan(), lag_seconds=9))
    assert database["batches"].find_one() == before
    assert_refused(database, lambda: batches.plan(plan(count=NEVER)))


@pytest.mark.parametrize("is_committed", [True, False])
def test_a_batch_stays_as_it_is_whatever_a_holder_that_was_replaced_still_says(
    database: Documents, is_committed: bool
) -> None:
    replaced, holder = holders(database)
    holder.plan(plan())
    if is_committed:
        holder.commit(committed(plan()))
    assert_refused(
        database, lambda: replaced.plan(plan(count=NEVER)), lambda: replaced.commit(committed(plan(), lag_seconds=9))
    )
    replaced.forget(BatchId("q", 0))
    assert replaced.abandoned() == []
    assert holder.earlier(BatchId("q", 0)) == plan()
    holder.commit(committed(plan()))
    assert database["batches"].count_documents({"_id": "q:0", "state": "committed", "epoch": 2}) == 1


def test_a_plan_that_a_holder_has_read_is_the_one_that_it_commits(database: Documents) -> None:
    replaced, holder = holders(database)
    replaced.plan(plan())
    assert holder.earlier(BatchId("q", 0)) == plan()
    assert_refused(
        database,
        lambda: replaced.plan(plan(count=NEVER)),
        lambda: replaced.commit(committed(plan())),
        lambda: replaced.earlier(BatchId("q", 0)),
    )
    holder.commit(committed(plan()))
    assert replaced.earlier(BatchId("q", 0)) == holder.earlier(BatchId("q", 0)) == plan()


def test_a_plan_of_a_replaced_holder_that_came_after_all_gives_way(database: Documents) -> None:
    replaced, holder = holders(database)
    assert holder.earlier(BatchId("q", 0)) is None
    replaced.plan(plan(count=NEVER))
    holder.plan(plan())
    assert_refused(database, lambda: replaced.commit(committed(plan(count=NEVER))))
    holder.commit(committed(plan()))
    assert holder.earlier(BatchId("q", 0)) == plan()


def test_of_two_holders_that_plan_a_batch_in_the_same_moment_the_later_one_does(
    database: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced, holder = holders(database)
    replace_one = Collection.replace_one

    def overtaken(batches: Collection[dict[str, Any]], *arguments: object, upsert: bool = False) -> object:
        if upsert:
            monkeypatch.setattr(Collection, "replace_one", replace_one)
            replaced.plan(plan(count=NEVER))
            monkeypatch.setattr(Collection, "replace_one", overtaken)
            raise DuplicateKeyError("as MongoDB does where two upserts find nothing at once")
        return replace_one(batches, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Collection, "replace_one", overtaken)
    holder.plan(plan())
    assert holder.earlier(BatchId("q", 0)) == plan()
    holder.commit(committed(plan()))


def test_a_batch_that_is_about_to_be_discarded_is_not_committed_any_more(database: Documents) -> None:
    replaced, holder = holders(database)
    replaced.plan(plan())
    assert holder.abandoned() == [BatchId("q", 0)]
    assert_refused(database, lambda: replaced.commit(committed(plan())))
    holder.forget(BatchId("q", 0))
    assert_refused(database, lambda: replaced.commit(committed(plan())))
    assert holder.last_committed() is None


@pytest.mark.parametrize("is_requeue", [True, False])
def test_an_entry_of_an_earlier_version_is_anybodys_who_holds_the_lease(database: Documents, is_requeue: bool) -> None:
    query = REQUEUE if is_requeue else "q"
    batches = ledger(database, epoch=1)
    for number in range(4):
        batches.plan(plan(number, query))
    batches.commit(committed(plan(3, query)))
    database["batches"].update_many({}, {"$unset": {"epoch": ""}})
    assert_refused(
        database,
        lambda: batches.commit(committed(plan(0, query))),
        name=f"{REQUEUE}:a" if is_requeue else "a",
    )
    assert highest_epoch(database, "a") == 0
    assert batches.earlier(BatchId(query, 0)) == plan(0, query)
    batches.plan(plan(1, query, count=NEVER))
    batches.forget(BatchId(query, 2))
    entries = {entry["batch_id"]: entry.get("epoch") for entry in database["batches"].find()}
    assert entries == {0: 1, 1: 1, 3: None}
    assert batches.earlier(BatchId(query, 3)) == plan(3, query)
    for number, count in ((0, LIVE), (1, NEVER)):
        batches.commit(committed(plan(number, query, count)))
    assert database["batches"].count_documents({"state": "committed"}) == 3


def test_the_highest_epoch_is_that_of_what_the_job_has_planned_only(database: Documents) -> None:
    assert highest_epoch(database, "a") == 0
    for epoch, job, number in ((9, "a", 0), (3, "a", 1), (4, "a", 2), (8, "b", 3)):
        batches = ledger(database, job=job, epoch=epoch)
        batches.plan(plan(number))
        if number == 0:
            batches.commit(committed(plan(number)))
    assert (highest_epoch(database, "a"), highest_epoch(database, "b")) == (4, 8)


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
