"""How a connection to X ended."""

from dataclasses import dataclass

from receivers.outage import NOBODY, kind_of_status
from receivers.x_api.answers import Answer, Problem, is_too_many_connections, status_of


@dataclass(frozen=True)
class Ended:
    """How a connection ended, or that there was none.

    answer: an HTTP answer that was no stream. message: problems that X sent inside the stream. was_heard: whether
    anything else came.
    """

    why: str
    answer: Answer | None = None
    message: tuple[Problem, ...] = ()
    was_heard: bool = False

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What X said, wherever it said it."""
        return self.message or (self.answer.problems if self.answer else ())

    @property
    def status(self) -> int:
        """The HTTP status, also where X told the problem inside the stream; 0 where there is none."""
        return self.answer.status if self.answer else status_of(self.message)

    @property
    def kind(self) -> str:
        """Of the reason, see `receivers.outage`."""
        if is_too_many_connections(self.problems):
            return "too many connections"
        return kind_of_status(self.status) if self.status else NOBODY
