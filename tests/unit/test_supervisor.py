"""The query runs until it is stopped between two batches, and starts again when it fails."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pymongo.errors import ServerSelectionTimeoutError
from pyspark.errors import AnalysisException

from clock import SystemClock
from errors import CannotStart, DataLost, LeaseLost, StopRequested
from processors.base import StreamProcessor
from runtime.stopping import StopSignal
from runtime.supervisor import Supervisor

AMPLE = 86_400


class Stop(StopSignal):
    """Nothing waits: what would have been waited for is noted."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        return self.is_set()


class Query:
    """Active for some looks; each look takes the next step of its script; then it ends, with a failure or without."""

    id = "5a27"

    def __init__(self, *script: Callable[[], object], failure: BaseException | None = None) -> None:
        self._script = list(script)
        self._failure = failure
        self.lastProgress: dict[str, Any] | None = None
        self.stopped_after: int | None = None
        self.looks = 0

    @property
    def isActive(self) -> bool:  # noqa: N802
        self.looks += 1
        if self._script:
            self._script.pop(0)()
            return True
        return False

    def stop(self) -> None:
        self.stopped_after = self.stopped_after or self.looks

    def exception(self) -> BaseException | None:
        return self._failure


class Processor:
    """Gives out the queries that it was told, one a start."""

    def __init__(self, *queries: Query | BaseException, stores: int = 0) -> None:
        self._queries = list(queries)
        self._stores = stores
        self.started = 0
        self.failure: BaseException | None = None
        self.running: int | None = None
        self.last_batch: int | None = None
        self.batches_stored = 0
        self.settings = SimpleNamespace(available_now=True)

    def between_batches(self) -> None:
        pass

    def write_stream(self) -> Query:
        self.started += 1
        next_one = self._queries.pop(0)
        if isinstance(next_one, BaseException):
            raise next_one
        self.batches_stored += self._stores
        return next_one


class Watcher:
    def __init__(self) -> None:
        self.failures: list[tuple[str, float]] = []
        self.progress: list[Mapping[str, Any]] = []
        self.looks = 0

    def waiting(self) -> None:
        self.looks += 1

    def progressed(self, progress: Mapping[str, Any]) -> None:
        self.progress.append(progress)

    def query_failed(self, why: str, again_in_seconds: float) -> None:
        self.failures.append((why, again_in_seconds))


def nothing() -> None:
    pass


def run(
    processor: Processor, stop: StopSignal | None = None, check: Callable[[], None] = nothing, timeout: float = AMPLE
) -> Watcher:
    watcher = Watcher()
    supervisor = Supervisor(
        cast(StreamProcessor, processor), stop or Stop(), check, watcher, timeout, SystemClock(), pause=lambda _: None
    )
    supervisor.run()
    return watcher


def away() -> ServerSelectionTimeoutError:
    return ServerSelectionTimeoutError("nobody answers")


def test_a_query_that_is_done_is_not_started_again() -> None:
    processor = Processor(Query())
    assert run(processor).failures == []
    assert processor.started == 1


def test_a_query_that_fails_starts_again_after_1_to_30_seconds_without_limit() -> None:
    stop = Stop()
    processor = Processor(*[away() if number % 2 else Query(failure=away()) for number in range(12)], Query())
    watcher = run(processor, stop)
    assert processor.started == 13
    assert [seconds for _, seconds in watcher.failures] == [1, 2, 4, 8, 16, *[30] * 7]
    assert stop.waits == [seconds for _, seconds in watcher.failures]
    assert all("nobody answers" in why for why, _ in watcher.failures)


def test_a_query_that_stored_something_meanwhile_begins_with_a_short_pause_again() -> None:
    watcher = run(Processor(*[Query(failure=away()) for _ in range(5)], Query(), stores=1))
    assert [seconds for _, seconds in watcher.failures] == [1] * 5


@pytest.mark.parametrize("end", [DataLost("gone"), CannotStart("refused"), LeaseLost("taken")])
def test_what_cannot_heal_ends_the_job(end: Exception) -> None:
    processor = Processor(Query(failure=end), Query())
    with pytest.raises(type(end)):
        run(processor)
    assert processor.started == 1


def test_what_the_batch_function_raised_is_judged_before_sparks_text_of_it() -> None:
    processor = Processor()
    processor._queries = [Query(lambda: setattr(processor, "failure", LeaseLost("taken")), failure=away())]
    with pytest.raises(LeaseLost):
        run(processor)


def test_a_bug_is_raised_as_it_is() -> None:
    with pytest.raises(AnalysisException, match="no such column"):
        run(Processor(AnalysisException("no such column"), Query()))


def test_nothing_stored_within_the_start_timeout_is_no_start() -> None:
    processor = Processor(Query(failure=away()), Query())
    with pytest.raises(CannotStart, match=r"no batch could be stored within 0 s of the start: .*nobody answers"):
        run(processor, timeout=0)
    assert processor.started == 1


def test_the_start_timeout_is_over_once_a_batch_was_stored() -> None:
    processor = Processor(*[Query(failure=away()) for _ in range(3)], Query(), stores=1)
    run(processor, timeout=0)
    assert processor.started == 4


def test_what_the_check_raises_ends_the_job_and_the_query() -> None:
    def lost() -> None:
        raise LeaseLost("taken")

    query = Query(nothing, nothing)
    with pytest.raises(LeaseLost):
        run(Processor(query), check=lost)
    assert query.stopped_after == 1


def test_a_stop_while_a_batch_runs_waits_for_its_end_and_for_sparks_commit() -> None:
    stop = Stop()
    processor = Processor()

    def batch_begins() -> None:
        processor.running = 7
        stop.request()

    def batch_ends() -> None:
        processor.running, processor.last_batch = None, 7
        query.lastProgress = {"batchId": 6}

    def commit() -> None:
        query.lastProgress = {"batchId": 7}

    query = Query(batch_begins, nothing, batch_ends, nothing, commit, nothing, nothing)
    processor._queries = [query]
    run(processor, stop)
    assert query.stopped_after == 5


def test_a_stop_before_the_first_batch_ends_at_once() -> None:
    stop = Stop()
    query = Query(stop.request, nothing, nothing)
    run(Processor(query), stop)
    assert query.stopped_after == 1


def test_a_batch_that_was_refused_because_of_the_stop_is_no_failure() -> None:
    stop = Stop()
    processor = Processor()

    def refuse() -> None:
        stop.request()
        processor.running = 3
        processor.failure = StopRequested()

    processor._queries = [Query(refuse, failure=away())]
    assert run(processor, stop).failures == []


def test_a_stop_during_the_pause_starts_nothing_again() -> None:
    class StoppedInThePause(Stop):
        def wait(self, seconds: float) -> bool:
            self.request()
            return super().wait(seconds)

    processor = Processor(Query(failure=away()), Query())
    run(processor, StoppedInThePause())
    assert processor.started == 1
