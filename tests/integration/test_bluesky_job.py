"""Jetstream to MongoDB: stand-ins of its hosts, main.py as a process, documents read back with pymongo."""

import signal
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

from operations.jetstream_stand_in.event_log import EventLog
from tests.conftest import Documents
from tests.integration.held_jobs import wait_until
from tests.integration.jobs import RunningJob, job, message, run
from tests.integration.stored import not_as_described, posts, read_until_stored
from tests.servers.jetstream import JetstreamHost, Scripted, created, deleted, gone
from tests.servers.peer import free_port

JOB = ("--jobname", "demo", "--source", "bluesky", "--trigger-seconds", "1")
MINUTE_US = 60_000_000


def at(*hosts: JetstreamHost) -> dict[str, str]:
    return {"bluesky_url": ",".join(host.url for host in hosts)}


def numbers(database: Documents) -> list[int]:
    return sorted(int(each["id"].rpartition("/3k")[2]) for each in posts(database))


def until_connected(running: RunningJob) -> None:
    running.read_until(lambda line: "feed connected" in message(line))


def test_whatever_hosts_and_the_network_do_each_post_is_stored_once_and_every_gap_has_its_cause(
    data_folder: Path, settings: dict[str, str], database: Documents
) -> None:
    log = EventLog()
    breaking = Scripted(hang_up_after={0: 3}, refused={1: HTTPStatus.SERVICE_UNAVAILABLE})
    stalling = Scripted(stall_after={0: 6}, skew_us=2_000_000)
    with JetstreamHost(breaking, log) as one, JetstreamHost(stalling, log) as two:
        with job(data_folder, *JOB, **settings, **at(one, two)) as running:
            until_connected(running)
            for number in range(6):  # the fourth breaks the connection off
                log.publish(created(number))
            read_until_stored(running, database, 6)
            log.publish(created(6))  # the second host says nothing more, and is left after half a minute
            read_until_stored(running, database, 7)
            assert stalling.stalled.is_set()
            assert "HTTP 503: not now" in "\n".join(map(message, running.errors))
            assert len(two.subscriptions) == 2
            log.publish(created(7))
            read_until_stored(running, database, 8)
            while database["coverage"].count_documents({"to": None}):
                assert running.process.poll() is None
            log.publish(created(8))
            spool = data_folder / ".data/demo/spool"
            while not (any(each.stat().st_size for each in spool.glob(".*.open")) or len(posts(database)) > 8):
                assert running.process.poll() is None
            running.signal(signal.SIGKILL)
            assert running.end() == -signal.SIGKILL
        log.publish(created(9))
        log.publish(deleted(0))
        with job(data_folder, *JOB, **settings, **at(one, two)) as running:
            wait_until(running, lambda: numbers(database) == list(range(1, 10)))  # what was deleted is gone
            log.publish(created(10))
            wait_until(running, lambda: numbers(database) == list(range(1, 11)))
            running.stop()
    assert numbers(database) == list(range(1, 11))
    assert database["dead_letters"].count_documents({}) == 0
    assert sum(batch["duplicates"] for batch in database["batches"].find()) >= 3
    assert all(cursor is not None for cursor in [*one.cursors[1:], *two.cursors])
    gaps = list(database["coverage"].find(sort=[("from", 1)]))
    causes = " | ".join(gap["cause"] for gap in gaps)
    for cause in ("broke", "nothing came for 30 s", "the job died"):
        assert cause in causes
    assert {gap["recovered"] for gap in gaps if gap["from"] < gap["to"]} == {"backfilled"}
    said = "\n".join(map(message, running.errors))
    assert "cursor=" in said
    assert not_as_described(database) == []


def test_what_a_host_has_no_more_is_lost_and_what_it_still_has_is_backfilled(
    data_folder: Path, settings: dict[str, str], database: Documents
) -> None:
    log = EventLog()
    now = log.now_us()
    with JetstreamHost(log=log) as host:
        with job(data_folder, *JOB, **settings, **at(host)) as running:
            until_connected(running)
            log.publish(created(0), now - 40 * MINUTE_US)
            read_until_stored(running, database, 1)
            running.stop()
        # As if the job had been away for all that time.
        died = datetime.fromtimestamp(now / 1e6, UTC) - timedelta(minutes=40)
        database["leases"].update_one({"_id": "demo"}, {"$set": {"last_alive": died}})
        log.publish(created(1), now - 30 * MINUTE_US)
        left = log.publish(created(2), now - 20 * MINUTE_US)
        log.forget_before(left)
        log.publish(created(3), now - 10 * MINUTE_US)
        code, errors = run(data_folder, *JOB, "--available-now", "--idle-seconds", "11", **settings, **at(host))
        assert code == 0, errors
    assert numbers(database) == [0, 2, 3]
    lost, backfilled = database["coverage"].find({"cause": "the job was stopped"}, sort=[("from", 1)])
    assert (lost["recovered"], backfilled["recovered"]) == ("lost", "backfilled")
    found = datetime.fromtimestamp(left // 1_000 / 1_000, UTC)
    assert abs(lost["to"].replace(tzinfo=UTC) - found) < timedelta(milliseconds=2)
    assert lost["to"] == backfilled["from"]


def test_the_filter_keeps_what_it_is_asked_for_and_who_is_gone_takes_every_post_along(
    data_folder: Path, settings: dict[str, str], database: Documents
) -> None:
    log = EventLog()
    with JetstreamHost(log=log) as host:
        wanted = {"languages": "en,ja", "keywords": "covid"}
        with job(data_folder, *JOB, **settings, **wanted, **at(host)) as running:
            until_connected(running)
            for number, (text, lang) in enumerate([("flu", "en"), ("covid", "de"), ("COVID!", "en"), ("covid", "ja")]):
                log.publish(created(number, text, langs=[lang]))
            log.publish(created(4, "covid", did="did:plc:b"))
            log.publish(created(5, "covid", did="did:plc:c"))
            log.publish(gone("did:plc:c", "deactivated"))
            read_until_stored(running, database, 4)
            assert numbers(database) == [2, 3, 4, 5]
            log.publish(gone("did:plc:a"))
            log.publish(created(6, "covid again"))
            log.publish(gone("did:plc:b", "takendown"))
            wait_until(running, lambda: numbers(database) == [5, 6])
            running.stop()
    assert database["dead_letters"].count_documents({}) == 0
    entries = list(database["batches"].find())
    sums = {name: sum(each[name] for each in entries) for name in ("posts", "deletions", "filtered")}
    assert sums == {"posts": 2, "deletions": 2, "filtered": 3}
    assert sum(each.get("forgotten", 0) for each in entries) == 3
    assert not_as_described(database) == []


def test_without_a_host_the_job_says_so_and_what_plays_one(
    data_folder: Path, settings: dict[str, str], database: Documents
) -> None:
    away = {"bluesky_url": f"ws://127.0.0.1:{free_port()}", "start_timeout_seconds": "1"}
    code, errors = run(data_folder, *JOB, **settings, **away)
    assert code == 3
    assert "Connection refused" in errors[-1]
    assert "manage.py feed --file demo/tweets.txt" in errors[-1]
    (said,) = (message(line) for line in errors if "feed away" in message(line))
    assert "trying one host after the other" in said
    assert posts(database) == []
