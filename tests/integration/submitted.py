"""Jobs in YARN's cluster mode: submitted as people do it, and looked at from outside."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.ivy import pyspark_jars
from tests.integration.jobs import ROOT, environment
from tests.servers.yarn import Yarn

DIST = ROOT / "dist"
WAIT_SECONDS = 400
MASTER = "org.apache.spark.deploy.yarn.ApplicationMaster"
# Small containers on loopback, and Spark's own jars where they lie, which saves a minute of copying.
OPTIONS = (
    *("--driver-memory", "640m", "--conf", "spark.driver.memoryOverhead=384m"),
    *("--executor-memory", "512m", "--num-executors", "1"),
    *("--conf", "spark.yarn.appMasterEnv.SPARK_LOCAL_IP=127.0.0.1"),
    *("--conf", "spark.executorEnv.SPARK_LOCAL_IP=127.0.0.1"),
    *("--conf", f"spark.yarn.jars=local:{pyspark_jars()}/*"),
)


class Submitted:
    """A submission; its spark-submit lives as long as its application."""

    def __init__(self, yarn: Yarn, name: str, folder: Path) -> None:
        """folder: the settings file, and what submit.sh and spark-submit say."""
        self.name = name
        self.settings_file = folder / f"{name}.env"
        self._yarn = yarn
        self._said = folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def application(self) -> str:
        """YARN's id of it; empty before there is one."""
        return str(self._yarn.applications().get(self.name, {}).get("id", ""))

    @property
    def final_status(self) -> str:
        """YARN's."""
        return str(self._yarn.applications()[self.name]["finalStatus"])

    def start(self, *command: str) -> None:
        """Run this command, which submits it."""
        with self._said.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self._said.parent,
                env={**environment({}), "HADOOP_CONF_DIR": str(self._yarn.conf), "SPARK_LOCAL_IP": "127.0.0.1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """SIGKILL to spark-submit, where it still runs."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def kill_master(self) -> None:
        """SIGKILL to the Java process that is YARN's application master and Spark's driver."""
        (master,) = [id for id, (_, words) in self._yarn.processes(self.application).items() if MASTER in words]
        os.kill(master, signal.SIGKILL)

    def containers(self) -> dict[str, list[list[str]]]:
        """The command lines that run in each container."""
        found: dict[str, list[list[str]]] = {}
        for container, words in self._yarn.processes(self.application).values():
            found.setdefault(container, []).append(words)
        return found

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Fails with what was said where the job ends before, or takes too long."""
        assert self._process is not None
        deadline = time.monotonic() + WAIT_SECONDS
        while not is_so():
            assert self._process.poll() is None, self._story()
            assert time.monotonic() < deadline, self._story()
            time.sleep(0.5)

    def end(self) -> int:
        """Wait for the end; the exit code of submit.sh, which is spark-submit's."""
        assert self._process is not None
        try:
            return self._process.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            raise AssertionError(self._story()) from None

    def said(self) -> str:
        """What submit.sh and spark-submit wrote."""
        return self._said.read_text()

    def log(self, attempt: int) -> str:
        """What the driver of that attempt wrote; empty where there was none."""
        return self._yarn.log(self.application, attempt)

    def java_lines(self) -> list[str]:
        """What Spark wrote, in the drivers and executors of all attempts."""
        return self._yarn.java_lines(self.application)

    def last_line(self, attempt: int) -> str:
        """Of the driver's log."""
        return self.log(attempt).splitlines()[-1]

    def _story(self) -> str:
        return "\n".join(text[-4_000:] for text in (self.said(), self.log(1), self.log(2)))


class Cluster:
    """Where jobs are submitted to, from a folder."""

    def __init__(self, yarn: Yarn, folder: Path) -> None:
        self.yarn = yarn
        self._folder = folder

    @contextmanager
    def submitted(self, source: str, jobname: str, **settings: str) -> Iterator[Submitted]:
        """A job by way of deploy/submit.sh."""
        job = self._job(jobname, settings)
        with _until_left(job, str(ROOT / "deploy/submit.sh"), source, jobname, str(job.settings_file), *OPTIONS):
            yield job

    @contextmanager
    def submitted_unchecked(self, source: str, jobname: str, **settings: str) -> Iterator[Submitted]:
        """The same without submit.sh, which would not submit it."""
        job = self._job(jobname, settings)
        with _until_left(
            job,
            *("spark-submit", "--master", "yarn", "--deploy-mode", "cluster", "--name", jobname, *OPTIONS),
            *("--files", str(job.settings_file), "--py-files", str(DIST / "casestream.zip")),
            *("--archives", f"{DIST / 'environment.tar.gz'}#environment"),
            *("--conf", "spark.yarn.appMasterEnv.PYSPARK_PYTHON=./environment/bin/python"),
            *(str(DIST / "main.py"), "--jobname", jobname, "--source", source),
            *("--settings-file", job.settings_file.name),
        ):
            yield job

    def _job(self, jobname: str, settings: dict[str, str]) -> Submitted:
        job = Submitted(self.yarn, jobname, self._folder)
        lines = [f"CASESTREAM_{name.upper()}={value}\n" for name, value in settings.items()]
        job.settings_file.touch(0o600)
        job.settings_file.write_text("".join(lines))
        return job


@contextmanager
def _until_left(job: Submitted, *command: str) -> Iterator[None]:
    job.start(*command)
    try:
        yield
    finally:
        job.kill()
