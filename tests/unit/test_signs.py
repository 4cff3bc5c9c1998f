"""Whether a job lives and gets on, by the signs that it gives."""

from micro_batch import BatchId
from monitoring.signs import Signs
from tests.told_clock import ToldClock
from tests.unit.test_metrics import committed

BATCH = BatchId("query", 0)


class Job:
    """Signs, and the time that passes between them."""

    def __init__(self, trigger_seconds: float = 20) -> None:
        self.clock = ToldClock()
        self.signs = Signs(trigger_seconds, self.clock)
        self._told = 0

    def runs(self, seconds: float, *, told: bool = True) -> None:
        """The supervisor looks all the time; told: and Spark says something every ten seconds."""
        until = self.clock.seconds + seconds
        while self.clock.seconds < until:
            self.clock.seconds += 10
            self.signs.waiting()
            if told:
                self._told += 1
                self.signs.progressed({"timestamp": str(self._told), "sources": []})

    @property
    def problem(self) -> str:
        return self.signs.check().problem or ""


def test_a_job_that_starts_is_alive_while_it_waits_for_servers_and_not_ready() -> None:
    job = Job()
    for _ in range(10):
        job.clock.seconds += 300
        job.signs.pulse()
    assert job.signs.is_dead() is None
    assert job.problem == "the job is starting"
    job.clock.seconds += 700
    assert "starting without a sign for 700 s" in str(job.signs.is_dead())


def test_a_quiet_job_is_ready_as_long_as_spark_tells_of_its_query() -> None:
    job = Job()
    job.signs.waiting()
    assert job.problem == "Spark has told nothing of the query yet"
    job.runs(36_000)
    assert (job.signs.is_dead(), job.problem) == (None, "")


def test_a_java_that_hangs_is_dead_after_two_minutes_without_a_look() -> None:
    job = Job()
    job.runs(60)
    job.clock.seconds += 119
    assert job.signs.is_dead() is None
    job.clock.seconds += 2
    assert "no look at the query for 121 s" in str(job.signs.is_dead())
    assert job.problem == job.signs.is_dead()


def test_a_query_that_says_nothing_is_not_ready_and_dead_in_the_end_whatever_is_told_again() -> None:
    job = Job()
    job.runs(10)
    job.runs(50, told=False)
    assert job.problem == ""
    job.runs(20, told=False)
    assert job.problem == "Spark has told nothing of the query for 70 s"
    job.signs.progressed({"timestamp": "1", "sources": []})  # its last word, which is no news
    assert job.problem != ""
    job.runs(500, told=False)
    assert job.signs.is_dead() is None
    job.runs(50, told=False)
    assert "told nothing of the query for 620 s" in str(job.signs.is_dead())


def test_a_batch_in_hand_may_take_three_triggers_before_it_is_late_and_an_hour_before_it_is_given_up() -> None:
    job = Job()
    job.runs(10)
    job.signs.batch_began(BATCH)
    job.runs(60, told=False)
    assert (job.problem, job.signs.in_hand_seconds()) == ("", 60)
    job.runs(10, told=False)
    assert job.problem == "the batch in hand has been so for 70 s"
    job.runs(3_500, told=False)
    assert job.signs.is_dead() is None
    job.runs(100, told=False)
    assert "in hand has been so for 3670 s" in str(job.signs.is_dead())
    job.signs.batch_committed(committed())
    assert (job.signs.is_dead(), job.problem, job.signs.in_hand_seconds()) == (None, "", 0)


def test_patience_follows_the_trigger() -> None:
    job = Job(trigger_seconds=3_600)
    job.runs(10)
    job.runs(3 * 3_600, told=False)
    assert (job.signs.is_dead(), job.problem) == (None, "")


def test_a_query_that_fails_is_alive_and_not_ready_until_a_batch_is_stored_or_spark_tells_of_it() -> None:
    job = Job()
    job.runs(10)
    for _ in range(200):
        job.signs.batch_began(BATCH)
        job.clock.seconds += 30
        job.signs.query_failed("MongoDB is away", 30)
        assert (job.signs.is_dead(), job.signs.in_hand_seconds()) == (None, 0)
        assert job.problem == "the query failed and is started again: MongoDB is away"
    job.signs.batch_skipped(BATCH)
    assert job.problem == ""
    job.signs.query_failed("MongoDB is away", 30)
    job.runs(10)
    assert job.problem == ""
