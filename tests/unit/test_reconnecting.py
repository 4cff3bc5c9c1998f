"""How receivers connect again: the pauses, the tries, the turns of Bluesky's hosts; time is told."""

import logging
import threading

import pytest

from receivers.jetstream.told import Told
from receivers.pauses import Pauses
from receivers.reaching import reach
from tests.told_clock import ToldClock

log = logging.getLogger("receivers.of_a_test")
HOSTS = ("wss://a", "wss://b/subscribe", "wss://c")


class Away(Exception):
    """What a try comes to."""


class Door:
    """Opens at the try of that number, from 1; never where it is 0."""

    def __init__(self, opens_at: int = 0) -> None:
        self._opens_at = opens_at
        self.tries = 0
        self.told: list[tuple[str, float]] = []

    def knock(self) -> str:
        self.tries += 1
        if self.tries == self._opens_at:
            return "come in"
        raise Away(f"try {self.tries}")

    def failed(self, error: Away, seconds: float) -> None:
        self.told.append((str(error), seconds))


def test_pauses_double_up_to_the_longest_and_begin_anew_after_a_connection_that_was_fruitful() -> None:
    pauses = Pauses(0.5, 30)
    assert [pauses.after(was_fruitful=False) for _ in range(8)] == [1, 2, 4, 8, 16, 30, 30, 30]
    assert pauses.after(was_fruitful=True) == 0.5
    assert pauses.after(was_fruitful=False) == 1


def test_a_day_of_connections_in_vain_leads_to_no_number_that_is_none() -> None:
    pauses = Pauses(0.5, 60)
    assert {pauses.after(was_fruitful=False) for _ in range(5_000)} == {1, 2, 4, 8, 16, 32, 60}


def test_who_is_reached_at_last_is_returned_and_each_try_in_vain_is_told_with_its_pause() -> None:
    clock, door = ToldClock(), Door(opens_at=2_000)
    assert reach(door.knock, door.failed, (Away,), clock, threading.Event(), None) == "come in"
    assert [why for why, _ in door.told] == [f"try {number}" for number in range(1, 2_000)]
    assert [seconds for _, seconds in door.told] == clock.waits
    assert 15 < max(clock.waits) <= 30


def test_after_the_limit_the_last_error_is_raised() -> None:
    clock, door = ToldClock(), Door()
    with pytest.raises(Away) as why:
        reach(door.knock, door.failed, (Away,), clock, threading.Event(), 60)
    assert str(why.value) == f"try {len(door.told) + 1}"
    assert 60 <= clock.seconds <= 63
    assert max(clock.waits) <= 3
    assert door.tries == len(door.told) + 1


def test_a_pause_of_one_s_own_is_taken() -> None:
    clock, door = ToldClock(), Door(opens_at=4)
    reach(door.knock, door.failed, (Away,), clock, threading.Event(), None, lambda attempt: 7 * attempt.attempt_number)
    assert clock.waits == [7, 14, 21]


def test_who_is_to_stop_is_given_nothing() -> None:
    stopping = threading.Event()

    class Stopping(Door):
        def failed(self, error: Away, seconds: float) -> None:
            super().failed(error, seconds)
            stopping.set()

    door = Stopping()
    assert reach(door.knock, door.failed, (Away,), ToldClock(), stopping, 60) is None
    assert door.tries == 2
    assert reach(door.knock, door.failed, (Away,), ToldClock(), stopping, 60) is None
    assert door.tries == 2


def test_an_error_of_another_kind_is_raised_at_once() -> None:
    with pytest.raises(ZeroDivisionError):
        reach(lambda: 1 / 0, Door().failed, (Away,), ToldClock(), threading.Event(), None)


@pytest.fixture
def clock() -> ToldClock:
    return ToldClock(1_000)


@pytest.fixture
def told(clock: ToldClock, caplog: pytest.LogCaptureFixture) -> Told:
    caplog.set_level(logging.INFO)
    return Told(log, clock, HOSTS)


def events(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message.partition(" why=")[0] for record in caplog.records]


def test_hosts_are_away_when_each_was_in_vain_and_back_when_one_is_heard(
    told: Told, clock: ToldClock, caplog: pytest.LogCaptureFixture
) -> None:
    for host in ("a", "a", "b", "c", "a", "b"):
        told.in_vain(host, "refused", 1)
        clock.seconds += 1
    told.connected("c", None)
    assert events(caplog) == ["feed away peer=c channel=None"]
    told.heard()
    assert events(caplog)[1:] == ["feed back peer=c channel=None seconds=3.0 tries=3"]


def test_one_host_after_the_other_that_worked_is_no_outage_and_a_line_each(
    told: Told, clock: ToldClock, caplog: pytest.LogCaptureFixture
) -> None:
    for host in ("a", "b", "c", "c", "a"):
        told.connected(host, 5)
        told.heard()
        clock.seconds += 10
        told.heard()
        told.in_vain(host, "closed", 1)
    assert events(caplog) == [
        "feed connected peer=a cursor=5", "feed from another host peer=b was=a",
        "feed from another host peer=c was=b", "feed from another host peer=a was=c",
    ]  # fmt: skip


def test_hosts_that_take_connections_and_end_them_soon_are_away_and_make_no_flood(
    told: Told, clock: ToldClock, caplog: pytest.LogCaptureFixture
) -> None:
    for turn in range(100):
        host = "abc"[turn % 3]
        told.connected(host, None)
        told.heard()
        clock.seconds += 1
        told.in_vain(host, "closed", 1)
    assert events(caplog) == [
        "feed connected peer=a cursor=None", "feed from another host peer=b was=a",
        "feed from another host peer=c was=b", "feed away peer=c channel=None",
        "feed back peer=a channel=None seconds=0.0 tries=1", "feed comes and goes peer=a channel=None",
    ]  # fmt: skip
