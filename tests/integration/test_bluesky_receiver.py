"""Jetstream by the real client library, whatever its hosts and the network do."""

import hashlib
import json
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from random import Random
from typing import Any

import pytest

from clock import SystemClock
from operations.jetstream_stand_in.event_log import EventLog
from receivers.bluesky import BlueskyReceiver
from receivers.jetstream.addresses import MOST_BYTES
from tests.servers.heard import Heard
from tests.servers.jetstream import JetstreamHost, Scripted, created, numbers
from tests.servers.kept_spool import KeptSpool, Recorded
from tests.servers.peer import free_port
from tests.servers.receiving import refusal_of, running

BOUND_SECONDS = 30
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE_US = 60_000_000


def kept_spool(within_seconds: float = 3_600) -> KeptSpool:
    return KeptSpool(BlueskyReceiver.key, within_seconds)


def made(heard: Heard, *hosts: JetstreamHost, **more: Any) -> BlueskyReceiver:  # noqa: ANN401
    given = {"jobname": "a", "source": "bluesky", "bluesky_url": ",".join(host.url for host in hosts)}
    return BlueskyReceiver(heard.parts(SystemClock(), **{**given, **more}))


def listening(heard: Heard, *hosts: JetstreamHost, **more: Any) -> AbstractContextManager[BlueskyReceiver]:  # noqa: ANN401
    return running(made(heard, *hosts, **more))


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + BOUND_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


