"""Each source with its feed: how events reach a job, and what is done for the job's next start."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol
from uuid import uuid4

from tests.integration.crash_events import Event, of_lines, of_x
from tests.integration.lines_peer import LinesPeer
from tests.servers.kafka import KafkaBroker
from tests.servers.x_api import XApi


class Scenario(Protocol):
    """settings: what reaches the feed; pushes: by way of the spool; repeats: the job drops posts that come again."""

    source: str
    pushes: bool
    repeats: bool
    settings: dict[str, str]

    def event(self, number: int) -> Event:
        """One that the feed can send."""

    def send(self, events: Sequence[Event]) -> None:
        """To the job that runs, or to the next. Kafka has acknowledged them on return, the others nothing."""

    def job_died(self) -> None:
        """What is sent from now on is the next job's."""


class KafkaScenario:
    """A topic of two partitions."""

    source = "kafka"
    pushes = repeats = False

    def __init__(self, broker: KafkaBroker, topic: str | None = None) -> None:
        self._broker = broker
        self._topic = topic or f"posts-{uuid4().hex[:8]}"
        self._broker.create_topic(self._topic, partitions=2)
        self.settings = {"kafka_bootstrap_servers": broker.bootstrap, "kafka_topics": self._topic}

    def event(self, number: int) -> Event:
        return of_lines(number)

    def send(self, events: Sequence[Event]) -> None:
        for partition in range(2):
            self._broker.produce(self._topic, [event.sent for event in events[partition::2]], partition=partition)

    def job_died(self) -> None:
        pass


class SocketScenario:
    """A peer that sends each line once."""

    source = "socket"
    pushes, repeats = True, False

    def __init__(self, peer: LinesPeer) -> None:
        self._peer = peer
        self.settings = {"socket_port": peer.port}

    def event(self, number: int) -> Event:
        return of_lines(number)

    def send(self, events: Sequence[Event]) -> None:
        self._peer.send(b"".join(event.sent + b"\n" for event in events))

    def job_died(self) -> None:
        self._peer.hang_up()


class XScenario:
    """The filtered stream."""

    source = "twitter"
    pushes = repeats = True

    def __init__(self, api: XApi) -> None:
        self._api = api
        self.settings = {"twitter_api_url": api.url, "twitter_bearer_token": api.token}

    def event(self, number: int) -> Event:
        return of_x(number)

    def send(self, events: Sequence[Event]) -> None:
        self._api.raw(b"".join(event.sent + b"\r\n" for event in events))

    def job_died(self) -> None:
        pass


@contextmanager
def opened(source: str, broker: Callable[[], KafkaBroker], topic: str | None = None) -> Iterator[Scenario]:
    """Of that source; its feed is there while the block runs. broker is asked for Kafka only, topic: its name there."""
    if source == "kafka":
        yield KafkaScenario(broker(), topic)
    elif source == "socket":
        with LinesPeer() as peer:
            yield SocketScenario(peer)
    else:
        with XApi() as api:
            yield XScenario(api)
