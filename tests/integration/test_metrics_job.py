"""A running job's metrics are what the database says, and it is ready while it can read and write."""

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from ledger.database import connect
from monitoring.definitions import CHECKS, DEFINITIONS
from runtime.embedded import EmbeddedServer
from runtime.server_process import ServerProcess
from tests.conftest import Documents
from tests.integration.jobs import RunningJob, is_committed, job, message
from tests.integration.stored import posts
from tests.servers.count_page import CountPage
from tests.servers.kafka import KafkaBroker
from tests.servers.scrape import Endpoint, Scraped

PASSWORD = "a-secret-that-nobody-may-see"
GOOD, PER_BATCH = 400, 150
BAD = [b"\xff\xfe", b'{"text": "half', b'{"no": "text"}', b"[1]"]


class Running(NamedTuple):
    process: RunningJob
    endpoint: Endpoint
    database: Documents
    server: ServerProcess
    scraped: list[Scraped]
    """Meanwhile, the last one when all was stored."""


def says(words: str) -> Callable[[str], bool]:
    return lambda line: words in message(line)


def url_of(line: str) -> str:
    return message(line).partition("url=")[2].removesuffix("/metrics")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, kafka: KafkaBroker) -> Iterator[Running]:
    """A job that has stored what was sent to its topic, in several batches, and goes on."""
    folder, topic = tmp_path_factory.mktemp("metrics"), f"posts-{uuid4().hex[:8]}"
    kafka.create_topic(topic, partitions=2)
    kafka.produce(topic, [*(b"post %d" % number for number in range(GOOD)), *BAD, None], partition=0)
    with EmbeddedServer(folder / "mongodb") as embedded, CountPage() as page:
        uri = embedded.start()
        settings = {
            "mongodb_uri": uri,
            "kafka_sasl_password": PASSWORD,
            "kafka_bootstrap_servers": kafka.bootstrap,
            "kafka_topics": topic,
            "kafka_max_offsets_per_trigger": str(PER_BATCH),
            "count_url": page.url,
            "metrics_port": "0",
        }
        arguments = ("--jobname", "covid", "--source", "kafka", "--trigger-seconds", "1")
        with job(folder, *arguments, **settings) as process, (database := connect(uri, "casestream")).client:
            endpoint = Endpoint(url_of(process.read_until(says("metrics url="))))
            assert endpoint.get("/healthz").status == 200
            early = endpoint.get("/readyz")
            assert (early.status, early.json["checks"]) == (503, {"query": "the job is starting"})
            scraped: list[Scraped] = []
            while not scraped or scraped[-1].value("casestream_events_total") < GOOD + len(BAD) + 1:
                process.read_until(is_committed)
                scraped += [endpoint.scrape()]
            while scraped[-1].by("casestream_kafka_offsets_behind") != [0]:  # Spark has still to put it on the disk
                scraped += [endpoint.scrape()]
            server = ServerProcess.read(folder / "mongodb")
            assert server is not None
            yield Running(process, endpoint, database, server, scraped)
            process.stop()


def entries(database: Documents) -> list[dict[str, Any]]:
    return list(database["batches"].find(sort=[("batch_id", 1)]))


def test_every_counter_is_the_sum_of_what_the_ledger_says_and_every_gauge_its_last_word(running: Running) -> None:
    stored, seen = entries(running.database), running.scraped[-1]
    last = stored[-1]
    assert len(stored) >= 3
    for name in ("posts", "tombstones", "deletions", "edits", "filtered", "forgotten", "duplicates"):
        assert seen.value(f"casestream_{name}_total") == sum(entry[name] for entry in stored), name
    assert seen.value("casestream_posts_total", jobname="covid", source="kafka") == len(posts(running.database)) == GOOD
    assert seen.value("casestream_batches_total") == len(stored)
    assert seen.value("casestream_documents_total") == running.database["micro_batches"].count_documents({})
    assert seen.value("casestream_post_bytes_total") == sum(entry["bytes"] for entry in stored)
    assert seen.value("casestream_batch_seconds_total") == pytest.approx(sum(entry["seconds"] for entry in stored))
    assert seen.value("casestream_last_batch_seconds") == last["seconds"]
    assert seen.value("casestream_lag_seconds") == last["lag_seconds"]
    for phase in ("process", "documents", "dead_letters", "plan", "count"):
        milliseconds = sum(entry["spans"].get(phase, 0) for entry in stored)
        assert seen.value("casestream_batch_phase_seconds_total", phase=phase) == pytest.approx(milliseconds / 1000)
    assert seen.value("casestream_last_commit_timestamp_seconds") == pytest.approx(
        last["committed_at"].timestamp(), abs=5
    )
    assert seen.value("casestream_replayed_batches_total") == seen.value("casestream_query_failures_total") == 0


