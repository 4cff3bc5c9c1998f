"""YARN's cluster mode: a real ResourceManager and NodeManager, jobs by way of deploy/submit.sh, folders on HDFS."""

import json
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import Documents
from tests.integration.jobs import ROOT, manage
from tests.integration.lines_peer import LinesPeer
from tests.integration.submitted import Cluster, Submitted
from tests.servers.hdfs import Hdfs
from tests.servers.kafka import KafkaBroker
from tests.servers.yarn import Yarn

MEMORY_MB = 8_192
"""Two drivers of 1,024 and two executors of 896 run side by side; a third application still fits."""
TOPIC = "on-yarn"


@pytest.fixture(scope="module")
def yarn(tmp_path_factory: pytest.TempPathFactory, hdfs: Hdfs) -> Iterator[Yarn]:
    subprocess.run([str(ROOT / "deploy/package.sh")], check=True)
    with Yarn(tmp_path_factory.mktemp("yarn"), hdfs.uri, MEMORY_MB) as started:
        yield started


@pytest.fixture
def cluster(yarn: Yarn, tmp_path: Path) -> Cluster:
    return Cluster(yarn, tmp_path)


@pytest.fixture
def peer() -> Iterator[LinesPeer]:
    with LinesPeer() as listening:
        yield listening


@pytest.fixture
def settings(mongodb_uri: str, database: Documents) -> dict[str, str]:
    """What all jobs have in common."""
    return {
        "mongodb_uri": mongodb_uri,
        "database": database.name,
        "count_url": "http://127.0.0.1:1/",
        "trigger_seconds": "3",
        "lease_seconds": "10",
    }


@pytest.fixture
def jobs(
    cluster: Cluster, hdfs: Hdfs, kafka: KafkaBroker, peer: LinesPeer, settings: dict[str, str]
) -> Iterator[list[Submitted]]:
    """One that reads Kafka and one that listens to the peer, side by side."""
    kafka.create_topic(TOPIC, partitions=2)
    topic = {"kafka_bootstrap_servers": kafka.bootstrap, "kafka_topics": TOPIC}
    feed = {"socket_port": peer.port, "spool": f"{hdfs.uri}/feed/spool", "log_format": "json"}
    with (
        cluster.submitted("kafka", "covid", **settings, **topic, checkpoint=f"{hdfs.uri}/covid/checkpoint") as one,
        cluster.submitted("socket", "feed", **settings, **feed, checkpoint=f"{hdfs.uri}/feed/checkpoint") as other,
    ):
        yield [one, other]


def texts(database: Documents, jobname: str) -> list[str]:
    documents = database["micro_batches"].find({"job": jobname})
    return sorted(post["text"] for document in documents for post in document["content"])


def sent(first: int, end: int) -> list[str]:
    return [f"post {number:04}" for number in range(first, end)]


def events(first: int, end: int) -> list[bytes]:
    return [text.encode() for text in sent(first, end)]


def has_stored(database: Documents, jobname: str, number: int) -> bool:
    return len(texts(database, jobname)) >= number


def wait_until_all_are_stored(jobs: list[Submitted], database: Documents, number: int) -> None:
    for job in jobs:
        job.wait_until(partial(has_stored, database, job.name, number))
        assert texts(database, job.name) == sent(0, number)


def check_containers(job: Submitted, secret: str) -> None:
    """Executors run no Python, and no command line holds a secret."""
    containers = job.containers()
    pythons = {name: sum("python" in Path(words[0]).name for words in found) for name, found in containers.items()}
    (driver,) = [name for name in pythons if name.endswith("_000001")]
    assert pythons.pop(driver) == 1
    assert pythons, "there is no executor"
    assert set(pythons.values()) == {0}
    assert not [words for found in containers.values() for words in found if secret in " ".join(words)]


def check_json(job: Submitted) -> None:
    """Every line of the drivers and executors is JSON and belongs to the job: its own, and Spark's."""
    own = [json.loads(line) for line in job.log(attempt=2).splitlines()]
    assert own[-1]["event"] == "ended"
    sparks = [json.loads(line) for line in job.java_lines()]
    assert any("org.apache.spark" in line["logger"] for line in sparks)
    assert {line["job"] for line in own + sparks} == {job.name}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_jobs_survive_the_death_of_their_application_masters_and_everything_sent_is_stored_once(
    jobs: list[Submitted], kafka: KafkaBroker, peer: LinesPeer, database: Documents, mongodb_uri: str, tmp_path: Path
) -> None:
    feed = jobs[1]
    kafka.produce(TOPIC, events(0, 300))
    feed.wait_until(lambda: "feed connected" in feed.log(attempt=1))
    peer.send(b"\n".join(events(0, 300)) + b"\n")
    wait_until_all_are_stored(jobs, database, 300)
    for job in jobs:
        check_containers(job, mongodb_uri)

    for job in jobs:
        job.kill_master()
    kafka.produce(TOPIC, events(300, 600))
    feed.wait_until(lambda: "feed connected" in feed.log(attempt=2))
    peer.hang_up()
    peer.send(b"\n".join(events(300, 600)) + b"\n")
    wait_until_all_are_stored(jobs, database, 600)
    for job in jobs:
        check_containers(job, mongodb_uri)
        assert not [name for name in job.containers() if "_01_0000" in name], "the first attempt still runs"
        batches = [entry["batch_id"] for entry in database["batches"].find({"job": job.name})]
        assert sorted(batches) == list(range(len(batches))), "the second attempt began a checkpoint of its own"

    for job in jobs:
        asked = manage(tmp_path, "stop", "--jobname", job.name, "--settings-file", str(job.settings_file))
        assert asked.returncode == 0, asked.stderr
    assert [job.end() for job in jobs] == [0, 0]
    assert [job.final_status for job in jobs] == ["SUCCEEDED", "SUCCEEDED"]
    assert "ended batches=" in jobs[0].last_line(attempt=2)
    check_json(feed)
    verified = manage(tmp_path, "verify", "--settings-file", str(feed.settings_file))
    assert verified.returncode == 0, verified.stdout + verified.stderr


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_wrong_setting_is_told_before_anything_is_submitted(cluster: Cluster, settings: dict[str, str]) -> None:
    wrong = {**settings, "trigger_seconds": "soon", "checkpoint": "/var/checkpoint"}
    with cluster.submitted("kafka", "wrong", **wrong) as job:
        assert job.end() == 2
    assert {line.split()[0].split("=")[0] for line in job.said().splitlines()} == {
        *("--trigger-seconds", "--checkpoint", "--kafka-bootstrap-servers", "--kafka-topics")
    }
    assert "wrong" not in cluster.yarn.applications()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_checkpoint_of_one_machine_is_refused_in_the_last_line_of_the_applications_log(
    cluster: Cluster, settings: dict[str, str], peer: LinesPeer, hdfs: Hdfs
) -> None:
    places = {"checkpoint": "file:/var/checkpoint", "spool": f"{hdfs.uri}/refused/spool", "socket_port": peer.port}
    with cluster.submitted_unchecked("socket", "refused", **settings, **places) as job:
        assert job.end() == 1
    assert job.final_status == "FAILED"
    assert "User application exited with status 2" in job.said()
    for attempt in (1, 2):
        line = job.last_line(attempt)
        assert line.startswith("--checkpoint (CASESTREAM_CHECKPOINT)=file:/var/checkpoint: in cluster mode")
        assert "hdfs://" in line
