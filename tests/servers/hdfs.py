"""A real HDFS for tests: one NameNode and one DataNode, on loopback."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.request import urlopen

from tests.servers.ivy import Artefact, java_command, last_lines, resolve

VERSION = "3.4.2"
ARTEFACTS = tuple(
    Artefact("org.apache.hadoop", name, VERSION) for name in ("hadoop-common", "hadoop-hdfs", "hadoop-hdfs-client")
)
JARS = Path(__file__).parents[2] / ".cache" / "servers" / "hdfs"
START_SECONDS = 120.0
STOP_SECONDS = 30.0
DAEMON = "org.apache.hadoop.hdfs.server.{0}.{1}"
# Java 17 closes packages that Hadoop's injection and protobuf code reads.
OPEN = [f"--add-opens=java.base/java.{package}=ALL-UNNAMED" for package in ("lang", "util", "net", "nio")]

LOG_PROPERTIES = """
log4j.rootLogger=INFO,out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d{ISO8601} %p %c: %m%n
"""


class HdfsFailed(Exception):
    """HDFS did not start; the message ends with the last lines of a log."""


class Hdfs:
    """`with Hdfs(folder) as hdfs: …` starts and stops it; `uri` is its address. The data stay in the folder."""

    def __init__(self, work: Path, jars: Path = JARS) -> None:
        self._work = work.absolute()
        self._jars = jars
        self._daemons: list[subprocess.Popen[bytes]] = []
        name, self._web, *data = _free_ports(5)
        self.uri = f"hdfs://127.0.0.1:{name}"
        self._settings = {
            "fs.defaultFS": self.uri,
            "hadoop.tmp.dir": f"{self._work}/tmp",
            "dfs.replication": "1",
            "dfs.namenode.name.dir": f"file://{self._work}/name",
            "dfs.datanode.data.dir": f"file://{self._work}/data",
            "dfs.namenode.rpc-address": f"127.0.0.1:{name}",
            "dfs.namenode.http-address": f"127.0.0.1:{self._web}",
            "dfs.datanode.hostname": "127.0.0.1",
            "dfs.datanode.address": f"127.0.0.1:{data[0]}",
            "dfs.datanode.ipc.address": f"127.0.0.1:{data[1]}",
            "dfs.datanode.http.address": f"127.0.0.1:{data[2]}",
            "dfs.namenode.datanode.registration.ip-hostname-check": "false",
            "dfs.namenode.safemode.extension": "0",
            "dfs.permissions.enabled": "false",
        }

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until it takes data. Raises: HdfsFailed, runtime.ivy.Unresolved."""
        resolve(ARTEFACTS, self._jars)
        self._write_settings()
        if not (self._work / "name").exists():
            made = self._java("namenode", "NameNode", "-format", "-nonInteractive")
            if made.wait(START_SECONDS):
                raise HdfsFailed(last_lines((self._work / "namenode.log").read_text(errors="replace")))
        self._daemons = [self._java("namenode", "NameNode"), self._java("datanode", "DataNode")]
        deadline = time.monotonic() + START_SECONDS
        while not self._takes_data():
            if any(daemon.poll() is not None for daemon in self._daemons) or time.monotonic() > deadline:
                self.stop()
                logs = [(self._work / f"{name}.log").read_text(errors="replace") for name in ("namenode", "datanode")]
                raise HdfsFailed("\n".join(map(last_lines, logs)))
            time.sleep(0.2)

    def stop(self) -> None:
        """End both daemons."""
        for daemon in self._daemons:
            daemon.send_signal(signal.SIGTERM)
        for daemon in self._daemons:
            try:
                daemon.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait(STOP_SECONDS)
        self._daemons = []

    def _write_settings(self) -> None:
        # The published jars lack the web pages; the daemons only need the folders to exist.
        for pages in ("webapps/hdfs/WEB-INF", "webapps/datanode/WEB-INF", "webapps/static", "tmp"):
            (self._work / pages).mkdir(parents=True, exist_ok=True)
        (self._work / "log4j.properties").write_text(LOG_PROPERTIES)
        lines = [
            f"<property><name>{name}</name><value>{value}</value></property>" for name, value in self._settings.items()
        ]
        text = "\n".join(["<configuration>", *lines, "</configuration>"])
        for name in ("core-site.xml", "hdfs-site.xml"):
            (self._work / name).write_text(text)

    def _java(self, package: str, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [java_command(), "-Xmx256m", "-XX:+UseSerialGC", "-Djava.net.preferIPv4Stack=true", *OPEN]
        class_path = os.pathsep.join([str(self._work), f"{self._jars}/*"])
        with (self._work / f"{package}.log").open("ab") as log:
            return subprocess.Popen(
                [*command, "-cp", class_path, DAEMON.format(package, name), *arguments],
                cwd=self._work,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _takes_data(self) -> bool:
        query = "qry=Hadoop:service=NameNode,name=FSNamesystemState"
        try:
            with urlopen(f"http://127.0.0.1:{self._web}/jmx?{query}", timeout=5) as answer:
                state = b"".join(answer.read().split())
        except OSError:
            return False
        return b'"FSState":"Operational"' in state and b'"NumLiveDataNodes":1' in state


def _free_ports(number: int) -> list[int]:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports
