"""The MongoDB-compatible servers that everyone writes to: started here, on loopback, and ended with the bench.

memory: mongo-java-server, the fastest there is and the least in the way; it keeps everything in memory and enforces
nothing. embedded: SecantusDB, on disk, each acknowledged write flushed.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from py4j.java_gateway import GatewayParameters, JavaGateway

from bench.environments import SERVER
from bench.places import JARS
from bench.processes import module, running
from runtime.embedded import EmbeddedServer
from runtime.ivy import pyspark_jars, resolve
from runtime.java import find_java_home

_HEAP = "8g"


@contextmanager
def memory(folder: Path) -> Iterator[str]:
    """The URI of a mongo-java-server."""
    java_home = find_java_home(os.environ)
    assert java_home is not None
    jars = [*resolve(SERVER, JARS / "server", java_home), next(pyspark_jars().glob("py4j-*.jar"))]
    # By py4j's own program Java's classes are called from here: nothing need be compiled. It ends with its input.
    command = [
        str(java_home / "bin/java"),
        f"-Xms{_HEAP}",  # a heap that grows is collected whole each time, for seconds, in somebody's turn
        f"-Xmx{_HEAP}",
        "-XX:+UseParallelGC",
        "-cp",
        os.pathsep.join(map(str, jars)),
    ]
    command += ["py4j.GatewayServer", "--die-on-broken-pipe", "0"]
    folder.mkdir(parents=True, exist_ok=True)
    with (
        (folder / "server.log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log) as process,
    ):
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port, enable_memory_management=False))
            java = gateway.jvm.de.bwaldvogel.mongo
            backend = java.backend.memory.MemoryBackend().version(java.ServerVersion.MONGO_5_0)
            address = java.MongoServer(backend).bind()
            uri = f"mongodb://127.0.0.1:{address.getPort()}/?directConnection=true"
            gateway.close()
            yield uri
        finally:
            process.kill()


@contextmanager
def embedded(folder: Path) -> Iterator[str]:
    """The URI of a SecantusDB."""
    with EmbeddedServer(folder) as server:
        yield server.start()


@contextmanager
def acknowledging(folder: Path) -> Iterator[str]:
    """The URI of an ack server (`bench.ack_server`)."""
    with running(module("bench.ack_server"), folder) as program:
        while not program.output().endswith("\n"):
            try:
                program.process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
            program.wait(0)
        yield f"mongodb://127.0.0.1:{int(program.output())}/?directConnection=true"


SERVERS = {"memory": memory, "embedded": embedded}
