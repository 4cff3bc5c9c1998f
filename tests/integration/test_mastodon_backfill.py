"""What a stream said while nobody listened, out of the timelines of an instance on loopback; time is told."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from operations.streaming_stand_in.site import Answer
from receivers.mastodon_api.backfill import Backfill
from receivers.mastodon_api.channels import channels
from receivers.mastodon_api.events import SpoolLine, spool_line
from receivers.mastodon_api.instance import Instance
from receivers.mastodon_api.places import Place
from receivers.mastodon_api.sse import ServerEvent
from settings import Settings
from tests.servers.mastodon_api import MastodonApi
from tests.servers.scripted import refuse
from tests.told_clock import START, ToldClock

NO_MORE = {"X-RateLimit-Remaining": "0"}


class Stage:
    """A channel's back-fill, and what it has appended: texts."""

    def __init__(self, api: MastodonApi, clock: ToldClock, **given: Any) -> None:  # noqa: ANN401
        settings = Settings.model_validate({"jobname": "a", "source": "mastodon", **api.settings, **given})
        self.appended: list[SpoolLine] = []
        instance = Instance(api.url, api.token, 5, clock.now)
        (channel,) = channels(settings)
        self.place = Place()
        self.backfill = Backfill(instance, channel, settings, clock, self.appended.append, self.place)
        self._clock = clock

    def hear(self, status: dict[str, Any], at: float | None = None) -> None:
        """at: seconds of the clock; None: where it stands."""
        stands, self._clock.seconds = self._clock.seconds, self._clock.seconds if at is None else at
        self.backfill.note(line_of(status))
        self._clock.seconds = stands

    def fetch(self, seconds: float) -> float:
        return self.backfill.fetch(seconds, lambda: False)

    @property
    def ids(self) -> list[str | None]:
        return [line.status_id for line in self.appended]


def line_of(status: dict[str, Any], name: str = "update") -> SpoolLine:
    return spool_line(ServerEvent(name, json.dumps(status).encode()), "not-opted-out")


