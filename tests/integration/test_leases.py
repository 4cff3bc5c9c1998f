"""One job of a name, and of a checkpoint, at a time."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from pymongo.database import Database

from errors import CannotStart, LeaseLost, StopRequested
from ledger.indexes import ensure_indexes
from ledger.lease import Lease
from ledger.leases import held_leases
from tests.integration.flaky import FlakyDatabase
from tests.told_clock import ToldClock

Documents = Database[dict[str, Any]]
PERIOD = 30.0
BOUND_SECONDS = 60


class Jobs:
    """Starts jobs on one database; time passes only while a lease waits, and `meanwhile` happens then."""

    def __init__(self, database: Documents) -> None:
        ensure_indexes(database)
        self.database = database
        self.clock = ToldClock()
        self.waited = 0.0
        self.meanwhile: Callable[[], object] = lambda: None
        self.is_stopping = False

    def lease(self, name: str = "a", checkpoint: str = "file:/a", period: float = PERIOD) -> Lease:
        return Lease(self.database, name, checkpoint, period, self.clock, self._wait)

    def started(self, name: str = "a", checkpoint: str = "file:/a", period: float = PERIOD) -> Lease:
        self.waited = 0.0
        lease = self.lease(name, checkpoint, period)
        lease.acquire()
        lease.gap_is_noted()
        return lease

    def entry(self, name: str = "a") -> dict[str, Any]:
        found = self.database["leases"].find_one({"_id": name})
        assert found is not None
        return found

    def _wait(self, seconds: float) -> bool:
        self.waited += seconds
        self.clock.seconds += seconds
        self.meanwhile()
        return self.is_stopping


@pytest.fixture
def jobs(database: Documents) -> Jobs:
    return Jobs(database)


def test_the_first_start_takes_the_lease_at_once(jobs: Jobs) -> None:
    lease = jobs.started()
    lease.check()
    assert jobs.waited == 0
    assert lease.former is None
    entry = jobs.entry()
    assert (entry["epoch"], entry["state"], entry["checkpoint"]) == (1, "held", "file:/a")
    assert entry["heartbeat"] == entry["last_alive"] == jobs.clock.now()


def test_a_second_job_of_the_name_is_refused_once_the_first_gives_a_sign_of_life(jobs: Jobs) -> None:
    first = jobs.started()
    jobs.meanwhile = first.beat
    with pytest.raises(CannotStart, match=r"in use: job=a host=.* checkpoint=file:/a\. Stop that job first"):
        jobs.started(checkpoint="file:/b")
    assert jobs.waited < PERIOD
    first.check()


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_starter_whose_clock_is_an_hour_off_judges_the_holder_by_its_heartbeats_alone(jobs: Jobs, hours: int) -> None:
    first, of_the_holder = jobs.started(), jobs.clock
    jobs.clock = ToldClock(of_the_holder.seconds + hours * 3600)

    def live() -> None:
        of_the_holder.seconds += 1
        first.beat()

    jobs.meanwhile = live
    with pytest.raises(CannotStart, match="in use: job=a "):
        jobs.started()
    first.check()
    jobs.meanwhile = lambda: None  # the holder is dead
    second = jobs.started()
    assert jobs.waited == pytest.approx(PERIOD)
    second.check()


def test_a_second_job_of_the_checkpoint_is_refused_whatever_its_name(jobs: Jobs) -> None:
    first = jobs.started()
    jobs.meanwhile = first.beat
    with pytest.raises(CannotStart, match="in use: job=a "):
        jobs.started("b")
    first.check()
    assert jobs.database["leases"].count_documents({}) == 1


def test_another_name_and_checkpoint_is_nobodys_business(jobs: Jobs) -> None:
    first, second = jobs.started(), jobs.started("b", "file:/b")
    assert jobs.waited == 0
    first.check()
    second.check()


def test_a_silent_lease_is_taken_after_a_whole_period_and_its_holder_may_write_no_more(jobs: Jobs) -> None:
    dead = jobs.started()
    last_alive = jobs.clock.now()
    lease = jobs.started()
    assert jobs.waited == pytest.approx(PERIOD)
    assert lease.former is not None
    assert lease.former["last_alive"] == last_alive
    assert jobs.entry()["epoch"] == 2
    lease.check()
    for call in (dead.check, dead.beat, dead.check):
        with pytest.raises(LeaseLost):
            call()
    assert dead.is_lost
    dead.release()
    lease.check()


def test_a_silent_lease_of_the_checkpoint_is_taken_under_another_name(jobs: Jobs) -> None:
    dead = jobs.started()
    lease = jobs.started("b")
    assert jobs.waited == pytest.approx(PERIOD)
    assert jobs.entry()["state"] == "expired"
    assert lease.epoch == jobs.entry("b")["epoch"] > dead.epoch > 0
    lease.check()
    for call in (dead.check, dead.beat):
        with pytest.raises(LeaseLost):
            call()
    lease.check()


def test_an_epoch_is_above_that_of_what_is_planned_though_the_lease_was_removed(jobs: Jobs) -> None:
    lease = jobs.lease()
    lease.acquire(above=7)
    assert lease.epoch == jobs.entry()["epoch"] == 8
    lease.check()


def test_a_released_lease_is_taken_at_once(jobs: Jobs) -> None:
    first = jobs.started()
    jobs.clock.seconds += 5
    first.release()
    lease = jobs.started()
    assert jobs.waited == 0
    assert lease.former is not None
    assert (lease.former["state"], lease.former["last_alive"]) == ("released", jobs.clock.now())


def test_a_start_that_dies_before_it_has_noted_the_gap_leaves_the_former_holders_sign_of_life(jobs: Jobs) -> None:
    jobs.started().release()
    died = jobs.clock.now()
    jobs.clock.seconds += 100
    hasty = jobs.lease()
    hasty.acquire()
    hasty.beat()
    assert jobs.entry()["heartbeat"] == jobs.clock.now() > died
    assert jobs.started().former is not None
    assert jobs.entry()["last_alive"] == died


def test_a_lease_that_is_released_while_a_starter_watches_is_taken_at_once(jobs: Jobs) -> None:
    first = jobs.started()
    jobs.meanwhile = first.release
    jobs.started()
    assert jobs.waited < PERIOD / 2


def test_a_holder_with_a_longer_period_is_watched_for_its_own(jobs: Jobs) -> None:
    first = jobs.started(period=100)
    jobs.meanwhile = lambda: first.beat() if jobs.waited >= 90 else None
    with pytest.raises(CannotStart, match="in use"):
        jobs.started(period=1)
    first.check()


def test_a_lease_whose_period_nobody_wrote_down_is_watched_for_half_a_minute(jobs: Jobs) -> None:
    jobs.started()
    jobs.database["leases"].update_one({"_id": "a"}, {"$unset": {"period_seconds": ""}})
    jobs.started(period=1)
    assert jobs.waited == pytest.approx(30)


def test_of_two_that_watched_the_same_dead_lease_one_gets_it(jobs: Jobs) -> None:
    jobs.started()
    winner = jobs.lease()

    def overtake() -> None:
        jobs.meanwhile = lambda: None
        winner._take()

    jobs.meanwhile = lambda: overtake() if jobs.waited >= PERIOD * 0.99 else None
    with pytest.raises(CannotStart, match="in use"):
        jobs.started()
    winner.check()


def test_of_two_that_start_the_checkpoint_in_the_same_moment_one_gets_it(jobs: Jobs) -> None:
    first, second = jobs.lease("a"), jobs.lease("b")
    assert not held_leases(jobs.database, "b", "file:/a", None)
    first.acquire()
    with pytest.raises(CannotStart, match="another process has just started b, or its checkpoint"):
        second._take()
    first.check()


def test_a_lease_is_renewed_after_an_outage_that_nobody_used(jobs: Jobs) -> None:
    lease = jobs.started()
    jobs.database["leases"].update_one({"_id": "a"}, {"$set": {"state": "expired"}})
    jobs.clock.seconds += 1000
    lease.check()
    entry = jobs.entry()
    assert (entry["state"], entry["epoch"], entry["heartbeat"]) == ("held", 1, jobs.clock.now())


def test_the_heartbeat_goes_on_after_an_outage(database: Documents, caplog: pytest.LogCaptureFixture) -> None:
    ensure_indexes(database)
    flaky, clock = FlakyDatabase(database), ToldClock()
    lease = Lease(flaky.typed(), "a", "file:/a", 0.03, clock, lambda _: False)
    lease.acquire()
    flaky.is_away = True
    clock.seconds = 100
    lease.start_beating()
    while flaky.refused < 3:
        assert not lease.is_lost
    flaky.is_away = False
    while database["leases"].find_one({"heartbeat": clock.now()}) is None:
        assert not lease.is_lost
    lease.release()
    assert caplog.messages[0].startswith("heartbeat not written, MongoDB is away")
    assert caplog.messages[1:] == ["heartbeat is written again"]


def test_the_heartbeat_brings_the_wish_to_stop_which_the_next_start_has_not(jobs: Jobs) -> None:
    lease = jobs.started()
    lease.beat()
    assert not lease.stop_requested
    jobs.database["leases"].update_one({"_id": "a"}, {"$set": {"stop_requested": True}})
    lease.beat()
    assert lease.stop_requested
    lease.release()
    again = jobs.started()
    again.beat()
    assert not again.stop_requested


def test_a_starter_that_is_told_to_stop_ends_its_watch(jobs: Jobs) -> None:
    jobs.started()
    jobs.is_stopping = True
    with pytest.raises(StopRequested):
        jobs.started()
    assert jobs.waited < PERIOD


def test_releasing_while_mongodb_is_away_is_a_warning(database: Documents, caplog: pytest.LogCaptureFixture) -> None:
    ensure_indexes(database)
    flaky = FlakyDatabase(database)
    lease = Lease(flaky.typed(), "a", "file:/a", PERIOD, ToldClock(), lambda _: False)
    lease.acquire()
    flaky.is_away = True
    lease.release()
    assert flaky.refused == 1
    assert "lease not given back" in caplog.text


def test_mongodb_failing_while_the_lease_is_taken_is_said_plainly(database: Documents) -> None:
    flaky = FlakyDatabase(database)
    flaky.is_away = True
    with pytest.raises(CannotStart, match="MongoDB failed while the lease of a was taken: nobody answers"):
        Lease(flaky.typed(), "a", "file:/a", PERIOD, ToldClock(), lambda _: False).acquire()


def test_many_that_start_at_once_are_one(jobs: Jobs) -> None:
    outcomes: list[str] = []
    barrier = threading.Barrier(8)

    def start(number: int) -> None:
        lease = Lease(jobs.database, f"job{number % 2}", "file:/a", PERIOD, jobs.clock, lambda _: False)
        barrier.wait(BOUND_SECONDS)
        try:
            lease._take()
            outcomes.append("started")
        except CannotStart:
            outcomes.append("refused")

    threads = [threading.Thread(target=start, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND_SECONDS)
    assert jobs.database["leases"].count_documents({"state": "held"}) == 1
    assert len(outcomes) == 8
