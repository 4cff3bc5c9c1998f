"""`manage.py feed --bluesky-port` as a client of Jetstream sees it."""

import json
from contextlib import AbstractContextManager
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from operations.jetstream_stand_in.event_log import EventLog
from operations.jetstream_stand_in.posts import Posts, utc_now
from tests.integration.feed_process import BOUND_SECONDS, TWEETS, FeedProcess, feed, feeding
from tests.servers.jetstream import JetstreamHost, Scripted, created


def standing_in(*arguments: object) -> AbstractContextManager[FeedProcess]:
    return feeding(FeedProcess, *arguments, "--bluesky-port", 0)


def subscribed(address: str, query: str = "") -> ClientConnection:
    return connect(f"{address}/subscribe?wantedCollections=app.bsky.feed.post{query}", open_timeout=BOUND_SECONDS)


def texts(client: ClientConnection) -> list[str]:
    """Until the host goes."""
    return [json.loads(frame)["commit"]["record"]["text"] for frame in client]


def next_event(client: ClientConnection) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(client.recv(BOUND_SECONDS))
    return found


def test_every_tweet_of_the_demo_arrives_once_with_a_uri_of_its_own() -> None:
    with standing_in("--file", TWEETS, "--rate", 0) as stand_in:
        with subscribed(stand_in.address) as client:
            events = [json.loads(frame) for frame in client]
        assert stand_in.exit_code() == 0
    lines = TWEETS.read_bytes().decode().split("\n")[:-1]
    assert [event["commit"]["record"]["text"] for event in events] == [line.strip() for line in lines]
    assert len({event["did"] + event["commit"]["rkey"] for event in events}) == len(events)
    times = [event["time_us"] for event in events]
    assert times == sorted(set(times))


def test_a_line_of_text_becomes_an_event_as_jetstream_sends_it() -> None:
    with standing_in("--file", "-", "--rate", 0) as stand_in, subscribed(stand_in.address) as client:
        stand_in.type("ü #tag @who https://example.org/a\n".encode())
        event = next_event(client)
        assert list(event) == ["did", "time_us", "kind", "commit"]
        assert list(event["commit"]) == ["rev", "operation", "collection", "rkey", "record", "cid"]
        record = event["commit"]["record"]
        raw = record["text"].encode()
        cuts = [raw[each["index"]["byteStart"] : each["index"]["byteEnd"]].decode() for each in record["facets"]]
        assert cuts == ["#tag", "@who", "https://example.org/a"]
        assert event["did"].startswith("did:plc:")
        assert len(event["commit"]["rkey"]) == 13


def test_an_event_of_jetstream_is_played_with_the_present_time_and_other_objects_as_they_are() -> None:
    old = {"did": "did:plc:a", "time_us": 1_783_175_888_085_434, **{k: v for k, v in created(1).items() if k != "did"}}
    with standing_in("--file", "-", "--rate", 0) as stand_in, subscribed(stand_in.address) as client:
        stand_in.type(json.dumps(old).encode() + b'\n{"a":  1}\n')
        event = next_event(client)
        assert event.pop("time_us") > old.pop("time_us")
        assert event == old
        assert client.recv(BOUND_SECONDS) == '{"a":  1}'


def test_who_comes_back_with_a_cursor_is_sent_what_it_missed() -> None:
    with standing_in("--file", "-", "--rate", 0) as stand_in:
        with subscribed(stand_in.address) as client:
            stand_in.type(b"one\ntwo\nthree\n")
            first = next_event(client)["time_us"]
            next_event(client)
        with subscribed(stand_in.address, f"&cursor={first + 1}") as client:
            assert next_event(client)["commit"]["record"]["text"] == "two"
            assert next_event(client)["commit"]["record"]["text"] == "three"
            stand_in.type(b"four\n")
            assert next_event(client)["commit"]["record"]["text"] == "four"


def test_a_cursor_from_the_future_or_too_old_is_none_without_a_word_and_a_bad_one_is_refused() -> None:
    log = EventLog()
    log.publish(created(1), log.now_us() - 50 * 3_600_000_000)
    log.publish(created(2))
    with JetstreamHost(log=log) as host:
        with subscribed(host.url, "&cursor=1") as client:
            assert next_event(client)["commit"]["rkey"].endswith("2")
        with subscribed(host.url, f"&cursor={log.now_us() + 10**9}") as client:
            log.publish(created(3))
            assert next_event(client)["commit"]["rkey"].endswith("3")
        for query in ("&cursor=x", "&cursor=-1", "&compress=true"):
            with pytest.raises(InvalidStatus, match="400"), subscribed(host.url, query):
                pass
        with pytest.raises(InvalidStatus, match="404"), connect(f"{host.url}/other"):
            pass


def test_options_are_those_of_jetstream() -> None:
    log = EventLog()
    like = {"did": "did:plc:a", "kind": "commit", "commit": {"collection": "app.bsky.feed.like", "rkey": "1"}}
    events = [created(1, "x" * 500), like, {"did": "did:plc:a", "kind": "account"}, created(2, did="did:plc:b")]
    for event in events:
        log.publish(event, log.now_us() - 1_000_000)
    with JetstreamHost(Scripted(skew_us=7), log) as host:
        for query, number in (
            ("", [0, 1, 2, 3]),
            ("&wantedCollections=app.bsky.feed.like", [1, 2]),
            ("&wantedCollections=app.bsky.*", [0, 1, 2, 3]),
            ("&wantedDids=did:plc:b", [3]),
            ("&maxMessageSizeBytes=400", [1, 2, 3]),
        ):
            with connect(f"{host.url}/subscribe?cursor={log.now_us() - 10**8}{query}") as client:
                found = [next_event(client) for _ in number]
            assert [each.pop("time_us") > 0 for each in found] == [True] * len(number)
            assert found == [events[each] for each in number]


def test_keys_grow_with_time_though_it_stands_still() -> None:
    posts, now = Posts(), utc_now()
    keys = [json.loads(json.dumps(posts.event(b"x", now)))["commit"]["rkey"] for _ in range(3)]
    assert keys == sorted(set(keys))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--port", 0, "--bluesky-port", 0), "give either --port (TCP) or --kafka with --topic, or --x-port (X's API)"),
        (("--bluesky-port", 70_000), "--bluesky-port 70000: must be 0 to 65535"),
    ],
)
def test_wrong_arguments_are_told(arguments: tuple[object, ...], said: str) -> None:
    ended = feed("--file", TWEETS, "--rate", 1, *arguments)
    assert ended.returncode == 2
    assert said in ended.stderr.decode()
