"""Watching goes on while the database is away."""

import io
from collections.abc import Iterator

from pymongo.errors import AutoReconnect
from rich.console import Console, RenderableType
from rich.text import Text

from operations.interrupt import Interrupt, Interrupted
from operations.standing.watch import watch


class Thrice(Interrupt):
    """Asked to end at the third wait."""

    waits = 0

    def wait(self, seconds: float) -> None:
        assert seconds == 7
        self.waits += 1
        if self.waits == 3:
            raise Interrupted


def test_a_database_that_is_away_is_said_and_asked_again() -> None:
    answers: Iterator[RenderableType | Exception] = iter([Text("first"), AutoReconnect("nobody there"), Text("third")])

    def read() -> RenderableType:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    console = Console(file=io.StringIO(), width=100)
    watch(read, console, 7, Thrice())
    file = console.file
    assert isinstance(file, io.StringIO)
    assert file.getvalue().splitlines() == ["first", "MongoDB cannot be read, asking again: nobody there", "third"]
