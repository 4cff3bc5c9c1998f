"""Each source with its feed: how events reach a job, and what is done for the job's next start."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from tests.integration.crash_events import Event, of_lines, of_x
from tests.integration.files_scenario import FilesScenario
from tests.integration.lines_peer import LinesPeer
from tests.integration.network_scenarios import BlueskyScenario, Counting, MastodonScenario
from tests.integration.scenario import Scenario
from tests.servers.jetstream import JetstreamHost
from tests.servers.kafka import KafkaBroker
from tests.servers.mastodon_api import MastodonApi
from tests.servers.open_stream import OpenStream
from tests.servers.x_api import XApi


class KafkaScenario(Scenario):
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


class SocketScenario(Scenario):
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


class XScenario(Scenario):
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


@contextmanager
def opened(
    source: str, folder: Path, broker: Callable[[], KafkaBroker], topic: str | None = None
) -> Iterator[Scenario]:
    """Of that source; its feed is there while the block runs.

    folder: the job's. broker is asked for Kafka only, topic: its name there.
    """
    if source == "kafka":
        yield KafkaScenario(broker(), topic)
    elif source == "files":
        yield FilesScenario(folder)
    elif source == "socket":
        with LinesPeer() as peer:
            yield SocketScenario(peer)
    elif source == "bluesky":
        counting = Counting()
        with JetstreamHost(counting, patience_seconds=60) as host:  # cut off, a busy job would be sent still more again
            yield BlueskyScenario(host, counting)
    elif source == "mastodon":
        stream = OpenStream()
        with MastodonApi(then=stream.play) as instance:
            yield MastodonScenario(instance, stream)
    else:
        with XApi() as api:
            yield XScenario(api)
