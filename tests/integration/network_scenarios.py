"""Bluesky and Mastodon as feeds of a job that is killed."""

import threading
import time
from collections.abc import Callable, Sequence

from operations.jetstream_stand_in.behaviour import Behaviour, Subscription
from tests.integration.crash_events import Event
from tests.integration.network_events import of_bluesky, of_mastodon, said, server_sent
from tests.integration.scenario import Scenario
from tests.servers.jetstream import JetstreamHost
from tests.servers.mastodon_api import MastodonApi
from tests.servers.open_stream import OpenStream

_BOUND_SECONDS, _LOOK_SECONDS = 60.0, 0.05


class Counting(Behaviour):
    """sent: how many events over each connection."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[int] = []

    def before(self, subscription: Subscription, sent: int, ending: threading.Event) -> None:  # noqa: ARG002
        self.sent += [0] * (subscription.number + 1 - len(self.sent))
        self.sent[subscription.number] += 1


class BlueskyScenario(Scenario):
    """A host that keeps what was said: the job asks for what came after its place."""

    source = "bluesky"
    pushes = True
    repeats = False  # of its own accord; what is sent again is what the job asks for

    def __init__(self, host: JetstreamHost, counting: Counting) -> None:
        self._host = host
        self._counting = counting
        self._connections_before = 0
        self._said: set[Event] = set()
        self.settings = {"bluesky_url": host.url}

    def event(self, number: int) -> Event:
        return of_bluesky(number)

    def send(self, events: Sequence[Event]) -> None:
        _wait_until(lambda: self._host.is_connected)  # a job without a place begins with what comes then
        for event in events:
            self._host.log.publish(said(event))
        self._said.update(events)

    def job_died(self) -> None:
        _wait_until(lambda: not self._host.is_connected)
        self._connections_before = len(self._host.subscriptions)

    def keeps(self, event: Event) -> bool:
        return event in self._said

    def sent_again(self, new: int) -> range:
        """More than once where the job was so slow that it took the host for dead, and asked anew."""
        first = self._counting.sent[self._connections_before]
        return range(first - new, sum(self._counting.sent) - len(self._said) + 1)


class MastodonScenario(Scenario):
    """An instance's public stream; its timeline is empty."""

    source = "mastodon"
    pushes = repeats = True

    def __init__(self, instance: MastodonApi, stream: OpenStream) -> None:
        self._stream = stream
        self.settings = instance.settings

    def event(self, number: int) -> Event:
        return of_mastodon(number)

    def send(self, events: Sequence[Event]) -> None:
        self._stream.wait().raw(b"".join(map(server_sent, events)))

    def job_died(self) -> None:
        _wait_until(lambda: self._stream.now() is None)


def _wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + _BOUND_SECONDS
    while not condition():
        assert time.monotonic() < until
        threading.Event().wait(_LOOK_SECONDS)
