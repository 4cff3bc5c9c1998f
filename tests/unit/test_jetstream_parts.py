"""What the Bluesky receiver is made of: keys, addresses, places, patience, and what it says of the times it missed."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from receivers.jetstream.addresses import MOST_BYTES, host_of, subscription
from receivers.jetstream.attention import Attention
from receivers.jetstream.events import key_of, time_of
from receivers.jetstream.hosts import Hosts, Patience
from receivers.jetstream.place import Asked, Place, microseconds
from tests.told_clock import ToldClock

MINUTE_US, SECOND_US = 60_000_000, 1_000_000
ALWAYS = f"maxMessageSizeBytes={MOST_BYTES}"


def commit(time_us: int = 1, **more: Any) -> bytes:  # noqa: ANN401
    of_record = {"rev": "r", "operation": "create", "collection": "c", "rkey": "k", **more}
    return json.dumps({"did": "d", "time_us": time_us, "kind": "commit", "commit": of_record}).encode()


def test_the_key_is_the_same_on_every_host_and_another_for_another_version() -> None:
    assert key_of(commit(1)) == key_of(commit(2))
    others = [commit(rev="s"), commit(operation="delete"), commit(rkey="l"), commit(collection="e")]
    assert len({key_of(each) for each in (commit(), *others)}) == 5


@pytest.mark.parametrize("kind", ["identity", "account"])
def test_an_account_s_news_are_told_apart_by_their_number_in_the_network(kind: str) -> None:
    def news(seq: Any) -> bytes:  # noqa: ANN401
        return json.dumps({"did": "d", "kind": kind, kind: {"seq": seq}}).encode()

    assert key_of(news(1)) == key_of(news(1)) != key_of(news(2))
    assert key_of(news("1")) == f"bytes {sha256(news('1')).hexdigest()}"


@pytest.mark.parametrize(
    "event",
    [b"", b"{", b"\xff", b"[]", b"1", b"{}", b'{"commit":{}}', commit(rev=""), commit(rkey=None), b"[" * 99_999],
)
def test_what_is_no_event_is_told_from_others_by_its_bytes(event: bytes) -> None:
    assert key_of(event) == f"bytes {sha256(event).hexdigest()}" != key_of(event + b" ")


@pytest.mark.parametrize(
    ("event", "time_us"),
    [
        (commit(1_783_175_888_085_434), 1_783_175_888_085_434),
        (b'{"time_us":"1"}', None),
        (b'{"time_us":true}', None),
        (b'{"time_us":-1}', None),
        (b'{"time_us":1.5}', None),
        (b'{"text":"\\"time_us\\":5"}', None),
        (b"no json", None),
    ],
)
def test_the_time_is_the_host_s(event: bytes, time_us: int | None) -> None:
    assert time_of(event) == time_us


@pytest.mark.parametrize(
    ("address", "cursor", "asked"),
    [
        ("wss://h", None, f"wss://h/subscribe?wantedCollections=app.bsky.feed.post&{ALWAYS}"),
        ("ws://h:1/", 5, f"ws://h:1/subscribe?wantedCollections=app.bsky.feed.post&{ALWAYS}&cursor=5"),
        (
            "wss://h/x/subscribe?wantedDids=did:plc:a&cursor=3",
            None,
            f"wss://h/x/subscribe?wantedDids=did:plc:a&wantedCollections=app.bsky.feed.post&{ALWAYS}",
        ),
        (
            "wss://h/subscribe?wantedCollections=a.b&wantedCollections=c.d&maxMessageSizeBytes=9",
            7,
            "wss://h/subscribe?wantedCollections=a.b&wantedCollections=c.d&maxMessageSizeBytes=9&cursor=7",
        ),
    ],
)
def test_posts_are_asked_for_unless_the_address_says_otherwise(address: str, cursor: int | None, asked: str) -> None:
    assert subscription(address, cursor) == asked


def test_a_host_s_name_has_its_port_and_no_login() -> None:
    assert host_of("wss://user:secret@Jetstream.example:8080/subscribe?x=1") == "jetstream.example:8080"


def at(clock: ToldClock, seconds: float = 0) -> int:
    return microseconds(clock.at(seconds))


def test_a_cursor_is_set_back_a_little_at_the_same_host_and_a_minute_at_another() -> None:
    clock, place = ToldClock(100), Place()
    assert place.ask("one", clock.now()) is None
    place.move(at(clock, 99), "one", clock.now(), may_go_back=False)
    clock.seconds = 200
    assert place.ask("one", clock.now()) == Asked(at(clock, 94), at(clock, 99), 5 * SECOND_US)
    assert place.ask("two", clock.now()) == Asked(at(clock, 39), at(clock, 99), MINUTE_US)


def test_a_place_never_lies_ahead_of_the_clock_nor_goes_back_unless_the_host_is_behind() -> None:
    clock, place = ToldClock(100), Place()
    place.move(at(clock, 900), "one", clock.now(), may_go_back=False)
    asked = place.ask("one", clock.now())
    assert asked is not None
    assert asked.until == at(clock, 100)
    place.move(at(clock, 50), "one", clock.now(), may_go_back=False)
    assert place.ask("one", clock.now()) == asked
    place.move(at(clock, 50), "one", clock.now(), may_go_back=True)
    asked = place.ask("one", clock.now())
    assert asked is not None
    assert asked.until == at(clock, 50)


def test_everything_that_a_cursor_may_bring_again_was_heard_after_what_the_place_says_over_restarts_too() -> None:
    clock, place, heard = ToldClock(), Place(), list[tuple[int, datetime]]()
    time_us = at(clock)
    for step in range(2_000):
        # The feed runs at the clock's pace, then the reader is held up for a while, then it catches up.
        clock.seconds += 60 if step == 700 else 1 if step < 700 or step > 900 else 0.01
        time_us = min(time_us + 1_500_000, at(clock, clock.seconds))
        heard.append((time_us, clock.now()))
        place.move(time_us, "one", clock.now(), may_go_back=False)
        if step % 333 == 0:
            again = Place()
            again.resume(place.note())
            assert again.ask("two", clock.now()) == place.ask("two", clock.now())
            place = again
        asked = place.ask("two", clock.now())
        assert asked is not None
        assert all(when >= place.repeats_from for which, when in heard if which >= asked.cursor)
    forgotten = [which for which, when in heard if when < place.repeats_from]
    assert len(forgotten) > 1_000


def test_hosts_take_turns_and_the_pause_grows_while_connections_do_not_last() -> None:
    hosts = Hosts(("a", "b"))
    assert [(hosts.pause(0), hosts.address) for _ in range(3)] == [(0.5, "b"), (1.0, "a"), (2.0, "b")]
    assert [hosts.pause(1) for _ in range(9)][-1] == 30.0
    address = hosts.address
    assert hosts.pause(11) == 0.25
    assert hosts.address == address
    assert hosts.pause(60, was_silent=True) == 0.25
    assert hosts.address != address


def test_patience_doubles_while_it_is_lost_in_vain_and_never_passes_an_hour() -> None:
    patience = Patience()
    waited = []
    for _ in range(10):
        waited.append(patience.seconds)
        patience.was_silent()
    assert waited == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    patience.had_more()
    assert patience.seconds == 30


class Coverage:
    """Every call, with its times in the clock's seconds."""

    def __init__(self, clock: ToldClock) -> None:
        self._clock = clock
        self._since: datetime | None = None
        self.calls: list[Any] = []

    def open_gap(self, cause: str, since: datetime | None = None) -> None:
        if self._since is None:
            self._since = since or self._clock.now()
            self.calls.append(("open", cause, self._seconds(self._since)))

    def close_gap(self, backfilled_seconds: float = 0, at: datetime | None = None) -> None:
        if self._since is not None:
            self.calls.append(("backfilled" if backfilled_seconds else "lost", self._seconds(at)))
            self._since = None

    def lose_until(self, at: datetime) -> None:
        self._since = at
        self.calls.append(("lost until", self._seconds(at)))

    def gap_seconds(self) -> float:
        return 0 if self._since is None else (self._clock.now() - self._since).total_seconds()

    def _seconds(self, moment: datetime | None) -> float | None:
        return None if moment is None else (moment - self._clock.at(0)).total_seconds()


