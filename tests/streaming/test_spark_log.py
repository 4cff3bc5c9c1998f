"""Spark's own lines are written as the job's: one line, UTC, JSON where JSON is wanted, a traceback within it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

import runtime

AT = datetime(2026, 11, 22, 19, 36, 20, 5_000, tzinfo=UTC)
SAID = 'it said "no" \\ and\n\ttwo'


def pattern(name: str) -> str:
    lines = (Path(runtime.__file__).with_name(name)).read_text().splitlines()
    (found,) = [line.partition(" = ")[2] for line in lines if line.startswith("appender.console.layout.pattern")]
    return found


def written(spark: SparkSession, pattern: str, thrown: str | None = None) -> str:
    """A warning as log4j writes it."""
    jvm: Any = spark._jvm
    log4j = jvm.org.apache.logging.log4j
    event = log4j.core.impl.Log4jLogEvent.newBuilder().setLoggerName("org.apache.Spark").setLevel(log4j.Level.WARN)
    event = event.setMessage(log4j.message.SimpleMessage(SAID)).setTimeMillis(round(AT.timestamp() * 1000))
    if thrown is not None:
        event = event.setThrown(jvm.java.lang.IllegalStateException(thrown))
    layout = log4j.core.layout.PatternLayout.newBuilder().withPattern(pattern).build()
    return str(layout.toSerializable(event.build()))


@pytest.mark.parametrize("thrown", [None, 'a "reason"\nof two lines'])
def test_json_is_one_object_a_line_whatever_is_in_it(spark: SparkSession, thrown: str | None) -> None:
    line = written(spark, pattern("log4j2-json.properties").replace("${sys:casestream.job:-}", "covid"), thrown)
    assert line.index("\n") == len(line) - 1
    told = json.loads(line)
    exception = told.pop("exception")
    assert told == {
        "time": AT.isoformat(timespec="milliseconds"), "level": "warning", "logger": "org.apache.Spark",
        "event": SAID, "job": "covid",
    }  # fmt: skip
    assert exception.lstrip().startswith(f"java.lang.IllegalStateException: {thrown}" if thrown else "")
    assert bool(exception) == bool(thrown)


def test_text_is_as_the_job_s_own_lines(spark: SparkSession) -> None:
    line = written(spark, pattern("log4j2.properties"))
    assert line == f"{AT.isoformat(timespec='milliseconds')} warning org.apache.Spark: {SAID}\n"


def test_both_say_the_same_of_what_is_logged() -> None:
    rules = [
        [line for line in Path(runtime.__file__).with_name(name).read_text().splitlines() if line.startswith("logger.")]
        for name in ("log4j2.properties", "log4j2-json.properties")
    ]
    assert rules[0] == rules[1] != []
