"""The jars beside Spark's own, fetched by a real Ivy; only the first test of a machine needs the network."""

import os
from pathlib import Path

import pytest

from runtime import jars
from runtime.ivy import Artefact, Unresolved, pyspark_jars, resolve
from runtime.java import find_java_home

NOBODY_LISTENS = "-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=1"


@pytest.fixture(scope="session")
def java_home() -> Path:
    found = find_java_home(os.environ)
    assert found is not None
    return found


def test_there_is_no_class_path_before_the_jars_are_there(tmp_path: Path) -> None:
    assert jars.class_path(tmp_path / "none") is None


def test_the_jars_are_spark_s_packages_without_what_pyspark_ships(tmp_path: Path, java_home: Path) -> None:
    found = jars.resolve(java_home, tmp_path / "jars")
    names = {jar.name for jar in found}
    assert {"mongo-spark-connector_2.12-10.5.0.jar", "spark-sql-kafka-0-10_2.12-3.5.7.jar"} < names
    assert len(names) == 9
    assert not any(name.startswith(("scala-", "slf4j-", "hadoop-", "lz4-", "snappy-")) for name in names)
    assert sum(jar.stat().st_size for jar in found) < 20_000_000
    assert jars.class_path(tmp_path / "jars") == found


def test_a_jar_that_was_cut_short_is_fetched_again(tmp_path: Path, java_home: Path) -> None:
    first, *_ = jars.resolve(java_home, tmp_path / "jars")
    size = first.stat().st_size
    first.write_bytes(b"")
    assert jars.class_path(tmp_path / "jars") is None
    jars.resolve(java_home, tmp_path / "jars")
    assert first.stat().st_size == size


def test_jars_of_other_packages_do_not_count(tmp_path: Path, java_home: Path) -> None:
    jars.resolve(java_home, tmp_path / "jars")
    stamp = tmp_path / "jars" / "complete.json"
    stamp.write_text(stamp.read_text().replace("10.5.0", "10.4.0"))
    assert jars.class_path(tmp_path / "jars") is None


def test_without_network_ivy_is_quoted_and_the_way_out_named(
    tmp_path: Path, java_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", NOBODY_LISTENS)
    wanted = [Artefact("org.mongodb", "bson", "5.1.4")]
    with pytest.raises(Unresolved, match=r"(?s)org\.mongodb:bson:5\.1\.4.*UNRESOLVED.*JAVA_TOOL_OPTIONS"):
        resolve(wanted, tmp_path / "jars", java_home, ivy_home=tmp_path / "ivy")
    assert not (tmp_path / "jars").exists()


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("spark-sql-kafka-0-10_2.12-3.5.7.jar", "spark-sql-kafka-0-10_2.12"),
        ("json4s-core_2.12-3.7.0-M11.jar", "json4s-core_2.12"),
        ("zstd-jni-1.5.5-4.jar", "zstd-jni"),
        ("lz4-java-1.8.0.jar", "lz4-java"),
    ],
)
def test_a_jar_is_known_by_its_name_without_version(file: str, name: str) -> None:
    assert jars.name_of(Path(file)) == name


def test_every_jar_of_pyspark_has_a_name() -> None:
    assert not [jar for jar in pyspark_jars().glob("*.jar") if jars.name_of(jar).endswith(".jar")]
