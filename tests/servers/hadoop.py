"""Hadoop's daemons for tests: their settings, their Java, their birth and their end."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.servers.guard import dismiss, guard_folder
from tests.servers.ivy import Artefact, java_command, last_lines

VERSION = "3.4.2"
START_SECONDS = 180.0
STOP_SECONDS = 30.0
# Java 17 closes packages that Hadoop's injection and protobuf code reads.
OPEN = [f"--add-opens=java.base/java.{package}=ALL-UNNAMED" for package in ("lang", "util", "net", "nio")]
SITES = ("core-site.xml", "hdfs-site.xml", "yarn-site.xml", "capacity-scheduler.xml")
LOG_PROPERTIES = """
log4j.rootLogger=INFO,out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d{ISO8601} %p %c: %m%n
"""


class DaemonFailed(Exception):
    """A daemon did not start; the message ends with the last lines of the logs."""


def artefacts(*names: str) -> tuple[Artefact, ...]:
    """Hadoop's own of these names."""
    return tuple(Artefact("org.apache.hadoop", name, VERSION) for name in names)


class Daemons:
    """Daemons of one working folder; each logs to NAME.log there. All that works there dies with this process."""

    def __init__(self, work: Path, jars: Path, settings: Mapping[str, str]) -> None:
        self.work = work.absolute()
        self.conf = self.work / "conf"
        """What a client needs as HADOOP_CONF_DIR."""
        self._jars = jars
        self._settings = {"hadoop.tmp.dir": f"{self.work}/tmp", **settings}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._guard: subprocess.Popen[bytes] | None = None

    def write_settings(self) -> None:
        """For the daemons and their clients; each daemon looks only for what it knows."""
        # The published jars lack the web pages; the daemons only need the folders to exist.
        pages = ("lib/webapps/hdfs/WEB-INF", "lib/webapps/datanode/WEB-INF", "lib/webapps/static", "conf", "tmp")
        for folder in pages:
            (self.work / folder).mkdir(parents=True, exist_ok=True)
        (self.work / "lib" / "log4j.properties").write_text(LOG_PROPERTIES)
        lines = [f"<property><name>{name}</name><value>{to}</value></property>" for name, to in self._settings.items()]
        for site in SITES:
            (self.conf / site).write_text("\n".join(["<configuration>", *lines, "</configuration>"]))

    def run(self, name: str, main_class: str, *arguments: str) -> None:
        """From start to end. Raises: DaemonFailed."""
        if self._java(name, main_class, *arguments).wait(START_SECONDS):
            raise DaemonFailed(self._last_lines(name))

    def start(self, classes: Mapping[str, str], is_ready: Callable[[], bool]) -> None:
        """Start these main classes, by the names of their logs; return when all is ready. Raises: DaemonFailed."""
        self._guard = guard_folder(self.work)
        self._running = {name: self._java(name, main_class) for name, main_class in classes.items()}
        deadline = time.monotonic() + START_SECONDS
        while not is_ready():
            if any(daemon.poll() is not None for daemon in self._running.values()) or time.monotonic() > deadline:
                self.stop()
                raise DaemonFailed("\n".join(map(self._last_lines, classes)))
            time.sleep(0.2)

    def stop(self) -> None:
        """End them all."""
        for daemon in self._running.values():
            daemon.send_signal(signal.SIGTERM)
        for daemon in self._running.values():
            try:
                daemon.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait(STOP_SECONDS)
        self._running = {}
        if self._guard is not None:
            dismiss(self._guard)
            self._guard = None

    def _last_lines(self, name: str) -> str:
        return last_lines((self.work / f"{name}.log").read_text(errors="replace"))

    def _java(self, name: str, main_class: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [java_command(), "-Xmx256m", "-XX:+UseSerialGC", "-Djava.net.preferIPv4Stack=true", *OPEN]
        class_path = f"{self.conf}:{self.work / 'lib'}:{self._jars}/*"
        with (self.work / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [*command, "-cp", class_path, main_class, *arguments],
                cwd=self.work,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
