"""A real YARN for tests: one ResourceManager and one NodeManager, on loopback."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.request import urlopen

from tests.servers.hadoop import Daemons, artefacts
from tests.servers.ivy import resolve
from tests.servers.ports import free_ports

# The timeline service is not among the ResourceManager's dependencies, and its web application needs a class of it.
ARTEFACTS = artefacts(
    "hadoop-common",
    "hadoop-hdfs-client",
    "hadoop-yarn-server-resourcemanager",
    "hadoop-yarn-server-nodemanager",
    "hadoop-yarn-server-timelineservice",
)
JARS = Path(__file__).parents[2] / ".cache" / "servers" / "yarn"
CLASSES = {
    "resourcemanager": "org.apache.hadoop.yarn.server.resourcemanager.ResourceManager",
    "nodemanager": "org.apache.hadoop.yarn.server.nodemanager.NodeManager",
}
SCHEDULER = "org.apache.hadoop.yarn.server.resourcemanager.scheduler.capacity.CapacityScheduler"


class Yarn:
    """`with Yarn(folder, default_fs) as yarn: …` starts and stops it; `conf` is its HADOOP_CONF_DIR.

    memory_mb: of the node, for all containers together. Logs of containers stay in the folder.
    """

    def __init__(self, work: Path, default_fs: str, memory_mb: int, jars: Path = JARS) -> None:
        self._jars = jars
        self._work = work.absolute()
        ports = iter(free_ports(8))
        settings = {
            "fs.defaultFS": default_fs,
            "yarn.resourcemanager.hostname": "127.0.0.1",
            "yarn.resourcemanager.bind-host": "127.0.0.1",
            "yarn.resourcemanager.scheduler.class": SCHEDULER,
            "yarn.resourcemanager.nodemanagers.heartbeat-interval-ms": "250",
            "yarn.resourcemanager.connect.max-wait.ms": "60000",
            "yarn.resourcemanager.connect.retry-interval.ms": "2000",
            "yarn.resourcemanager.am.max-attempts": "2",
            "yarn.scheduler.capacity.root.queues": "default",
            "yarn.scheduler.capacity.root.default.capacity": "100",
            "yarn.scheduler.capacity.maximum-am-resource-percent": "0.8",
            "yarn.scheduler.minimum-allocation-mb": "128",
            "yarn.scheduler.maximum-allocation-mb": str(memory_mb),
            "yarn.nodemanager.hostname": "127.0.0.1",
            "yarn.nodemanager.bind-host": "127.0.0.1",
            "yarn.nodemanager.collector-service.address": "127.0.0.1:0",
            "yarn.nodemanager.local-dirs": f"{self._work}/local",
            "yarn.nodemanager.log-dirs": f"{self._work}/containers",
            "yarn.nodemanager.resource.memory-mb": str(memory_mb),
            "yarn.nodemanager.resource.cpu-vcores": "8",
            # Java reserves far more address space than it touches.
            "yarn.nodemanager.vmem-check-enabled": "false",
            # A rather full disk must not take the only node away.
            "yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage": "99.0",
        }
        resource_manager = ("address", "scheduler.address", "resource-tracker.address", "admin.address")
        addresses = [f"yarn.resourcemanager.{name}" for name in (*resource_manager, "webapp.address")]
        addresses += [f"yarn.nodemanager.{name}" for name in ("address", "localizer.address", "webapp.address")]
        settings |= {name: f"127.0.0.1:{next(ports)}" for name in addresses}
        self._web = settings["yarn.resourcemanager.webapp.address"]
        self._daemons = Daemons(self._work, jars, settings)
        self.conf = self._daemons.conf

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until the node takes containers. Raises: hadoop.DaemonFailed, runtime.ivy.Unresolved."""
        resolve(ARTEFACTS, self._jars)
        self._daemons.write_settings()
        self._daemons.start(CLASSES, self._takes_containers)

    def stop(self) -> None:
        """End both daemons, and what is left of the containers."""
        self._daemons.stop()
        for process in self._processes():
            with suppress(ProcessLookupError):
                os.kill(int(process.name), signal.SIGKILL)

    def applications(self) -> dict[str, dict[str, Any]]:
        """What the ResourceManager says of each application, the newest of a name, by name."""
        listed = (self._ask("apps").get("apps") or {}).get("app", [])
        return {app["name"]: app for app in sorted(listed, key=lambda app: int(app["startedTime"]))}

    def log(self, application: str, attempt: int) -> str:
        """What the driver of that attempt wrote to its standard output; empty where there was none."""
        name = f"container_{application.removeprefix('application_')}_{attempt:02}_000001"
        file = self._work / "containers" / application / name / "stdout"
        return file.read_text() if file.is_file() else ""

    def java_lines(self, application: str) -> list[str]:
        """What Spark, in the drivers and the executors of all attempts, wrote to standard error."""
        files = (self._work / "containers" / application).glob("*/stderr")
        return [line for file in sorted(files) for line in file.read_text().splitlines()]

    def processes(self, application: str) -> dict[int, tuple[str, list[str]]]:
        """The running processes of its containers: by process id the container and the command line."""
        found = {}
        for process in self._processes():
            with suppress(OSError):
                folder = (process / "cwd").readlink()
                words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
                if folder.parent.name == application and words:
                    found[int(process.name)] = (folder.name, words)
        return found

    def _processes(self) -> Iterator[Path]:
        """Everything that works below the folder of containers."""
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if (process / "cwd").readlink().is_relative_to(self._work / "local"):
                    yield process

    def _takes_containers(self) -> bool:
        try:
            nodes = (self._ask("nodes").get("nodes") or {}).get("node", [])
        except (OSError, ValueError):
            return False
        return any(node["state"] == "RUNNING" for node in nodes)

    def _ask(self, what: str) -> dict[str, Any]:
        with urlopen(f"http://{self._web}/ws/v1/cluster/{what}", timeout=10) as answer:
            return dict(json.load(answer))
