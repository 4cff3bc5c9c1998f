"""What the JVM of a local job is told, and what is told of one that does not start."""

from pathlib import Path

import pytest

from errors import CannotStart
from runtime.session import _collector, open_session


@pytest.mark.parametrize("name", ["SPARK_SUBMIT_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"])
def test_a_collector_that_somebody_has_chosen_is_left_alone(name: str) -> None:
    assert _collector({name: "-Xss4m -XX:+UseZGC"}) == []


def test_java_collects_in_parallel_where_nobody_has_chosen() -> None:
    assert _collector({"SPARK_SUBMIT_OPTS": "-XX:+UseCompressedOops", "JAVA_HOME": "/opt/-XX:+UseZGC"}) == [
        "-XX:+UseParallelGC"
    ]


def test_a_java_that_ends_at_once_is_told_of_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java = tmp_path / "java/bin/java"
    java.parent.mkdir(parents=True)
    java.write_text("#!/bin/sh\necho 'no room for a heap of 2 GB' >&2\nexit 1\n")
    java.chmod(0o755)
    (tmp_path / "java/release").write_text('JAVA_VERSION="17.0.1"\n')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "java"))
    monkeypatch.setenv("SPARK_SUBMIT_OPTS", "")  # it is put back afterwards
    (tmp_path / "spark.log").write_text("of a former run\n")
    with pytest.raises(CannotStart) as told:
        open_session("covid", tmp_path)
    assert "no room for a heap of 2 GB" in str(told.value)
    assert str(tmp_path / "spark.log") in str(told.value)
    assert "of a former run" not in str(told.value)
