"""What all kinds of tests share: a Spark session and a MongoDB for each worker of a run, a database for each test."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pymongo.database import Database
from pyspark.sql import SparkSession

from ledger.database import connect
from runtime.session import open_session
from tests.seed import VARIABLE, seed
from tests.servers.mongodb import mongodb

Documents = Database[dict[str, Any]]

for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
    del os.environ[name]  # every address of the tests is loopback


def pytest_report_header() -> str:
    """What runs a failure again."""
    return f"{VARIABLE}={seed()}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest file comes first: of two workers none is left alone with it at the end."""
    items.sort(key=lambda item: item.path.name != "test_yarn.py")


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """The session that a job has, with a local master."""
    session = open_session("tests", tmp_path_factory.mktemp("spark"))
    yield session
    session.stop()


@pytest.fixture(scope="session")
def mongodb_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running MongoDB-compatible server."""
    with mongodb(tmp_path_factory.mktemp("mongodb")) as uri:
        yield uri


@pytest.fixture
def database(mongodb_uri: str) -> Iterator[Documents]:
    """An empty database, dropped afterwards."""
    opened = connect(mongodb_uri, f"test_{uuid4().hex[:12]}")
    with opened.client:
        yield opened
        opened.client.drop_database(opened.name)


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder of the test's own, so that `.data` is."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
