"""X's API to MongoDB: a stand-in of X, the real tweepy in main.py as a process, documents read back with pymongo."""

import json
import signal
import time
from pathlib import Path
from typing import Any

from operations.x_stand_in.stream import XStream
from tests.conftest import Documents
from tests.integration.jobs import job, message, run
from tests.integration.stored import not_as_described, posts, read_until_stored
from tests.servers.scripted import refuse
from tests.servers.x_api import Act, Step, XApi, in_turn
from tests.servers.x_bodies import (
    OPERATIONAL_DISCONNECT,
    TOO_MANY_CONNECTIONS,
    UNAUTHORIZED,
    UNAVAILABLE,
    USAGE_CAPPED,
    post,
)

JOB = ("--jobname", "demo", "--source", "twitter", "--trigger-seconds", "1")


def at_x(api: XApi) -> dict[str, str]:
    return {"twitter_api_url": api.url, "twitter_bearer_token": api.token}


def send(*events: dict[str, Any]) -> Act:
    return in_turn(*((lambda stream, event=event: stream.post(event)) for event in events))


def test_whatever_x_and_the_network_do_each_post_is_stored_once_and_every_gap_has_its_cause(
    data_folder: Path, settings: dict[str, str], database: Documents
) -> None:
    events = [post(str(number), f"post {number} ü", lang="en") for number in range(8)]
    half = json.dumps(post("100", "ü" * 50), ensure_ascii=False).encode()
    script: list[Step] = [
        in_turn(send(*events[:2]), lambda stream: stream.raw(half[: half.index("ü".encode()) + 1]), XStream.drop),
        in_turn(XStream.keep_alive, send(events[1], events[2]), lambda stream: stream.raw(half[:40]), XStream.drop),
        in_turn(send(events[3], OPERATIONAL_DISCONNECT), XStream.stall),
        refuse(503, UNAVAILABLE),
        in_turn(send(events[4]), XStream.end),
        refuse(429, USAGE_CAPPED, {"x-rate-limit-reset": str(int(time.time()) + 30), "x-rate-limit-remaining": "0"}),
        in_turn(send(*events[4:7]), lambda stream: stream.raw(half[:-5]), XStream.stall),  # 21 s of silence
        in_turn(send(events[7]), XStream.stall),
    ]
    with XApi(script=script, gzip=True) as api, job(data_folder, *JOB, **settings, **at_x(api)) as running:
        read_until_stored(running, database, len(events))
        running.stop()
        assert api.connections == 6
        assert len(api.stream_requests) == 8
    stored = posts(database)
    assert sorted(each["id"] for each in stored) == [str(number) for number in range(8)]
    assert {each["raw_text"] for each in stored} == {event["data"]["text"] for event in events}
    assert database["dead_letters"].count_documents({}) == 0
    assert sum(batch["duplicates"] for batch in database["batches"].find()) == 2
    gaps = list(database["coverage"].find(sort=[("from", 1)]))
    causes = [gap["cause"] for gap in gaps]
    for cause, part in zip(
        causes, ("broke", "broke", "operational-disconnect", "X closed", "nothing came in time"), strict=True
    ):
        assert part in cause
    assert all(gap["from"] < gap["to"] for gap in gaps)
    assert not_as_described(database) == []
    said = "\n".join(map(message, running.errors))
    for line in ("HTTP 503: Service Unavailable", "HTTP 429: UsageCapExceeded", "cut off with its connection"):
        assert line in said
    assert api.token not in said


def test_a_post_becomes_a_document_with_all_that_x_says_of_it(
    data_folder: Path, settings: dict[str, str], database: Documents
) -> None:
    original = {"id": "7", "text": "short…", "note_tweet": {"text": "long and #whole"}, "author_id": "70"}
    events = [
        post("1", "cut off…", note_tweet={"text": "whole &amp; long"}),
        post(
            "8",
            "RT @who: short…",
            referenced_tweets=[{"type": "retweeted", "id": "7"}],
            includes={"tweets": [original]},
        ),
        post("11", "edited", edit_history_tweet_ids=["10", "11"]),
        post("12", "answer", referenced_tweets=[{"type": "replied_to", "id": "11"}]),
    ]
    script = [in_turn(send(*events), XStream.stall)]
    with XApi(script=script) as api:
        code, errors = run(data_folder, *JOB, "--available-now", "--idle-seconds", "1", **settings, **at_x(api))
        assert code == 0, errors
        assert [rule["tag"] for rule in api.rules] == ["demo"]
    stored = {each["id"]: each for each in posts(database)}
    assert stored["1"]["text"] == "whole & long"
    assert (stored["8"]["kind"], stored["8"]["refers_to"]) == ("repost", "7")
    assert stored["8"]["text"] == "long and whole"
    assert stored["11"]["edit_of"] == "10"
    assert (stored["12"]["kind"], stored["12"]["refers_to"]) == ("reply", "11")
    assert stored["1"]["author"] == "2244994945"
    assert stored["1"]["metrics"] == {"likes": 0, "reposts": 0, "replies": 0, "quotes": 0}