def attending(seconds: float = 1_000) -> tuple[Attention, Coverage, ToldClock]:
    clock = ToldClock(seconds)
    coverage = Coverage(clock)
    return Attention(coverage, clock), coverage, clock


def asked(clock: ToldClock, until: float, slack: float = 5) -> Asked:
    return Asked(at(clock, until - slack), at(clock, until), round(slack * SECOND_US))


def test_a_gap_lasts_from_the_last_event_to_the_connection_and_is_closed_when_that_is_reached() -> None:
    attention, coverage, clock = attending()
    attention.connected(None)
    attention.heard(at(clock, 1_000))
    clock.seconds = 1_100
    attention.heard(at(clock, 1_099))
    clock.seconds = 1_105
    assert attention.lost("broken") == 105
    clock.seconds = 1_200
    attention.lost("refused")
    attention.connected(asked(clock, 1_099))
    for time in (1_095, 1_150, 1_199):
        attention.heard(at(clock, time))
        assert not attention.has_caught_up
    assert coverage.calls == [("open", "broken", 1_099)]
    attention.heard(at(clock, 1_200))
    assert attention.has_caught_up
    assert coverage.calls[1:] == [("backfilled", 1_200)]


def test_the_first_connection_repeats_nothing_so_what_was_before_is_lost() -> None:
    attention, coverage, clock = attending()
    coverage.open_gap("the job died", clock.at(900))
    attention.connected(None)
    assert coverage.calls[1:] == []
    attention.heard(None)
    assert coverage.calls[1:] == [("lost", 1_000)]