def written(api: MastodonApi, second: float, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    """A status that was written then, by its id and its date."""
    moment = START + timedelta(seconds=second)
    milliseconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return api.write("x", id=str(milliseconds << 16), created_at=moment.isoformat(), **fields)


def test_what_was_missed_is_fetched_from_a_little_before_on_and_the_whole_gap_is_covered() -> None:
    clock = ToldClock(1_000)
    with MastodonApi() as api:
        stage = Stage(api, clock)
        first, old, late, last = (written(api, second) for second in (100, 200, 500, 900))
        stage.hear(first, 100)
        stage.hear(old, 200)
        stage.hear(last, 900)
        missed = [written(api, second) for second in (910, 950, 990)]
        assert stage.fetch(100) == 100
    assert stage.ids == [each["id"] for each in (late, last, *missed)]
    assert stage.backfill.is_repeat(line_of(missed[0]))
    assert not stage.backfill.is_repeat(line_of(old))


def test_pages_are_read_from_the_newest_backwards_until_one_goes_back_to_what_was_heard() -> None:
    clock = ToldClock(1_000)
    with MastodonApi() as api:
        stage = Stage(api, clock)
        written(api, 100)
        stage.hear(written(api, 899))
        missed = [written(api, 900 + number) for number in range(95)]
        assert stage.fetch(100) == 100
        assert [request.query["limit"] for request in api.page_requests] == ["40"] * 3
    assert sorted(map(str, stage.ids)) == [each["id"] for each in missed]


def test_a_quiet_channel_needs_no_memory_of_what_it_said_long_ago_and_its_gap_is_covered_all_the_same() -> None:
    clock = ToldClock(100)
    with MastodonApi() as api:
        stage = Stage(api, clock)
        last = written(api, 100)
        stage.hear(last)
        for clock.seconds in range(100_000, 101_001, 15):  # heartbeats
            stage.backfill.alive()
        newest, heard_at = stage.place.since
        assert newest == int(last["id"])
        assert clock.at(100_300) < heard_at <= clock.at(100_400)
        missed = written(api, 101_001)
        clock.seconds = 101_050
        assert stage.fetch(50) == 50
    assert stage.ids == [missed["id"]]


def test_the_last_that_was_heard_may_be_deleted_and_an_older_one_shows_that_nothing_is_missing() -> None:
    clock = ToldClock(1_000)
    with MastodonApi() as api:
        stage = Stage(api, clock)
        written(api, 100)
        last = written(api, 900)
        stage.hear(last)
        api.timelines.apply("delete", last["id"])
        missed = written(api, 950)
        assert stage.fetch(100) == 100
    assert stage.ids == [missed["id"]]


def test_what_was_fetched_is_asked_for_again_until_the_stream_has_said_something() -> None:
    clock = ToldClock(1_000)
    with MastodonApi() as api:
        stage = Stage(api, clock, mastodon_backfill_posts=40)
        stage.hear(written(api, 800))
        for number in range(60):
            written(api, 900 + number)
        assert stage.fetch(200) == stage.fetch(200) == pytest.approx(80)
        stage.backfill.alive()
        assert stage.fetch(10) == 10


def test_of_a_gap_that_is_too_long_the_end_is_covered() -> None:
    clock = ToldClock(1_000)
    with MastodonApi() as api:
        stage = Stage(api, clock, mastodon_backfill_posts=80)
        stage.hear(written(api, 800))
        for number in range(200):
            written(api, 800.5 + number)
        assert stage.fetch(200) == pytest.approx(1_000 - 920.5)
    assert len(stage.ids) == 80


@pytest.mark.parametrize(
    "refusal",
    [
        refuse(401, {"error": "The access token is invalid"}),
        refuse(422, {"error": "This method requires an authenticated user"}),
        refuse(429, {"error": "Too many requests"}, NO_MORE),
        refuse(200, b"<html>"),
        refuse(200, b'{"a": 1}'),
        refuse(200, b"[" * 100_000),
        refuse(200, b"[]"),
        refuse(200, b'[1, {}, {"id": "x"}]'),
    ],
)
def test_what_an_instance_does_not_tell_is_lost(refusal: Answer) -> None:
    clock = ToldClock(1_000)
    with MastodonApi(refusals=[refusal]) as api:
        stage = Stage(api, clock)
        stage.hear(written(api, 900))
        written(api, 950)
        assert stage.fetch(100) == 0
        assert len(api.page_requests) == 1
    assert stage.ids == []


def test_what_came_before_a_refusal_is_kept_and_covers_the_end_of_the_gap() -> None:
    clock = ToldClock(1_000)
    with MastodonApi() as api:
        stage = Stage(api, clock)
        stage.hear(written(api, 800))
        newest = [written(api, 900 + number) for number in range(60)]
        page = api.timelines.page("/api/v1/timelines/public", {"limit": "40"})
        api.refusals.append(Answer(200, json.dumps(page).encode(), NO_MORE))
        assert stage.fetch(200) == pytest.approx(80)
        assert len(api.page_requests) == 1
    assert stage.ids == [each["id"] for each in newest[20:]]


def test_nothing_is_fetched_where_nothing_was_heard_or_missed_or_wanted() -> None:
    clock = ToldClock(1_000)
    with MastodonApi() as api:
        last = written(api, 900)
        unheard, whole, unwanted = Stage(api, clock), Stage(api, clock), Stage(api, clock, mastodon_backfill_posts=0)
        whole.hear(last)
        unwanted.hear(last)
        assert [unheard.fetch(100), whole.fetch(0), unwanted.fetch(100)] == [0, 0, 0]
        assert api.page_requests == []


def test_an_earlier_version_than_the_one_that_was_fetched_is_a_repeat_and_a_later_one_is_not() -> None:
    clock = ToldClock(1_000)
    with MastodonApi() as api:
        stage = Stage(api, clock)
        stage.hear(written(api, 900))
        edited = written(api, 950, edited_at="2026-01-02T00:16:00.000Z")
        stage.fetch(100)
    assert stage.backfill.is_repeat(line_of({**edited, "edited_at": None}))
    assert stage.backfill.is_repeat(line_of(edited, "status.update"))
    gone = ServerEvent("delete", edited["id"].encode())
    assert not stage.backfill.is_repeat(spool_line(gone, "not-opted-out"))
    assert not stage.backfill.is_repeat(line_of({**edited, "edited_at": "2026-01-02T00:16:01.000Z"}, "status.update"))


@pytest.mark.parametrize(
    ("given", "path", "query"),
    [
        ({}, "/api/v1/timelines/public", {}),
        ({"mastodon_stream": "public:local"}, "/api/v1/timelines/public", {"local": "true"}),
        ({"mastodon_stream": "public:remote"}, "/api/v1/timelines/public", {"remote": "true"}),
        ({"mastodon_stream": "hashtags", "mastodon_hashtags": "é"}, "/api/v1/timelines/tag/%C3%A9", {}),
    ],
)
def test_the_timeline_is_that_of_the_stream(given: dict[str, str], path: str, query: dict[str, str]) -> None:
    clock = ToldClock(1_000)
    with MastodonApi() as api:
        stage = Stage(api, clock, **given)
        stage.hear(written(api, 900))
        stage.fetch(100)
        asked = api.page_requests[0]
        assert asked.path == path
        assert {name: value for name, value in asked.query.items() if name not in ("limit", "since_id")} == query
        assert asked.headers["authorization"] == f"Bearer {api.token}"


def test_before_the_gap_a_few_hundred_posts_are_read_however_busy_the_instance_is() -> None:
    clock = ToldClock(1_000)
    with MastodonApi() as api:
        stage = Stage(api, clock)
        for number in range(1_000):
            stage.hear(written(api, 500 + number / 4))
        missed = written(api, 900)
        assert stage.fetch(100) == 100
    assert stage.ids.count(missed["id"]) == 1
    assert 360 <= len(stage.ids) <= 440