def test_what_x_repeats_after_a_kill_is_stored_once(
    data_folder: Path, settings: dict[str, str], database: Documents
) -> None:
    one, two, three = (post(str(number), f"post {number}") for number in (1, 2, 3))
    with XApi() as api:
        with job(data_folder, *JOB, **settings, **at_x(api)) as running:
            api.post(one)
            read_until_stored(running, database, 1)
            api.post(two)
            spool = data_folder / ".data/demo/spool"
            while not (any(each.stat().st_size for each in spool.glob(".*.open")) or len(posts(database)) > 1):
                assert running.process.poll() is None
            running.signal(signal.SIGKILL)
            assert running.end() == -signal.SIGKILL
        with job(data_folder, *JOB, **settings, **at_x(api)) as running:
            for event in (one, two, three):
                api.post(event)
            read_until_stored(running, database, 3)
            running.stop()
    assert sorted(each["id"] for each in posts(database)) == ["1", "2", "3"]
    assert sum(batch["duplicates"] for batch in database["batches"].find()) == 2
    assert "the job died" in {gap["cause"] for gap in database["coverage"].find()}


def test_a_token_that_x_does_not_know_ends_the_job_with_x_s_words_and_shows_it_nowhere(
    data_folder: Path, settings: dict[str, str], database: Documents
) -> None:
    with XApi() as api:
        wrong = {**at_x(api), "twitter_bearer_token": "n0t-the-token"}
        code, errors = run(data_folder, *JOB, **settings, **wrong)
    assert code == 3
    assert f"HTTP 401: {UNAUTHORIZED['title']}" in errors[-1]
    assert "CASESTREAM_TWITTER_BEARER_TOKEN" in errors[-1]
    stored = [document for name in database.list_collection_names() for document in database[name].find()]
    everything = "\n".join([*errors, (data_folder / ".data/demo/spark.log").read_text(), str(stored)])
    assert "n0t-the-token" not in everything


def test_a_second_job_on_the_token_is_told_so_and_the_first_goes_on(
    data_folder: Path, settings: dict[str, str], database: Documents
) -> None:
    with XApi() as api, job(data_folder, *JOB, **settings, **at_x(api)) as running:
        running.read_until(lambda line: "feed connected" in message(line))
        code, errors = run(data_folder, "--jobname", "second", *JOB[2:], **settings, **at_x(api))
        assert code == 3
        assert TOO_MANY_CONNECTIONS["detail"] in errors[-1]
        assert "an app and a token of its own" in errors[-1]
        api.post(post("1", "still here"))
        read_until_stored(running, database, 1)
        running.stop()
        assert api.connections == 1


def test_at_the_cap_the_stream_is_closed_over_restarts_too(
    data_folder: Path, settings: dict[str, str], database: Documents
) -> None:
    cap = {"twitter_daily_posts": "5"}
    with XApi() as api:
        with job(data_folder, *JOB, **settings, **cap, **at_x(api)) as running:
            for number in range(5):
                api.post(post(str(number), f"post {number}"))
            running.read_until(lambda line: "the stream stays closed" in message(line))
            read_until_stored(running, database, 5)
            assert any("posts are running out" in message(line) for line in running.errors)
            running.stop()
        connections = api.connections
        with job(data_folder, *JOB, **settings, **cap, **at_x(api)) as running:
            closed = message(running.read_until(lambda line: "the stream stays closed" in message(line)))
            running.stop()
        assert api.connections == connections == 1
    assert "5 posts of this day's 5 are used up (TWITTER_DAILY_POSTS)" in closed
    assert sorted(each["id"] for each in posts(database)) == [str(number) for number in range(5)]
    assert [entry["posts"] for entry in database["usage"].find()] == [5]
    assert any("used up" in gap["cause"] for gap in database["coverage"].find())