def moment(time_us: int) -> datetime:
    return EPOCH + timedelta(milliseconds=time_us // 1_000)


def connected(host: JetstreamHost, times: int = 1) -> None:
    until(lambda: len(host.subscriptions) >= times)


def test_posts_come_to_the_byte_and_only_posts_are_asked_for() -> None:
    heard = Heard()
    with JetstreamHost() as host, listening(heard, host):
        connected(host)
        host.log.publish(created(1, "ü \u2028 \x85"))
        host.log.publish({"did": "did:plc:a", "kind": "commit", "commit": {"collection": "app.bsky.feed.like"}})
        host.log.publish({"did": "did:plc:a", "kind": "account", "account": {"seq": 1}})
        heard.wait_until(lambda: len(heard.events) == 2)
    assert [json.loads(event)["kind"] for event in heard.events if isinstance(event, bytes)] == ["commit", "account"]
    assert host.subscriptions[0].collections == ["app.bsky.feed.post"]
    assert host.subscriptions[0].most_bytes == MOST_BYTES
    assert host.cursors == [None]
    assert heard.gaps == []


def test_a_query_of_one_s_own_stays() -> None:
    heard = Heard()
    with JetstreamHost() as host:
        own = f"{host.url}/subscribe?wantedDids=did:plc:b&wantedCollections=app.bsky.feed.like"
        with listening(heard, host, bluesky_url=own):
            connected(host)
    assert host.subscriptions[0].dids == ["did:plc:b"]
    assert host.subscriptions[0].collections == ["app.bsky.feed.like"]


def test_a_frame_is_one_line_and_one_that_is_too_long_is_cut() -> None:
    heard = Heard()
    long = b'{"a":"' + b"x" * 5_000 + b'"}'
    with JetstreamHost() as host, listening(heard, host, max_event_bytes=1_000):
        connected(host)
        host.log.publish(b'{\n "a": 1\n}\n')
        host.log.publish(long)
        host.log.publish(b"\xff\n")
        heard.wait_until(lambda: len(heard.events) == 3)
    assert heard.events[0] == b'{  "a": 1 } '
    assert heard.events[2] == b"\xff "
    cut = heard.events[1]
    assert not isinstance(cut, bytes)
    assert (cut.start, cut.length) == (long[:1_000], len(long))
    assert cut.sha256 == hashlib.sha256(long).hexdigest()


def test_after_a_break_it_goes_on_where_it_was_and_what_comes_twice_is_dropped() -> None:
    spool = kept_spool()
    heard = Recorded(spool)
    behaviour = Scripted(hang_up_after={0: 3, 1: 4})
    with JetstreamHost(behaviour) as host, listening(heard, host):
        connected(host)
        first = [host.log.publish(created(number)) for number in range(6)]
        connected(host, 3)
        host.log.publish(created(6))
        until(lambda: 6 in numbers(heard.events) and all(is_closed for _, is_closed in heard.gaps))
    spool.writer.close()
    assert numbers([*spool.events()]) == [0, 1, 2, 3, 4, 5, 6]
    assert numbers(heard.events) == [0, 1, 2, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6]
    for cursor, last in zip(host.cursors[1:], (first[2], first[3]), strict=True):
        assert cursor is not None
        assert 0 <= last - 5_000_000 - cursor < 1_000  # the clock has milliseconds
    assert len(heard.gaps) >= 1


def test_what_was_said_between_two_connections_is_backfilled() -> None:
    spool = kept_spool()
    heard = Recorded(spool)
    heard.gap_lasted = 7.0
    with JetstreamHost(Scripted(hang_up_after={0: 1})) as host, listening(heard, host):
        connected(host)
        host.log.publish(created(0))
        host.log.publish(created(1))
        connected(host, 2)
        host.log.publish(created(2))
        until(lambda: len(heard.backfilled) == 1)
    _, opened, closed = heard.calls
    assert "broke" in opened[1] or "closed" in opened[1]
    assert closed[1] == 7.0
    assert opened[2] is not None
    assert closed[2] is not None
    assert opened[2] <= closed[2]
    assert heard.lost_until == []


def test_a_cursor_that_the_host_has_no_more_is_a_loss_until_its_first_event() -> None:
    spool, log = kept_spool(), EventLog()
    now = log.now_us()
    with JetstreamHost(log=log) as host:
        heard = Recorded(spool)
        with listening(heard, host):
            connected(host)
            heard_to = log.publish(created(0), now - 40 * MINUTE_US)
            until(lambda: numbers(heard.events) == [0])
        log.publish(created(1), now - 30 * MINUTE_US)
        left = log.publish(created(2), now - 20 * MINUTE_US)
        log.forget_before(left)
        heard = Recorded(spool)
        with listening(heard, host):
            until(lambda: numbers(heard.events) == [2])
            log.publish(created(3))
            until(lambda: numbers(heard.events) == [2, 3] and heard.calls[-1][0] == "close")
    assert host.cursors == [None, heard_to - 5_000_000]
    assert heard.calls[0] == ("open", "the host has no more what was said before", moment(heard_to))
    assert heard.lost_until == [moment(left)]


def test_a_host_that_says_nothing_is_left_for_the_next_which_is_asked_from_a_minute_before() -> None:
    spool = kept_spool()
    heard = Recorded(spool)
    log = EventLog()
    silent = Scripted(stall_after={0: 1})
    with (
        JetstreamHost(silent, log) as one,
        JetstreamHost(Scripted(skew_us=-20_000_000), log) as two,
    ):
        receiver = made(heard, one, two)
        receiver._patience.seconds = 0.5
        receiver.start()
        connected(one)
        at = log.publish(created(0))
        log.publish(created(1))
        until(lambda: 1 in numbers(heard.events))
        receiver.stop(BOUND_SECONDS)
        assert receiver.failure is None
    assert silent.stalled.is_set()
    spool.writer.close()
    assert numbers([*spool.events()]) == [0, 1]
    assert len(one.subscriptions) == 1
    assert two.cursors[0] is not None
    assert 0 <= at - MINUTE_US - two.cursors[0] < 1_000  # the clock has milliseconds
    assert "nothing came for" in heard.gaps[0][0]
    assert receiver._patience.seconds == 30.0


def test_silence_that_hid_nothing_makes_it_more_patient() -> None:
    spool = kept_spool()
    heard = Recorded(spool)
    with JetstreamHost() as host:
        receiver = made(heard, host)
        receiver._patience.seconds = 0.3
        receiver.start()
        connected(host)
        host.log.publish(created(0))
        connected(host, 3)
        receiver.stop(BOUND_SECONDS)
    assert receiver._patience.seconds >= 1.2
    assert receiver.failure is None


def test_hosts_that_refuse_are_asked_in_turn_until_one_does_not() -> None:
    heard = Heard()
    busy = Scripted(refused=dict.fromkeys(range(9), HTTPStatus.SERVICE_UNAVAILABLE))
    with JetstreamHost(busy) as one, JetstreamHost() as two, listening(heard, one, two):
        connected(two)
        two.log.publish(created(0))
        heard.wait_until(lambda: numbers(heard.events) == [0])
    assert one.subscriptions == []
    assert "HTTP 503: not now" in heard.gaps[0][0]


def test_a_new_run_goes_on_where_the_former_was_whatever_its_keys_age() -> None:
    spool = kept_spool(within_seconds=0.01)
    log = EventLog()
    with JetstreamHost(log=log) as host:
        for run in range(3):
            heard = Recorded(spool)
            with listening(heard, host, deduplicate_within_seconds=0):
                connected(host, run + 1)
                log.publish(created(run))
                heard.wait_until(lambda run=run, heard=heard: run in numbers(heard.events))  # type: ignore[misc]
            spool.writer.close()
            log.publish(created(10 + run))  # while nobody listens
            threading.Event().wait(0.05)  # longer than keys are remembered
            spool.begin()
    assert sorted(numbers([*spool.events()])) == [0, 1, 2, 10, 11]
    assert numbers(heard.events) == [0, 10, 1, 11, 2]


def test_events_from_long_before_the_cursor_are_passed_over() -> None:
    spool = kept_spool()
    log = EventLog()
    now = log.now_us()
    for number in range(5):
        log.publish(created(number), now - (300 - number) * MINUTE_US)
    behaviour = Scripted(begin_early={1: 100}, hang_up_after={0: 1})
    heard = Recorded(spool)
    with JetstreamHost(behaviour, log) as host, listening(heard, host):
        connected(host)
        log.publish(created(5))
        log.publish(created(6))
        until(lambda: 6 in numbers(heard.events))
    spool.writer.close()
    assert numbers([*spool.events()]) == [5, 6]
    assert len(host.subscriptions) == 2


def test_a_spool_without_room_stops_reading_and_the_host_that_cuts_it_off_is_asked_again() -> None:
    spool = kept_spool()
    released = threading.Event()

    class Full(Recorded):
        def append(self, events: Any) -> int:  # noqa: ANN401
            if len(self.events) == 5:
                assert released.wait(BOUND_SECONDS)
            return super().append(events)

    heard = Full(spool)
    padding = Random(1).randbytes(200_000).hex()  # which no compression makes small
    with JetstreamHost(patience_seconds=0.3) as host, listening(heard, host):
        connected(host)
        for number in range(120):
            host.log.publish(created(number, f"{number} {padding}{number}"))
        until(lambda: len(heard.events) == 5 and not host.is_connected)
        released.set()
        until(lambda: 119 in numbers(heard.events))
    assert len(host.subscriptions) > 1
    spool.writer.close()
    assert numbers([*spool.events()]) == list(range(120))


def test_available_now_ends_with_an_event_as_young_as_the_connection() -> None:
    spool = kept_spool()
    log = EventLog()
    heard = Recorded(spool)
    with JetstreamHost(log=log) as host:
        with listening(heard, host):
            connected(host)
            log.publish(created(0))
            until(lambda: numbers(heard.events) == [0])
        log.publish(created(1))
        log.publish(created(2))

        def speak(stop: threading.Event) -> None:
            number = 3
            while not stop.wait(0.02):
                log.publish(created(number))
                number += 1

        stop = threading.Event()
        speaking = threading.Thread(target=speak, args=(stop,))
        receiver = made(heard, host, available_now=True, idle_seconds=20)
        speaking.start()
        receiver.start()
        receiver._thread.join(BOUND_SECONDS)
        stop.set()
        speaking.join()
        assert receiver.is_over
    assert receiver.failure is None
    assert {0, 1, 2, 3} <= set(numbers(heard.events))


def test_a_network_without_a_host_ends_the_start_with_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    heard = Heard()
    given = {"jobname": "a", "source": "bluesky", "start_timeout_seconds": 0.5}
    address = f"ws://127.0.0.1:{free_port()}"
    receiver = BlueskyReceiver(heard.parts(SystemClock(), bluesky_url=address, **given))
    said = refusal_of(receiver)
    assert "Connection refused" in said
    assert "manage.py feed --file demo/tweets.txt" in said
    assert "CASESTREAM_BLUESKY_URL=ws://127.0.0.1:6008" in said
    assert any("manage.py feed" in line for line in caplog.messages)
    assert heard.gaps[0][0].startswith("127.0.0.1:")


def test_a_host_whose_clock_is_behind_is_asked_for_a_time_that_it_has_had() -> None:
    """A cursor is never later than now; one that is later than the host's now brings what comes, and a loss."""
    spool = kept_spool()
    log = EventLog()
    heard = Recorded(spool)
    ahead, behind = Scripted(skew_us=10 * MINUTE_US, hang_up_after={0: 2}), Scripted()
    with (
        JetstreamHost(ahead, log) as one,
        JetstreamHost(behind, log) as two,
        listening(heard, one, two),
    ):
        connected(one)
        log.publish(created(0))
        log.publish(created(1))
        before = log.publish(created(2))
        connected(two)
        log.publish(created(3))
        until(lambda: 3 in numbers(heard.events))
    spool.writer.close()
    assert numbers([*spool.events()]) == [0, 1, 2, 3]
    assert two.cursors[0] is not None
    assert two.cursors[0] <= before - MINUTE_US + 5_000_000
