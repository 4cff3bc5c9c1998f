"""What is older than RETENTION_DAYS goes while the job runs, its ledger entry stays; `verify` knows the difference."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from pymongo.errors import AutoReconnect

from errors import LeaseLost
from ledger.indexes import ensure_indexes
from ledger.retention import Retention
from tests.conftest import Documents
from tests.filled import Filling, asked, fill
from tests.integration.in_process import Commands
from tests.told_clock import START, ToldClock


@pytest.fixture
def filled(database: Documents) -> Documents:
    """Batches a second apart; the clock of the tests says that the first is a day old to the second."""
    ensure_indexes(database)
    begin = START - timedelta(days=1)
    fill(database, Filling(batches=120, posts=2, dead_letters=1, seconds=1, begin=begin))
    fill(database, Filling(job="other", query="2" * 8, batches=2, posts=2, dead_letters=1, begin=begin))
    return database


def retention(
    database: Documents, clock: ToldClock, days: float | None = 1, fence: Callable[[], None] = lambda: None
) -> Retention:
    return Retention(database, "covid", days, clock, fence)


def counts(database: Documents, job: str = "covid") -> tuple[int, int, int]:
    """Documents, dead letters, and entries that have expired."""
    of_job = {"job": job}
    expired = database["batches"].count_documents(of_job | {"expired_at": {"$ne": None}})
    return (
        database["micro_batches"].count_documents(of_job),
        database["dead_letters"].count_documents(of_job),
        expired,
    )


def test_what_is_older_goes_a_hundred_batches_at_a_time_and_nothing_else(commands: Commands, filled: Documents) -> None:
    clock = ToldClock(seconds=110)
    looks = retention(filled, clock)
    assert looks.look() == 100
    assert counts(filled) == (20, 20, 100)
    assert looks.look() == 0
    clock.seconds += 1
    assert looks.look() == 11
    assert counts(filled) == (9, 9, 111)
    clock.seconds += 59
    assert looks.look() == 0
    assert counts(filled, "other") == (2, 2, 0)
    assert filled["batches"].count_documents({"job": "covid"}) == 120
    assert commands.done("verify", "--jobname", "covid")[-1].endswith("111 batches expired")


def test_without_the_setting_everything_is_kept(filled: Documents) -> None:
    assert retention(filled, ToldClock(seconds=10**9), days=None).look() == 0
    assert counts(filled) == (120, 120, 0)


def test_a_batch_that_is_planned_is_never_removed(filled: Documents) -> None:
    filled["batches"].update_one({"batch_id": 0, "job": "covid"}, {"$set": {"state": "planned"}})
    retention(filled, ToldClock(seconds=5)).look()
    assert counts(filled) == (116, 116, 4)


@pytest.mark.parametrize("stops_at", [1, 2])
def test_a_look_that_was_killed_or_failed_is_ended_by_the_next_one(
    commands: Commands, filled: Documents, stops_at: int
) -> None:
    fences = iter(range(1, 100))

    def fence() -> None:
        """MongoDB is away before the entries are marked, or before anything is removed."""
        if next(fences) == stops_at:
            raise AutoReconnect

    clock = ToldClock(seconds=5)
    looks = retention(filled, clock, fence=fence)
    with pytest.raises(AutoReconnect):
        looks.look()
    assert counts(filled) == (120, 120, 5 if stops_at == 2 else 0)
    ended = commands.run("verify", "--jobname", "covid")
    assert (ended.code, "expired and still stored" in ended.stdout) == ((1, True) if stops_at == 2 else (0, False))
    for again in (looks, retention(filled, clock)):  # the same process; another one
        clock.seconds += 60
        again.look()
        assert counts(filled)[0] == counts(filled)[1] == 120 - counts(filled)[2]
    commands.done("verify", "--jobname", "covid")


def test_what_a_running_job_removes_just_now_is_no_damage(commands: Commands, filled: Documents) -> None:
    """`verify` looks between the mark and the end of the removal."""
    letter = filled["dead_letters"].find_one({"job": "covid", "batch_id": 2})
    document = filled["micro_batches"].find_one({"job": "covid", "batch_id": 3})
    assert letter is not None
    assert document is not None
    now = datetime.now(UTC)
    retention(filled, ToldClock(seconds=(now - START).total_seconds())).look()
    filled["dead_letters"].insert_one(letter)
    filled["micro_batches"].insert_one(document)
    filled["leases"].update_one({"_id": "covid"}, {"$set": {"state": "held", "heartbeat": now}})
    assert commands.notes() == ["batches expire just now"] * 2
    for state, marked in (("held", now - timedelta(hours=1)), ("released", now)):
        filled["leases"].update_one({"_id": "covid"}, {"$set": {"state": state}})
        filled["batches"].update_many({"expired_at": {"$ne": None}}, {"$set": {"expired_at": marked}})
        assert commands.run("verify", "--jobname", "covid").code == 1


def test_verify_names_a_dead_letter_of_a_batch_that_has_expired(commands: Commands, filled: Documents) -> None:
    """As a process leaves it that was killed between the documents and the dead letters."""
    letter = filled["dead_letters"].find_one({"job": "covid", "batch_id": 2})
    assert letter is not None
    retention(filled, ToldClock(seconds=5)).look()
    filled["dead_letters"].insert_one(letter)
    ended = commands.run("verify", "--jobname", "covid")
    assert ended.code == 1
    assert (
        f"expired and still stored: batches/{letter['_id'].partition(':')[0]}:2: found 1 dead letters" in ended.stdout
    )


@pytest.mark.parametrize("is_held", [False, True], ids=["its-letters-have-expired", "its-letters-are-there"])
def test_a_requeue_that_was_killed_goes_when_nothing_is_left_to_end_it_with(
    commands: Commands, filled: Documents, is_held: bool
) -> None:
    """It is resumed from the dead letters that it holds: without these its posts would stay for ever."""
    run = round((START - timedelta(days=1)).timestamp() * 1000) + 1
    document = filled["micro_batches"].find_one({"job": "covid", "batch_id": 0})
    entry = filled["batches"].find_one({"job": "covid", "batch_id": 0})
    assert document is not None
    assert entry is not None
    of_run = {"batch_id": run, "timestamp": datetime.fromtimestamp(run / 1000, UTC)}
    filled["micro_batches"].insert_one(document | of_run | {"_id": f"requeue:{run}:0"})
    planned = {"_id": f"requeue:{run}", "query_id": "requeue", "state": "planned", "offsets": []}
    filled["batches"].insert_one(entry | of_run | planned)
    letter = {"job": "covid", "batch_id": 100 if is_held else 1}
    filled["dead_letters"].update_one(letter, {"$set": {"requeue_run": run}})
    assert retention(filled, ToldClock(seconds=5)).look() == 5
    assert counts(filled) == (115 + is_held, 115, 5)
    assert filled["batches"].count_documents({"query_id": "requeue"}) == is_held
    assert commands.run("verify", "--jobname", "covid").code == is_held


def test_a_job_that_was_replaced_removes_nothing(filled: Documents) -> None:
    def fence() -> None:
        raise LeaseLost

    with pytest.raises(LeaseLost):
        retention(filled, ToldClock(seconds=110), fence=fence).look()
    assert counts(filled) == (120, 120, 0)


def test_forget_passes_over_what_has_expired(commands: Commands, filled: Documents) -> None:
    retention(filled, ToldClock(seconds=5)).look()
    assert commands.done("forget", "--jobname", "covid", "--post", str(10**18), "--yes")[-1].startswith("0 posts")
    commands.done("verify", "--jobname", "covid")


def test_what_a_batch_asked_to_go_goes_with_it(commands: Commands, filled: Documents) -> None:
    asked(filled, f"{Filling.query}:0", "posts/9/0", "1", START)
    asked(filled, f"{Filling.query}:119", "posts/9/1", "2", START)
    retention(filled, ToldClock(seconds=1)).look()
    assert [each["post_id"] for each in filled["removals"].find()] == ["2"]
    commands.done("verify")
