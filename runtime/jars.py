"""The jars that the job adds to Spark's own: the MongoDB connector and the Kafka source.

`python -m runtime.jars` fetches them into this environment, once; sessions then start without asking the network.
"""

import os
import re
import sys
from pathlib import Path

from pyspark.version import __version__

from runtime.ivy import Artefact, Unresolved, complete, pyspark_jars
from runtime.ivy import resolve as resolve_artefacts
from runtime.java import VERSION, find_java_home

_SCALA = "2.12" if __version__.startswith("3.") else "2.13"  # what pyspark's own jars are made for
PACKAGES = (
    f"org.mongodb.spark:mongo-spark-connector_{_SCALA}:10.5.0",
    "org.mongodb:mongodb-driver-sync:5.6.5",  # the connector's own 5.1 takes twice as long to make BSON of a document
    f"org.apache.spark:spark-sql-kafka-0-10_{_SCALA}:{__version__}",
)
ARTEFACTS = tuple(Artefact(*package.split(":")) for package in PACKAGES)
JARS = Path(sys.prefix, "jars")


def resolve(java_home: Path, into: Path = JARS) -> list[Path]:
    """PACKAGES and what they need, without the jars that pyspark ships already; nothing to do if they are there.

    About 10 s with an empty cache. Raises what `runtime.ivy.resolve` raises.
    """
    shipped = {name_of(jar) for jar in pyspark_jars().glob("*.jar")}
    return resolve_artefacts(ARTEFACTS, into, java_home, keep=lambda jar: name_of(jar) not in shipped)


def class_path(folder: Path = JARS) -> list[Path] | None:
    """The jars that `resolve` left; None if it has not run here for these PACKAGES: Spark must fetch them itself."""
    return complete(ARTEFACTS, folder)


def name_of(jar: Path) -> str:
    """The file's name without version and classifier: another version of a jar that pyspark ships must not come too."""
    return re.sub(r"-\d[^-]*(-\w+)*\.jar$", "", jar.name)


def main() -> int:
    """Fetch what is missing; the exit code is 0 when everything is there."""
    java_home = find_java_home(os.environ)
    if java_home is None:
        print(f"no Java {VERSION}: run make setup", file=sys.stderr)  # noqa: T201
        return 1
    if class_path() is None:
        print(f"jars: fetching {' and '.join(PACKAGES)} (10 s, a minute on a slow line)")  # noqa: T201
    try:
        resolve(java_home)
    except Unresolved as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
