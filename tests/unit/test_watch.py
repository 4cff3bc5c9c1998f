"""Watching goes on while the database is away, and ends when it is asked to."""

import io
import os
import signal
import time
from collections.abc import Iterator

import pytest
from pymongo.errors import AutoReconnect, ServerSelectionTimeoutError
from rich.console import Console, RenderableType
from rich.text import Text

from ledger.database import connect
from operations.interrupt import Interrupt, Interrupted
from operations.standing.watch import watch
from operations.status import READ_SECONDS, _Look
from tests.told_clock import ToldClock

AWAY = "2026-01-02T00:00:00.000Z MongoDB cannot be read, asking again: nobody there"


class Thrice(Interrupt):
    """Asked to end at the third wait."""

    waits = 0

    def wait(self, seconds: float) -> None:
        assert seconds == 7
        self.waits += 1
        if self.waits == 3:
            raise Interrupted


def watched(console: Console, complaints: Console | None = None) -> None:
    """Three readings, at the second of which the database is away."""
    answers: Iterator[RenderableType | Exception] = iter(
        [Text("first"), AutoReconnect("nobody there (configured timeouts: 1), Timeout: 2"), Text("third")]
    )

    def read() -> RenderableType:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    watch(read, console, 7, Thrice(), ToldClock(), complaints)


def written(console: Console) -> list[str]:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_a_database_that_is_away_is_said_and_asked_again() -> None:
    console = Console(file=io.StringIO(), width=100)
    watched(console)
    assert written(console) == ["first", AWAY, "third"]


def test_what_programs_read_has_readings_only() -> None:
    console, complaints = (
        Console(file=io.StringIO(), force_terminal=True, color_system=None),
        Console(file=io.StringIO()),
    )
    watched(console, complaints)
    assert written(console) == ["first", "third"]
    assert written(complaints) == [AWAY]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_reading_that_takes_long_is_broken_off_when_the_process_is_asked_to_end(number: signal.Signals) -> None:
    went_on: list[bool] = []

    def read() -> RenderableType:
        os.kill(os.getpid(), number)
        went_on.append(True)
        return Text("too late")

    console = Console(file=io.StringIO())
    with Interrupt() as interrupt:
        watch(read, console, 7, interrupt, ToldClock())
        assert interrupt.requested
    assert went_on == []
    assert written(console) == []


def test_a_server_that_is_away_is_told_of_long_before_a_reading_has_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operations.status.ANSWER_SECONDS", 0.1)
    database = connect("mongodb://127.0.0.1:9", "casestream")
    begin = time.monotonic()
    with database.client, pytest.raises(ServerSelectionTimeoutError):
        _Look(database, None, 10).shown(Console(), is_json=True)
    assert time.monotonic() - begin < READ_SECONDS / 2
