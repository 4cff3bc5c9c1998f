"""The archive of classes that `make setup` has made is what Java starts from."""

import os
from pathlib import Path
from typing import Any, cast

import pytest
from pyspark.sql import SparkSession

from runtime import class_archive
from runtime.java import find_java_home


@pytest.fixture(scope="session")
def java_home() -> Path:
    found = find_java_home(os.environ)
    assert found is not None
    return found


def test_spark_runs_from_the_archive(spark: SparkSession, java_home: Path) -> None:
    process = cast(Any, spark.sparkContext._jvm).java.lang.ProcessHandle.current().pid()
    assert str(class_archive.archive(java_home)) in Path(f"/proc/{process}/maps").read_text()


def test_where_there_is_no_archive_java_is_told_of_none(java_home: Path, tmp_path: Path) -> None:
    assert class_archive.options(java_home, tmp_path) == []
    class_archive.archive(java_home, tmp_path).touch()
    assert class_archive.options(java_home, tmp_path) != []


def test_each_java_has_an_archive_of_its_own(java_home: Path, tmp_path: Path) -> None:
    (tmp_path / "release").write_text('JAVA_VERSION="17.0.1"')
    assert class_archive.archive(tmp_path, tmp_path) != class_archive.archive(java_home, tmp_path)
