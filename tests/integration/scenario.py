"""What a crash needs of a source and its feed."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from tests.integration.crash_events import Event


class Scenario(ABC):
    """settings: what reaches the feed; pushes: by way of the spool; repeats: the job drops posts that come again."""

    source: str
    pushes: bool
    repeats: bool
    settings: dict[str, str]

    @abstractmethod
    def event(self, number: int) -> Event:
        """One that the feed can send."""

    @abstractmethod
    def send(self, events: Sequence[Event]) -> None:
        """To the job that runs, or to the next. Kafka and a folder have them on return; nobody acknowledges others."""

    def job_died(self) -> None:  # noqa: B027 - most feeds need not be told
        """What is sent from now on is the next job's."""

    def keeps(self, event: Event) -> bool:  # noqa: ARG002 - for others
        """Whether it was sent, and is sent again to a job that asks for what came after its place."""
        return False

    def sent_again(self, new: int) -> range:  # noqa: ARG002 - for others
        """How many events that were heard before may have been sent to the next job, to which so many were new."""
        return range(1)
