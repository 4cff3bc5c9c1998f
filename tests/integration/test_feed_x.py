"""`manage.py feed --x-port` as a client of X's API sees it."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from operations.feed_tcp import listen
from operations.x_stand_in.server import RULES, STREAM
from tests.integration.feed_process import BOUND_SECONDS, TWEETS, FeedProcess, feed, feeding

AUTHORIZED = {"Authorization": "Bearer anything"}


class StandIn(FeedProcess):
    """A running `manage.py feed --x-port 0`."""

    def add_rules(self, *rules: dict[str, str]) -> list[dict[str, str]]:
        answer = requests.post(self.address + RULES, json={"add": rules}, headers=AUTHORIZED, timeout=BOUND_SECONDS)
        answer.raise_for_status()
        return list(answer.json()["data"])

    def connect(self) -> requests.Response:
        answer = requests.get(self.address + STREAM, headers=AUTHORIZED, stream=True, timeout=BOUND_SECONDS)
        answer.raise_for_status()
        return answer


def standing_in(*arguments: object) -> AbstractContextManager[StandIn]:
    return feeding(StandIn, *arguments, "--x-port", 0)


def events(response: requests.Response) -> Iterator[dict[str, Any]]:
    for line in response.iter_lines(chunk_size=1, delimiter=b"\r\n"):
        if line:
            yield json.loads(line)


def texts(response: requests.Response) -> list[str]:
    return [event["data"]["text"] for event in events(response)]


def test_every_tweet_of_the_demo_arrives_once_with_an_id_of_its_own() -> None:
    with standing_in("--file", TWEETS, "--rate", 0) as stand_in:
        (rule,) = stand_in.add_rules({"value": "covid19 OR coronavirus", "tag": "demo"})
        heard = list(events(stand_in.connect()))
        assert [event["data"]["text"] for event in heard] == [line.strip() for line in _lines(TWEETS)]
        ids = [event["data"]["id"] for event in heard]
        assert ids == sorted(set(ids))
        assert {len(post_id) for post_id in ids} == {19}
        assert all(event["matching_rules"] == [{"id": rule["id"], "tag": "demo"}] for event in heard)
        assert stand_in.exit_code() == 0


def _lines(file: Path) -> list[str]:
    return file.read_bytes().decode().split("\n")[:-1]


def test_a_post_has_the_fields_that_x_sends() -> None:
    with standing_in("--file", "-", "--rate", 0) as stand_in:
        stand_in.add_rules({"value": "covid19"})
        client = stand_in.connect()
        stand_in.type("Stay safe ✓ #Covid19 @who https://example.org/a &amp; more\n".encode())
        (data, rules) = next(events(client)).values()
        assert rules[0]["tag"] == ""
        created = datetime.fromisoformat(data.pop("created_at"))
        assert abs(datetime.now(UTC) - created) < timedelta(seconds=BOUND_SECONDS)
        assert data.pop("edit_history_tweet_ids") == [data.pop("id")]
        assert data.pop("author_id").isdecimal()
        assert set(data.pop("public_metrics").values()) == {0}
        (hashtag,), (mention,), (url,) = (data["entities"][kind] for kind in ("hashtags", "mentions", "urls"))
        assert hashtag == {"start": 12, "end": 20, "tag": "Covid19"}
        assert (mention["start"], mention["username"]) == (21, "who")
        assert (url["url"], url["display_url"]) == ("https://example.org/a", "example.org/a")
        assert (data["lang"], data["text"]) == ("en", "Stay safe ✓ #Covid19 @who https://example.org/a &amp; more")


def test_a_post_names_the_rules_that_match_it_and_all_where_none_does() -> None:
    with standing_in("--file", "-", "--rate", 0) as stand_in:
        stand_in.add_rules({"value": "cat OR (kitten lang:en)", "tag": "cats"}, {"value": "-cat dog", "tag": "dogs"})
        client = events(stand_in.connect())
        found = []
        for line in (b"A CAT, today\n", b"a dog and a kitten\n", b"cats\n"):
            stand_in.type(line)
            found.append([rule["tag"] for rule in next(client)["matching_rules"]])
        assert found == [["cats"], ["cats", "dogs"], ["cats", "dogs"]]


def test_json_is_sent_as_it_is_and_everything_else_as_text() -> None:
    lines = [b'{"data": {"id":"1"},  "x": 2}', b"[1]", b'{"broken', b"caf\xe9"]
    with standing_in("--file", "-", "--rate", 0) as stand_in:
        stand_in.add_rules({"value": "covid19"})
        stand_in.type(b"\n".join([*lines, b" \n"]))
        stand_in.end_input()
        first, *others = (line for line in stand_in.connect().content.split(b"\r\n") if line)
        assert first == lines[0]
        assert [json.loads(line)["data"]["text"] for line in others] == ["[1]", '{"broken', "caf�"]


def test_while_nobody_listens_the_player_pauses_and_nothing_is_lost() -> None:
    with standing_in("--file", "-", "--rate", 0) as stand_in:
        stand_in.add_rules({"value": "covid19"})
        with stand_in.connect() as first:
            stand_in.type(b"1\n")
            assert next(events(first))["data"]["text"] == "1"
        stand_in.type(b"2\n3\n")
        stand_in.end_input()
        assert texts(stand_in.connect()) == ["2", "3"]
        assert stand_in.exit_code() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_stream_in_order_after_a_whole_post(number: signal.Signals) -> None:
    with standing_in("--file", TWEETS, "--rate", 500, "--uneven", "--seed", 1, "--loop") as stand_in:
        stand_in.add_rules({"value": "covid19"})
        found = events(stand_in.connect())
        heard = [next(found)["data"]["text"] for _ in range(10)]
        stand_in.process.send_signal(number)
        heard += [event["data"]["text"] for event in found]
        assert heard == [line.strip() for line in _lines(TWEETS)[: len(heard)]]
        assert stand_in.exit_code() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_player_that_waits_for_its_first_client(number: signal.Signals) -> None:
    with standing_in("--file", TWEETS, "--rate", 1) as stand_in:
        stand_in.process.send_signal(number)
        assert stand_in.exit_code() == 0


def test_a_signal_ends_a_player_whose_client_does_not_read() -> None:
    with standing_in("--file", TWEETS, "--rate", 0, "--loop") as stand_in:
        stand_in.add_rules({"value": "covid19"})
        with stand_in.connect():
            stand_in.process.send_signal(signal.SIGTERM)
            assert stand_in.exit_code() == 0


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--port", 0, "--x-port", 0), "give either --port (TCP) or --kafka with --topic, or --x-port (X's API)"),
        (("--x-port", 0, "--kafka", "k:1", "--topic", "t"), "give either --port (TCP) or --kafka with --topic, or"),
        (("--x-port", -1), "--x-port -1: must be 0 to 65535"),
    ],
)
def test_a_wrong_argument_is_one_line_and_exit_code_2(arguments: tuple[object, ...], line: str) -> None:
    done = feed("--file", os.devnull, "--rate", 1, *arguments)
    assert done.returncode == 2
    assert done.stderr.decode().startswith(line)
    assert done.stderr.count(b"\n") == 1


def test_a_port_that_is_taken_is_one_line_and_exit_code_3() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        done = feed("--file", TWEETS, "--rate", 1, "--x-port", port)
    assert done.returncode == 3
    assert done.stderr.decode() == f"cannot listen on 127.0.0.1:{port}: Address already in use\n"
