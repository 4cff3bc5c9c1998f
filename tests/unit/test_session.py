"""What the JVM of a local job is told."""

import pytest

from runtime.session import _collector


@pytest.mark.parametrize("name", ["SPARK_SUBMIT_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"])
def test_a_collector_that_somebody_has_chosen_is_left_alone(name: str) -> None:
    assert _collector({name: "-Xss4m -XX:+UseZGC"}) == []


def test_java_collects_in_parallel_where_nobody_has_chosen() -> None:
    assert _collector({"SPARK_SUBMIT_OPTS": "-XX:+UseCompressedOops", "JAVA_HOME": "/opt/-XX:+UseZGC"}) == [
        "-XX:+UseParallelGC"
    ]
