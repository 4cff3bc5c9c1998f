"""`manage.py feed --mastodon-port` as a client of Mastodon's API sees it."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest
import requests

from operations.feed_tcp import listen
from receivers.mastodon_api.sse import EventStream, ServerEvent
from tests.integration.feed_process import BOUND_SECONDS, TWEETS, FeedProcess, feed, feeding

AUTHORIZED = {"Authorization": "Bearer anything"}


class StandIn(FeedProcess):
    """A running `manage.py feed --mastodon-port 0`."""

    def connect(self, path: str = "public", **query: str) -> requests.Response:
        answer = requests.get(
            f"{self.address}/api/v1/streaming/{path}",
            params=query,
            headers=AUTHORIZED,
            stream=True,
            timeout=BOUND_SECONDS,
        )
        answer.raise_for_status()
        return answer


def standing_in(*arguments: object) -> AbstractContextManager[StandIn]:
    return feeding(StandIn, *arguments, "--mastodon-port", 0)


def events(response: requests.Response) -> Iterator[ServerEvent]:
    stream = EventStream(1_000_000)
    for block in response.iter_content(None):
        yield from stream.feed(block)


def test_every_tweet_of_the_demo_arrives_once_and_the_timeline_has_it() -> None:
    with standing_in("--file", TWEETS, "--rate", 0) as stand_in:
        heard = [json.loads(event.data) for event in events(stand_in.connect()) if isinstance(event.data, bytes)]
        assert len(heard) == len(TWEETS.read_bytes().splitlines())
        ids = [int(status["id"]) for status in heard]
        assert ids == sorted(set(ids))
        assert stand_in.exit_code() == 0


def test_a_line_that_is_an_event_is_played_as_one_and_hashtags_have_a_stream_of_their_own() -> None:
    with standing_in("--file", "-", "--rate", 0) as stand_in:
        tagged = events(stand_in.connect("hashtag", tag="Covid"))
        stand_in.type(b"nothing\nabout #covid\n")
        first = next(tagged)
        assert isinstance(first.data, bytes)
        status = json.loads(first.data)
        assert status["content"].startswith("<p>about <a ")
        assert [tag["name"] for tag in status["tags"]] == ["covid"]
        edited = {**status, "edited_at": "2026-01-01T00:00:00.000Z"}
        edit = {"stream": ["hashtag", "covid"], "event": "status.update", "payload": json.dumps(edited)}
        stand_in.type(json.dumps(edit).encode() + b"\n")
        assert next(tagged) == ServerEvent("status.update", json.dumps(edited, separators=(",", ":")).encode())
        page = requests.get(
            f"{stand_in.address}/api/v1/timelines/tag/covid", headers=AUTHORIZED, timeout=BOUND_SECONDS
        ).json()
        assert page == [edited]
        stand_in.type(b'{"event":"delete","payload":"%s"}\n' % status["id"].encode())
        assert next(tagged) == ServerEvent("delete", status["id"].encode())
        stand_in.end_input()
        assert list(tagged) == []


@pytest.mark.parametrize(
    ("path", "headers", "status", "error"),
    [
        ("streaming/public", {}, 401, "Missing access token"),
        ("timelines/public", {}, 401, "The access token is invalid"),
        ("streaming/user", AUTHORIZED, 400, "Unknown channel requested"),
        ("streaming/hashtag", AUTHORIZED, 400, "Missing tag name parameter"),
        ("accounts/1", AUTHORIZED, 404, "Not found"),
    ],
)
def test_what_an_instance_refuses_it_refuses_in_its_words(
    path: str, headers: dict[str, str], status: int, error: str
) -> None:
    with standing_in("--file", TWEETS, "--rate", 0) as stand_in:
        answer = requests.get(f"{stand_in.address}/api/v1/{path}", headers=headers, timeout=BOUND_SECONDS)
        assert (answer.status_code, answer.json()) == (status, {"error": error})


def test_it_is_one_of_the_ways_to_play_and_a_port_that_is_taken_is_told() -> None:
    both = feed("--file", TWEETS, "--rate", 0, "--x-port", 0, "--mastodon-port", 0)
    assert both.returncode == 2
    assert b"--mastodon-port" in both.stderr
    with listen("127.0.0.1", 0) as taken:
        refused = feed("--file", TWEETS, "--rate", 0, "--mastodon-port", taken.getsockname()[1])
    assert refused.returncode == 3
