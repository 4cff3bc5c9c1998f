"""A Mastodon instance to MongoDB: a stand-in of one, main.py as a process, documents read back with pymongo."""

import signal
from pathlib import Path

from operations.mastodon_stand_in.statuses import account
from operations.mastodon_stand_in.stream import SseStream, frame
from tests.conftest import Documents
from tests.integration.held_jobs import wait_until
from tests.integration.jobs import job, message, run
from tests.integration.stored import not_as_described, posts
from tests.servers.mastodon_api import MastodonApi, says
from tests.servers.scripted import refuse

JOB = ("--jobname", "demo", "--source", "mastodon", "--trigger-seconds", "1")


def texts(database: Documents) -> list[str]:
    return sorted(post["text"] for post in posts(database))


def test_whatever_the_instance_and_the_network_do_each_status_is_stored_once_and_every_gap_has_its_cause(
    data_folder: Path, settings: dict[str, str], database: Documents
) -> None:
    with MastodonApi() as api:
        zero, one, two, three, four, five = (api.statuses.status(f"post {number} ü") for number in range(6))
        edited = {**three, "content": "<p>post 3, edited</p>", "edited_at": "2026-11-26T00:00:00.000Z"}
        half = frame("update", api.statuses.status("half"))[:-40]
        api.script.extend(
            [
                says(
                    api.tells("update", zero),
                    api.tells("update", one),
                    api.stores("update", two),  # and nobody hears it
                    half,
                    then=SseStream.drop,
                ),
                says(("update", one), api.tells("update", three), then=SseStream.end),
                refuse(503, b"", {"Retry-After": "1"}),
                says(api.tells("update", four), api.tells("status.update", edited), api.tells("delete", zero["id"])),
                says(*(bytes([byte]) for byte in frame("update", five)), then=lambda stream: stream.hold(15)),
            ]
        )
        with job(data_folder, *JOB, **settings, **api.settings) as running:
            wait_until(running, lambda: "post 5 ü" in texts(database))  # after a silence of 35 s
            running.signal(signal.SIGKILL)
            assert running.end() == -signal.SIGKILL
        assert len(api.stream_requests) == 5
        assert len(api.page_requests) >= 3
        unheard = api.write("unheard")
        pages_before = len(api.page_requests)
        six = api.statuses.status("post 6")
        api.script.append(says(("update", five), ("update", six), then=lambda stream: stream.hold(15)))
        with job(data_folder, *JOB, **settings, **api.settings) as again:
            left = ["post 1 ü", "post 2 ü", "post 3, edited", "post 4 ü", "post 5 ü", "post 6", "unheard"]
            wait_until(
                again, lambda: texts(database) == left
            )  # without the deleted one, and the version before the edit
            again.stop()
    assert sorted(post["id"] for post in posts(database)) == [
        status["id"] for status in (one, two, three, four, five, unheard, six)
    ]
    assert len(api.page_requests) > pages_before
    assert database["dead_letters"].count_documents({}) == 0
    assert sum(batch["duplicates"] for batch in database["batches"].find()) >= 2
    gaps = list(database["coverage"].find(sort=[("from", 1)]))
    for gap, part in zip(gaps, ("broke", "closed the connection", "nothing came in time", "the job died"), strict=True):
        assert part in gap["cause"]
        assert gap["from"] < gap["to"]
    assert {gap["recovered"] for gap in gaps} == {"backfilled"}
    assert not_as_described(database) == []
    said = "\n".join(map(message, running.errors))
    for line in ("HTTP 503", "cut off with its connection", "missed posts fetched"):
        assert line in said
    assert api.token not in said


def test_a_status_becomes_a_document_with_all_that_mastodon_says_of_it_and_who_says_no_is_in_none(
    data_folder: Path, settings: dict[str, str], database: Documents
) -> None:
    with MastodonApi() as api:
        status = api.statuses.status("#Covid with @who: https://example.org/a?b=c ✓", spoiler_text="health")
        reply = api.statuses.status("so it is", in_reply_to_id=status["id"], favourites_count=3)
        no = api.statuses.status("a secret", account=account("no", api.url, noindex=True))
        api.script.append(says(*(("update", each) for each in (status, reply, no))))
        code, errors = run(data_folder, *JOB, "--available-now", "--idle-seconds", "1", **settings, **api.settings)
        assert code == 0, errors
    first, second = sorted(posts(database), key=lambda post: str(post["id"]))
    assert first["text"] == "health Covid with @who: ✓"
    assert first["raw_text"] == status["content"]
    assert (first["hashtags"], first["urls"]) == (["covid"], ["https://example.org/a?b=c"])
    assert first["mentions"] == ["who@127.0.0.1"]
    assert first["author"] == f"{status['account']['acct']}@127.0.0.1"
    assert (second["kind"], second["refers_to"]) == ("reply", status["id"])
    assert second["metrics"] == {"likes": 3, "reposts": 0, "replies": 0, "quotes": 0}
    stored = str([document for name in database.list_collection_names() for document in database[name].find()])
    assert "secret" not in stored


def test_a_token_that_the_instance_does_not_know_ends_the_job_with_its_words_and_shows_it_nowhere(
    data_folder: Path, settings: dict[str, str], database: Documents
) -> None:
    with MastodonApi() as api:
        wrong = {**api.settings, "mastodon_token": "n0t-the-token"}
        code, errors = run(data_folder, *JOB, **settings, **wrong)
    assert code == 3
    assert "HTTP 401: Invalid access token" in errors[-1]
    assert "CASESTREAM_MASTODON_TOKEN" in errors[-1]
    stored = [document for name in database.list_collection_names() for document in database[name].find()]
    everything = "\n".join([*errors, (data_folder / ".data/demo/spark.log").read_text(), str(stored)])
    assert "n0t-the-token" not in everything
