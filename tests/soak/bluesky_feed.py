"""Posts by way of two Jetstream hosts, and what they and the network do to who listens."""

import threading
from collections.abc import Callable
from functools import partial
from http import HTTPStatus

from operations.jetstream_stand_in.behaviour import Behaviour, HangUp, Subscription
from operations.jetstream_stand_in.event_log import EventLog
from tests.integration.crash_events import Event
from tests.integration.network_events import of_bluesky, said
from tests.servers.jetstream import JetstreamHost
from tests.soak.feed import LOST, Acts, Faults, Feed, key

_SKEW_US = 1_000_000
_EARLY_EVENTS = 300
_FORGETS_AFTER_SECONDS = 75.0  # a job that asks another host for what it missed allows for clocks a minute apart

Ending = Callable[[threading.Event], None]


class BlueskyFeed(Feed):
    """What is said is kept by both hosts, whose clocks are a second apart: only what they have forgotten is missed."""

    source = "bluesky"

    def __init__(self, events_per_second: float) -> None:
        super().__init__(events_per_second)
        self._acts: Acts[_Host] = Acts()
        self._log = EventLog()
        self._behaviours = [_Host(self._acts, skew_us) for skew_us in (0, _SKEW_US)]
        self._hosts = [JetstreamHost(behaviour, self._log) for behaviour in self._behaviours]
        self.settings = {"bluesky_url": ",".join(host.url for host in self._hosts)}

    def event(self, number: int) -> Event:
        """See `Feed`."""
        return of_bluesky(number)

    def may_be_missed(self, name: str) -> frozenset[str]:  # noqa: ARG002
        """See `Feed`."""
        return LOST

    def faults(self) -> Faults:
        """See `Feed`."""
        return {
            "a Jetstream host breaks off": self.drop,
            "a Jetstream host stalls": self.stall,
            "the Jetstream hosts answer 503": partial(self.refuse, HTTPStatus.SERVICE_UNAVAILABLE),
            "the Jetstream hosts answer 429": partial(self.refuse, HTTPStatus.TOO_MANY_REQUESTS),
            "a Jetstream host begins long before the cursor": self.begin_early,
            "the Jetstream hosts have forgotten": self.forget,
        }

    def run(self) -> None:
        """See `Feed`; a job without a place begins with what comes when it is there."""
        for host in self._hosts:
            host.__enter__()
        while not self._subscribed() and not self.pause():
            pass
        while not self.pause():
            self._log.publish(said(self.next_event()))

    def stop(self) -> None:
        """See `Feed`; the last event comes over a connection, so that the job knows that it is there."""
        super().stop()
        self.wait_until(self._is_heard, "that the job listens")
        last = self.next_event()
        self._log.publish(said(last))
        self.last = key(last)

    def close(self) -> None:
        """See `Feed`."""
        for host in self._hosts:
            host.__exit__(None, None, None)

    def drop(self) -> str:
        """Break the connection off; the job asks again, from some seconds before."""
        before = self._subscribed()
        self._acts.have_done(lambda host: host.then(_hang_up, "broken off"))
        self._wait_for_another(before)
        return f"broken off, asked again with the cursor {self._cursors()[-1]}"

    def stall(self) -> str:
        """Stay connected and say nothing, until the job asks the other host."""
        before = self._subscribed()
        self._acts.have_done(lambda host: host.then(partial(self._be_silent, before), "silent"))
        self._wait_for_another(before)
        return "silent until the other host was asked"

    def refuse(self, status: HTTPStatus) -> str:
        """Break off, and answer so three times, whichever host is asked."""
        left = [status] * 3
        for behaviour in self._behaviours:
            behaviour.refusals = left
        self.drop()
        assert not left
        return f"{status} to 3 requests"

    def begin_early(self) -> str:
        """As a host does that begins with the start of its file, whatever the cursor."""
        for behaviour in self._behaviours:
            behaviour.early = _EARLY_EVENTS
        self.drop()
        assert not all(behaviour.early for behaviour in self._behaviours)
        for behaviour in self._behaviours:
            behaviour.early = 0
        return f"{_EARLY_EVENTS} events early"

    def forget(self) -> str:
        """Be away, and have nothing more of what was said then: the cursor is too old."""
        before = self._subscribed()
        for behaviour in self._behaviours:
            behaviour.is_away = True
        self._acts.have_done(lambda host: host.then(_hang_up, "broken off"))
        self._stopping.wait(_FORGETS_AFTER_SECONDS)
        self._log.forget_before(self._log.now_us())
        for behaviour in self._behaviours:
            behaviour.is_away = False
        self._wait_for_another(before)
        return f"away for {_FORGETS_AFTER_SECONDS:g} s, and nothing kept of them"

    def _be_silent(self, before: int, ending: threading.Event) -> None:
        while self._subscribed() == before and not ending.wait(1 / 20):
            pass
        raise HangUp

    def _wait_for_another(self, before: int) -> None:
        self.wait_until(lambda: self._subscribed() > before, "that the job connects again")

    def _subscribed(self) -> int:
        return sum(len(host.subscriptions) for host in self._hosts)

    def _cursors(self) -> list[int | None]:
        return [cursor for host in self._hosts for cursor in host.cursors]

    def _is_heard(self) -> bool:
        return any(host.is_connected for host in self._hosts)


class _Host(Behaviour):
    """Does with its connection what is wanted.

    refusals: answers that are to come first, shared by the hosts; early: events before the one that is asked for.
    """

    def __init__(self, acts: Acts["_Host"], skew_us: int) -> None:
        super().__init__(skew_us)
        self.refusals: list[HTTPStatus] = []
        self.early = 0
        self.is_away = False
        self._acts = acts
        self._then: Ending | None = None

    def then(self, end: Ending, what: str) -> str:
        """The connection ends so, next."""
        self._then = end
        return what

    def refusal(self, number: int) -> tuple[HTTPStatus, str] | None:  # noqa: ARG002
        if self.refusals:
            return self.refusals.pop(), "not now"
        return (HTTPStatus.SERVICE_UNAVAILABLE, "away") if self.is_away else None

    def first(self, subscription: Subscription, number: int) -> int:  # noqa: ARG002
        early, self.early = self.early, 0
        return max(0, number - early)

    def before(self, subscription: Subscription, sent: int, ending: threading.Event) -> None:  # noqa: ARG002
        self._acts.do_what_is_wanted(self)
        end, self._then = self._then, None
        if end is not None:
            end(ending)


def _hang_up(_: threading.Event) -> None:
    raise HangUp