@pytest.mark.parametrize(("first", "is_lost"), [(899, False), (904.9, False), (905.1, True), (950, True)])
def test_what_lies_between_the_place_and_the_first_event_is_lost_where_that_is_more_than_the_slack(
    first: float, is_lost: bool
) -> None:
    attention, coverage, clock = attending()
    coverage.open_gap("broken", clock.at(900))
    attention.connected(asked(clock, 900))
    attention.heard(at(clock, first))
    attention.heard(at(clock, 1_000))
    lost = [("lost until", first)] if is_lost else []
    assert coverage.calls[1:] == [*lost, ("backfilled", 1_000)]


def test_a_break_while_the_past_is_repeated_keeps_what_was_repeated() -> None:
    attention, coverage, clock = attending()
    coverage.open_gap("broken", clock.at(100))
    attention.connected(asked(clock, 100))
    attention.heard(at(clock, 200))
    attention.heard(at(clock, 400))
    clock.seconds = 1_010
    attention.lost("broken again")
    attention.connected(asked(clock, 400))
    attention.heard(at(clock, 500))
    attention.heard(at(clock, 1_010))
    assert coverage.calls[1:] == [
        ("lost until", 200),
        ("backfilled", 400),
        ("open", "broken again", 400),
        ("lost until", 500),
        ("backfilled", 1_010),
    ]


def test_a_connection_over_which_nothing_comes_ends_no_gap() -> None:
    attention, coverage, clock = attending()
    coverage.open_gap("broken", clock.at(900))
    attention.connected(asked(clock, 900))
    attention.silent(60)
    assert attention.lost("silent") == 0
    assert coverage.calls == [("open", "broken", 900)]


def test_a_quiet_feed_is_heard_again_when_the_host_has_repeated_all_it_had() -> None:
    attention, coverage, clock = attending()
    coverage.open_gap("broken", clock.at(900))
    attention.connected(asked(clock, 900))
    attention.heard(at(clock, 900))
    attention.silent(9)
    assert coverage.calls[1:] == []
    attention.silent(10)
    assert coverage.calls[1:] == [("backfilled", 1_000)]
    assert not attention.has_caught_up


def test_a_host_that_is_behind_repeats_nothing_and_one_that_begins_early_does() -> None:
    for pace, is_behind in ((1.0, True), (50.0, False)):
        attention, coverage, clock = attending()
        coverage.open_gap("broken", clock.at(900))
        attention.connected(asked(clock, 900))
        for step in range(12):
            clock.seconds = 1_000 + step
            attention.heard(at(clock, 200 + pace * step))
        assert attention.is_out_of_step == is_behind
        assert coverage.calls[1:] == ([("lost", 1_000)] if is_behind else [])


def test_times_are_utc() -> None:
    assert microseconds(datetime(1970, 1, 1, 0, 0, 1, 5, UTC)) == SECOND_US + 5
    assert microseconds(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=1)) == 86_400 * SECOND_US
