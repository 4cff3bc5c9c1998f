"""What the bench needs beyond `make setup-dev`: fetched once, into .cache/bench.

`python -m bench.environments`: the peers' Python environment, an older pymongo beside the job's own, the jars of the
servers and of Kafka Connect. A minute the first time, nothing afterwards.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bench.places import CACHE, JARS, JOB_PYTHON, OLD_PYMONGO, PEERS_PYTHON
from runtime.ivy import Artefact, Unresolved, resolve
from runtime.java import VERSION, find_java_home

_PYMONGO = "pymongo==4.15.5"
_PEERS = ("quixstreams[mongodb]==3.28.1", "orjson==3.13.0", _PYMONGO)
_WITHOUT_VERSION_CHECK = ("--quiet", "--disable-pip-version-check")

SERVER = (Artefact("de.bwaldvogel", "mongo-java-server", "1.47.0"),)
CONNECT = (
    Artefact("org.apache.kafka", "connect-runtime", "4.3.1"),
    Artefact("org.apache.kafka", "connect-json", "4.3.1"),
    Artefact("org.mongodb.kafka", "mongo-kafka-connect", "2.0.1"),
    Artefact("org.apache.avro", "avro", "1.12.0"),
)


def prepare(java_home: Path) -> None:
    """Fetch what is missing. Raises subprocess.CalledProcessError, Unresolved."""
    CACHE.mkdir(parents=True, exist_ok=True)
    _once(OLD_PYMONGO, (_PYMONGO,), _into_a_folder)
    _once(PEERS_PYTHON.parents[1], _PEERS, _into_an_environment)
    resolve(SERVER, JARS / "server", java_home)
    resolve(CONNECT, JARS / "connect", java_home)


def _once(folder: Path, packages: tuple[str, ...], install: Callable[[Path, tuple[str, ...]], None]) -> None:
    stamp = folder / "packages.txt"
    wanted = "\n".join(packages)
    if not stamp.is_file() or stamp.read_text() != wanted:
        print(f"bench: installing {', '.join(packages)}")
        install(folder, packages)
        stamp.write_text(wanted)


def _into_a_folder(folder: Path, packages: tuple[str, ...]) -> None:
    options = [*_WITHOUT_VERSION_CHECK, "--no-deps", "--upgrade", "--target", str(folder)]
    subprocess.run([str(JOB_PYTHON), "-m", "pip", "install", *options, *packages], check=True)


def _into_an_environment(folder: Path, packages: tuple[str, ...]) -> None:
    subprocess.run([str(JOB_PYTHON), "-m", "venv", "--clear", str(folder)], check=True)
    subprocess.run([str(PEERS_PYTHON), "-m", "pip", "install", *_WITHOUT_VERSION_CHECK, *packages], check=True)


def main() -> int:
    """The exit code is 0 when everything is there."""
    java_home = find_java_home(os.environ)
    if java_home is None:
        print(f"no Java {VERSION}: run make setup", file=sys.stderr)
        return 1
    try:
        prepare(java_home)
    except (subprocess.CalledProcessError, Unresolved) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