def test_dead_letters_are_counted_by_reason(running: Running) -> None:
    letters = Counter(each["problem"] for each in running.database["dead_letters"].find())
    seen = {
        each.labels["reason"]: each.value
        for each in running.scraped[-1].samples
        if each.name == "casestream_dead_letters_total" and each.value
    }
    assert seen == letters
    assert sum(seen.values()) == len(BAD)


def test_count_lease_and_lag_are_those_of_the_database_and_of_the_broker(running: Running) -> None:
    seen, last = running.scraped[-1], entries(running.database)[-1]
    lease = running.database["leases"].find_one({"_id": "covid"})
    assert lease is not None
    assert seen.value("casestream_case_count") == last["total_case_count"] == 704_753_890
    assert seen.value("casestream_case_count_status", status=last["case_count"]["status"]) == 1
    assert sum(seen.by("casestream_case_count_status")) == 1
    assert seen.value("casestream_case_count_fetched_timestamp_seconds") == last["case_count"]["fetched_at"].timestamp()
    assert [flag for flag in ("stale", "fell") if seen.value("casestream_case_count_flag", flag=flag)] == ["stale"]
    assert seen.value("casestream_lease_held") == 1
    assert seen.value("casestream_lease_period_seconds") == lease["period_seconds"]
    assert seen.value("casestream_lease_heartbeat_timestamp_seconds") <= lease["heartbeat"].timestamp()
    behind = [value for each in running.scraped for value in each.by("casestream_kafka_offsets_behind")]
    assert max(behind) >= PER_BATCH
    assert behind[-1] == 0


def test_every_series_is_one_of_the_table_with_its_labels_and_none_holds_a_secret(running: Running) -> None:
    known = {each.name: {"jobname", "source", *each.labels} for each in DEFINITIONS}
    ours = [each for each in running.scraped[-1].samples if not each.name.startswith(("process_", "python_"))]
    assert {each.name for each in ours} <= known.keys()
    assert all(each.labels.keys() == known[each.name] for each in ours)
    assert {each.name for each in ours} >= {each.name for each in DEFINITIONS if each.kind == "counter"}
    for path in ("/metrics", "/readyz", "/healthz"):
        assert PASSWORD not in running.endpoint.get(path).text


def test_a_job_whose_mongodb_stands_still_is_alive_and_not_ready_until_it_goes_on(running: Running) -> None:
    endpoint = running.endpoint
    got = endpoint.get("/readyz")
    assert got.status == 200, got.text
    ready = got.json
    assert (ready["ready"], ready["jobname"], set(ready["checks"].values())) == (True, "covid", {"well"})
    assert set(ready["checks"]) <= set(CHECKS)

    os.kill(running.server.pid, signal.SIGSTOP)
    try:
        running.process.read_until(says("not ready check=mongodb"))
        got = endpoint.get("/readyz")
        assert got.status == 503
        assert "no answer within 2 s" in got.json["checks"]["mongodb"]
        assert endpoint.get("/healthz").status == 200
        seen = endpoint.scrape()
        assert (seen.value("casestream_ready", check="mongodb"), seen.value("casestream_alive")) == (0, 1)
    finally:
        os.kill(running.server.pid, signal.SIGCONT)
    running.process.read_until(says("ready again check=mongodb"))
    assert endpoint.scrape().value("casestream_ready", check="mongodb") == 1
