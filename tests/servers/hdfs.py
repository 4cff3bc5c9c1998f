"""A real HDFS for tests: one NameNode and one DataNode, on loopback."""

from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.request import urlopen

from tests.servers.hadoop import Daemons, artefacts
from tests.servers.ivy import resolve
from tests.servers.ports import free_ports

ARTEFACTS = artefacts("hadoop-common", "hadoop-hdfs", "hadoop-hdfs-client")
JARS = Path(__file__).parents[2] / ".cache" / "servers" / "hdfs"
NAME_NODE = "org.apache.hadoop.hdfs.server.namenode.NameNode"
DATA_NODE = "org.apache.hadoop.hdfs.server.datanode.DataNode"


class Hdfs:
    """`with Hdfs(folder) as hdfs: …` starts and stops it; `uri` is its address. The data stay in the folder."""

    def __init__(self, work: Path, jars: Path = JARS) -> None:
        self._jars = jars
        name, self._web, *data = free_ports(5)
        self.uri = f"hdfs://127.0.0.1:{name}"
        self._data = work.absolute() / "name"
        settings = {
            "fs.defaultFS": self.uri,
            "dfs.replication": "1",
            "dfs.namenode.name.dir": f"file://{self._data}",
            "dfs.datanode.data.dir": f"file://{work.absolute()}/data",
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
        self._daemons = Daemons(work, jars, settings)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until it takes data. Raises: hadoop.DaemonFailed, runtime.ivy.Unresolved."""
        resolve(ARTEFACTS, self._jars)
        self._daemons.write_settings()
        if not self._data.exists():
            self._daemons.run("namenode", NAME_NODE, "-format", "-nonInteractive")
        self._daemons.start({"namenode": NAME_NODE, "datanode": DATA_NODE}, self._takes_data)

    def stop(self) -> None:
        """End both daemons."""
        self._daemons.stop()

    def _takes_data(self) -> bool:
        query = "qry=Hadoop:service=NameNode,name=FSNamesystemState"
        try:
            with urlopen(f"http://127.0.0.1:{self._web}/jmx?{query}", timeout=5) as answer:
                state = b"".join(answer.read().split())
        except OSError:
            return False
        return b'"FSState":"Operational"' in state and b'"NumLiveDataNodes":1' in state
