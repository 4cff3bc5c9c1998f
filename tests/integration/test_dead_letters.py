"""Which dead letters a requeue takes, and what it tells them."""

from typing import Any

import pytest
from bson import Binary

from clock import SystemClock
from ledger.batches import BatchLedger
from ledger.dead_letters import DeadLetters, Selection
from ledger.indexes import ensure_indexes
from micro_batch import REQUEUE, BatchId
from settings import Settings
from tests.conftest import Documents
from tests.integration.test_batches import committed, plan
from tests.told_clock import ToldClock


class Ledger:
    """A job's batches and dead letters, written one by one. Its clock: a run begun at second 3 has number 3 s later."""

    def __init__(self, database: Documents, job: str = "a") -> None:
        ensure_indexes(database)
        self.clock = ToldClock()
        settings = Settings.model_validate({"jobname": job, "source": "socket"})
        self.batches = BatchLedger(database, settings, "1.2.3", self.clock, epoch=1)
        self.letters = DeadLetters(database, job, self.clock)
        self._job = job
        self._stored = database["dead_letters"]

    def batch(self, number: int, query: str = "q", *, is_committed: bool = True) -> None:
        self.batches.plan(plan(number, query))
        if is_committed:
            self.batches.commit(committed(plan(number, query)))

    def letter(self, origin: str, batch: int = 0, query: str = "q", **fields: object) -> None:
        letter = {"_id": f"{query}:{origin}", "job": self._job, "source": "socket", "batch_id": batch, "origin": origin}
        kept = {"raw": Binary(b"12345"), "length": 5, "problem": "not_json", "received_at": self.clock.now()}
        self._stored.insert_one({**letter, **kept, "requeued_at": None, **fields})

    def origins(self, chosen: dict[str, Any]) -> list[str]:
        return sorted(letter["origin"] for letter in self._stored.find(chosen))

    def taken(self, *problems: str, since: float | None = None, until: float | None = None) -> list[str]:
        times = [None if seconds is None else self.clock.at(seconds) for seconds in (since, until)]
        return self.origins(self.letters.waiting(Selection(problems, *times)))


@pytest.fixture
def job(database: Documents) -> Ledger:
    """A job with one committed batch."""
    ledger = Ledger(database)
    ledger.batch(0)
    return ledger


def test_letters_of_a_batch_that_is_only_planned_are_not_taken(job: Ledger, database: Documents) -> None:
    job.batch(1, is_committed=False)
    job.batch(0, "other")
    Ledger(database, "b").letter("of another job")
    for origin, batch, query in (("a", 0, "q"), ("b", 1, "q"), ("c", 0, "other"), ("d", 1, "other"), ("e", 0, "gone")):
        job.letter(origin, batch, query)
    before = job.letters.waiting(Selection())
    job.batch(1)
    assert (job.origins(before), job.taken()) == (["a", "c"], ["a", "b", "c"])


def test_letters_are_chosen_by_problem_and_time_of_receipt(job: Ledger) -> None:
    for seconds, problem in enumerate(("not_json", "no_text", "not_json", "bad_field")):
        job.clock.seconds = seconds
        job.letter(str(seconds), problem=problem)
    assert job.taken("not_json", "bad_field") == ["0", "2", "3"]
    assert job.taken(since=1, until=3) == ["1", "2"]
    assert job.taken("not_json", since=1) == ["2"]
    assert job.taken("not_a_post") == []


def test_letters_of_which_only_the_beginning_was_kept_are_counted_and_not_taken(job: Ledger) -> None:
    job.letter("whole")
    job.letter("empty", raw=Binary(b""), length=0)
    job.letter("cut", length=6, problem="too_long")
    assert job.taken() == ["empty", "whole"]
    assert job.letters.cut(Selection()) == {"too_long": 1}
    assert job.letters.cut(Selection(("not_json",))) == {}


def test_a_run_takes_a_bounded_number_and_each_letter_is_in_one_run(
    job: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.dead_letters._MOST_LETTERS", 3)
    monkeypatch.setattr("ledger.dead_letters._MOST_BYTES", 20)
    for number in range(5):
        job.letter(str(number))
    job.letter("5", length=100, raw=Binary(b"x" * 100))
    chosen = job.letters.waiting(Selection())
    held = []
    for seconds in range(4):
        job.clock.seconds = seconds
        run = job.letters.mark(chosen)
        held.append(job.origins(job.letters.of_run(run)) if run else None)
    assert held == [["0", "1", "2"], ["3", "4", "5"], None, None]
    assert len(job.letters.unfinished()) == 2


def test_a_run_ends_with_each_letter_requeued_or_as_dead_as_it_was(job: Ledger, database: Documents) -> None:
    job.letter("post")
    job.letter("still none")
    run = job.letters.mark(job.letters.waiting(Selection()))
    assert run is not None
    tried = {"requeue_tried": {"run": run, "problem": "no_text"}}
    database["dead_letters"].update_one({"origin": "still none"}, {"$set": tried})
    job.clock.seconds = 5
    assert [job.letters.finish(run), job.letters.finish(run)] == [1, 0]
    post, still_none = database["dead_letters"].find(sort=[("origin", 1)])
    assert (post["requeue_run"], post["requeued_at"]) == (run, job.clock.at(5))
    assert still_none.items() >= {"problem": "not_json", "requeued_at": None, **tried}.items()
    assert "requeue_run" not in still_none
    assert (job.taken(), job.letters.unfinished()) == (["still none"], [])


def test_two_jobs_that_begin_a_run_in_one_millisecond_have_one_each(job: Ledger, database: Documents) -> None:
    other = Ledger(database, "b")
    other.batch(0, "r")
    job.letter("mine")
    other.letter("theirs", query="r")
    runs = [each.letters.mark(each.letters.waiting(Selection())) for each in (job, other)]
    assert len(set(runs)) == 2
    for each, run in zip((job, other), runs, strict=True):
        assert each.letters.unfinished() == [run]
    assert runs[0] == round(job.clock.now().timestamp() * 1000)


def test_a_run_is_later_than_every_run_before_it(job: Ledger, database: Documents) -> None:
    number = job.letters.next_run()
    job.batch(number + 10_000, REQUEUE)
    assert job.letters.next_run() == number + 10_001
    assert DeadLetters(database, "a", SystemClock()).next_run() >= number


def test_a_job_neither_discards_nor_goes_on_from_a_requeue(job: Ledger) -> None:
    last = job.batches.last_committed()
    job.clock.seconds = 1
    job.batch(1_000, REQUEUE)
    job.batch(2_000, REQUEUE, is_committed=False)
    job.batch(1, is_committed=False)
    assert job.batches.last_committed() == last
    assert job.batches.abandoned() == [BatchId("q", 1)]
