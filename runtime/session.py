"""The Spark session of a job: under `spark-submit` the submitter's, otherwise one of our own on this machine."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast

from py4j.java_gateway import JavaGateway
from py4j.protocol import Py4JError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkRuntimeError
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from errors import CannotStart
from runtime import class_archive
from runtime.ivy import last_lines
from runtime.jars import PACKAGES, class_path
from runtime.java import VERSION, find_java_home
from runtime.trust import trust

# What the job relies on, whoever submits it.
_RULES = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "false",  # no event may fail a task
    "spark.sql.json.enablePartialResults": "true",  # a field of a wrong type costs that field only
    "spark.sql.legacy.timeParserPolicy": "CORRECTED",
    "spark.sql.legacy.codingErrorAction": "true",  # Spark 4: bytes that are no UTF-8 fail no task
    "spark.sql.streaming.noDataMicroBatches.enabled": "false",
    "spark.sql.codegen.maxFields": "400",  # an event of X has more fields than the 100 up to which Spark compiles
    "spark.sql.codegen.hugeMethodLimit": "8000",  # Java compiles no method that is longer: it would be interpreted
    "spark.sql.redaction.options.regex": "(?i)url|uri|password|jaas",
}
_LOCAL = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "2g",
    # What the user interface shows, and keeps in memory, by default of a thousand batches.
    "spark.sql.ui.retainedExecutions": "20",
    "spark.ui.retainedJobs": "100",
    "spark.ui.retainedStages": "100",
    "spark.ui.retainedTasks": "1000",
}
_COLLECTOR = "-XX:+UseParallelGC"  # a quarter more events per second than with Java's default, in 2 GB
_JAVA_OPTIONS = ("SPARK_SUBMIT_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")
_LOG_RULES = {
    "text": Path(__file__).with_name("log4j2.properties"),
    "json": Path(__file__).with_name("log4j2-json.properties"),
}
_MOST_SHUFFLE_PARTITIONS = 64


def is_submitted() -> bool:
    """Whether `spark-submit` started this process."""
    return "PYSPARK_GATEWAY_PORT" in os.environ


def is_local() -> bool:
    """Whether Spark's master is this very machine."""
    return not is_submitted() or _submitted_with("spark.master", "local[*]").startswith("local")


def is_in_cluster() -> bool:
    """Whether this is a driver in Spark's cluster mode: the next attempt of it may run on another machine."""
    return is_submitted() and _submitted_with("spark.submit.deployMode", "client") == "cluster"


def open_session(
    jobname: str, log_folder: Path, ca_file: str | None = None, log_format: Literal["text", "json"] = "text"
) -> SparkSession:
    """The session; a JVM of our own logs to `spark.log` in the folder.

    ca_file: see `trust.trust`. log_format: of `spark.log`; who submits chooses that of a cluster (docs/logs.md). Raises
    CannotStart where there is no Java, where it does not start, with the end of its log, and as `trust` does; OSError
    where the folder cannot be written to.
    """
    if is_submitted():
        session = SparkSession.builder.getOrCreate()
    else:
        session = SparkSession(_local_context(jobname, log_folder, log_format))
    if ca_file is not None:
        trust(session, ca_file)
    session.sparkContext.setLogLevel("WARN")
    for name, value in _RULES.items():
        session.conf.set(name, value)
    if session.conf.get("spark.sql.shuffle.partitions") == "200":
        # The checkpoint pins it at its first batch (Spark 3.5, OffsetSeqMetadata), and the default of 200 makes small
        # batches three times slower.
        partitions = min(session.sparkContext.defaultParallelism, _MOST_SHUFFLE_PARTITIONS)
        session.conf.set("spark.sql.shuffle.partitions", str(partitions))
    return session


def is_alive(session: SparkSession) -> bool:
    """Whether the JVM answers and its context still runs."""
    try:
        return not cast(Any, session.sparkContext._jsc).sc().isStopped()
    except (Py4JError, OSError):
        return False


def close_session(session: SparkSession) -> None:
    """End the session, where there is still one."""
    if is_alive(session):
        session.stop()


def _submitted_with(name: str, default: str) -> str:
    """What `spark-submit` was told."""
    SparkContext._ensure_initialized()  # connects to its JVM, without which SparkConf is empty; starts no Spark
    return SparkConf().get(name) or default


def _collector(environ: Mapping[str, str]) -> list[str]:
    """Java starts with one garbage collector only: ours, unless somebody has chosen."""
    chosen = " ".join(environ.get(name, "") for name in _JAVA_OPTIONS)
    return [] if re.search(r"-XX:\+Use\w+GC\b", chosen) else [_COLLECTOR]


def _local_context(jobname: str, log_folder: Path, log_format: str) -> SparkContext:
    java_home = find_java_home(os.environ)
    if java_home is None:
        raise CannotStart(f"there is no Java {VERSION}: run `make setup`, or set JAVA_HOME to one")
    # spark-submit, which pyspark calls, reads both.
    os.environ["JAVA_HOME"] = str(java_home)
    log_rules = [f"-Dlog4j2.configurationFile={_LOG_RULES[log_format].as_uri()}", f'"-Dcasestream.job={jobname}"']
    options = [*_collector(os.environ), *class_archive.options(java_home), *log_rules]
    options.append(os.environ.get("SPARK_SUBMIT_OPTS", ""))
    os.environ["SPARK_SUBMIT_OPTS"] = " ".join(options)
    log_folder.mkdir(parents=True, exist_ok=True)
    conf = SparkConf().setAppName(jobname).setAll(list(_LOCAL.items())).setIfMissing("spark.master", "local[*]")
    jars = class_path()
    if jars is None:
        conf.set("spark.jars.packages", ",".join(PACKAGES))
    else:
        conf.set("spark.driver.extraClassPath", os.pathsep.join(map(str, jars)))
    return SparkContext(conf=conf, gateway=_gateway(conf, log_folder / "spark.log"))


def _gateway(conf: SparkConf, log: Path) -> JavaGateway:
    with log.open("ab") as output:
        begin = output.tell()
        # A session of its own: a signal to our process group must not end the JVM in mid-batch.
        options = {"start_new_session": True, "stdout": output, "stderr": output}
        try:
            gateway: JavaGateway = launch_gateway(conf, options)  # type: ignore[no-untyped-call]
        except PySparkRuntimeError as error:
            said = last_lines(log.read_bytes()[begin:].decode(errors="replace"))
            raise CannotStart(f"Spark's Java ended before it had begun; log: {log}\n{said}") from error
    return gateway
