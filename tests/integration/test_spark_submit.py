"""The command line that people have in their scripts: spark-submit … main.py --jobname NAME --source SOURCE."""

import subprocess
import sys
from pathlib import Path

import pytest

from runtime.jars import class_path
from tests.conftest import Documents
from tests.integration.jobs import END_SECONDS, ROOT, RunningJob, environment
from tests.integration.stored import posts
from tests.servers.kafka import KafkaBroker

SPARK_SUBMIT = Path(sys.executable).with_name("spark-submit")


@pytest.mark.slow
def test_spark_submit_runs_the_job_with_the_jars_it_was_given(
    data_folder: Path, kafka: KafkaBroker, mongodb_uri: str, database: Documents
) -> None:
    kafka.create_topic("submitted")
    kafka.produce("submitted", [b"one #post", b"another"])
    jars = ",".join(str(jar) for jar in class_path() or [])
    settings = {
        "mongodb_uri": mongodb_uri,
        "database": database.name,
        "kafka_bootstrap_servers": kafka.bootstrap,
        "kafka_topics": "submitted",
        "count_url": "http://127.0.0.1:1/",
    }
    submit = (str(SPARK_SUBMIT), "--master", "local[2]", "--conf", "spark.ui.enabled=false", "--jars", jars)
    running = RunningJob(
        data_folder, ["--jobname", "submitted", "--source", "kafka", "--available-now"], settings, submit
    )
    assert running.end() == 0, running.errors
    assert sorted(post["text"] for post in posts(database)) == ["another", "one post"]


def test_under_spark_submit_too_wrong_settings_are_told_at_once_with_code_2(data_folder: Path) -> None:
    done = subprocess.run(
        [str(SPARK_SUBMIT), "--master", "local[1]", str(ROOT / "main.py"), "--source", "carrier-pigeon"],
        cwd=data_folder,
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=END_SECONDS,
        check=False,
    )
    said = done.stdout + done.stderr  # spark-submit puts both of Python's into its own standard output
    told = [line for line in said.splitlines() if line.startswith("--")]
    assert [name for line in told for name in ("--jobname", "--source") if line.startswith(name)] == [
        "--jobname",
        "--source",
    ]
    assert len(told) == 2
    assert "Traceback" not in said
    assert done.returncode == 2


def test_with_a_master_elsewhere_the_places_that_have_no_default_there_are_asked_for(data_folder: Path) -> None:
    arguments = ("--jobname", "far", "--source", "kafka", "--kafka-topics", "t", "--kafka-bootstrap-servers", "h:1")
    done = subprocess.run(
        [str(SPARK_SUBMIT), "--master", "spark://127.0.0.1:1", str(ROOT / "main.py"), *arguments],
        cwd=data_folder,
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=END_SECONDS,
        check=False,
    )
    told = [line.split()[0] for line in (done.stdout + done.stderr).splitlines() if " is missing: " in line]
    assert told == ["CASESTREAM_MONGODB_URI", "--checkpoint"]
    assert done.returncode == 2
