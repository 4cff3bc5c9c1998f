"""The thread beside the batches: what fails there ends the job, a database that is away does not."""

import threading
from collections.abc import Callable

import pytest
from pymongo.errors import AutoReconnect

from clock import SystemClock
from errors import JobError, LeaseLost, StopRequested
from ledger.honouring import Honouring
from runtime.beside_batches import BesideBatches
from runtime.stopping import StopSignal

Look = Callable[[Callable[[], bool]], bool]


class Told(Honouring):
    """Does at each look what it is told; then nothing is due."""

    def __init__(self, *looks: Look) -> None:
        self._looks = list(looks)
        self.looked = 0
        self.is_idle = threading.Event()

    def look(self, is_stopping: Callable[[], bool]) -> bool:
        self.looked += 1
        if not self._looks:
            self.is_idle.set()
            return False
        return self._looks.pop(0)(is_stopping)


def raising(error: BaseException) -> Look:
    def look(_is_stopping: Callable[[], bool]) -> bool:
        raise error

    return look


def more(_is_stopping: Callable[[], bool]) -> bool:
    return True


def beside(told: Told, stop: StopSignal | None = None) -> BesideBatches:
    return BesideBatches(told, stop or StopSignal(), SystemClock())


def test_it_looks_again_at_once_while_there_is_more_and_a_database_that_is_away_ends_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told = Told(more, raising(AutoReconnect("away")), raising(AutoReconnect("away")), more)
    running = beside(told)
    running.start()
    assert told.is_idle.wait(10)
    running.stop()
    running.check()
    assert told.looked >= 5
    assert [message.partition(" error=")[0] for message in caplog.messages] == [
        "what the feed asks to go is not removed yet, MongoDB failed",
        "what the feed asks to go is removed again, MongoDB is back",
    ]


@pytest.mark.parametrize(
    ("error", "said"), [(LeaseLost("taken over"), "taken over"), (KeyError("origin"), "could not be removed")]
)
def test_what_ends_it_is_raised_where_the_job_looks(error: Exception, said: str) -> None:
    told = Told(raising(error))
    running = beside(told)
    running.start()
    with pytest.raises(JobError, match=said):
        running.finish()
    assert told.looked == 1


def test_at_the_end_of_a_bounded_run_all_that_is_due_is_done() -> None:
    told = Told(more, more, more)
    beside(told).finish()
    assert told.looked == 4


def test_told_to_stop_it_ends_between_two_documents() -> None:
    def asked(is_stopping: Callable[[], bool]) -> bool:
        assert is_stopping()
        raise StopRequested

    stop = StopSignal()
    stop.request()
    told = Told(asked, more)
    beside(told, stop).finish()
    assert told.looked == 1
