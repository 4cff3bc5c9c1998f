"""What is checked, ours or a `--plugin`'s; events that are told, and what the job makes rows of."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from errors import FixSettings
from processors.events import post_or_problem
from processors.rows import with_outcome
from tests.contract.examples.base import ProcessorExamples
from tests.contract.examples.found import examples_of
from tests.contract.plugin import FIXTURES, plugged_in, registered
from tests.streaming.fakes import EPOCH, HEARD_AT, FakeJob

_WITHIN_SECONDS = 30.0

Frame = Callable[[Sequence[bytes | None]], DataFrame]
Read = Callable[[Sequence[bytes | str]], list[dict[str, Any]]]


def pytest_addoption(parser: pytest.Parser) -> None:
    """What a plug-in of somebody else is tried with."""
    options = parser.getgroup("casestream", "the contract of casestream's plug-ins")
    options.addoption(
        "--plugin",
        action="append",
        default=[],
        metavar="package.module:Class",
        help="run over this processor (and its receiver), receiver or count provider in place of the built-in ones; "
        "may be given more than once",
    )
    options.addoption(
        "--within",
        type=float,
        default=_WITHIN_SECONDS,
        metavar="SECONDS",
        help=f"how long a check waits for what it was promised ({_WITHIN_SECONDS:g})",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Find the plug-ins before anything is collected."""
    try:
        _plugins(config)
    except FixSettings as mistakes:
        raise pytest.UsageError(str(mistakes)) from None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each check over each class of its kind."""
    for fixture, base in FIXTURES.items():
        if fixture not in metafunc.fixturenames:
            continue
        kinds = _built_in(base, metafunc.fixturenames)
        if _asked(metafunc.config):
            mine = [kind for kind in _plugins(metafunc.config) if issubclass(kind, base)]
            kinds = {f"{kind.__module__}:{kind.__qualname__}": kind for kind in mine}
        metafunc.parametrize(fixture, kinds.values(), ids=kinds.keys(), scope="module")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With a plug-in, its checks alone."""
    if not _asked(config):
        return
    chosen = set(_plugins(config))
    is_check = [bool(chosen.intersection(_kinds_of(item))) for item in items]
    config.hook.pytest_deselected(items=[item for item, is_one in zip(items, is_check, strict=True) if not is_one])
    items[:] = [item for item, is_one in zip(items, is_check, strict=True) if is_one]


def _plugins(config: pytest.Config) -> list[type]:
    """The classes of `--plugin`. Raises FixSettings."""
    return [kind for place in _asked(config) for kind in plugged_in(place)]


def _built_in(base: type, fixtures: Sequence[str]) -> dict[str, type]:
    """Those of ours that a check with these fixtures is about."""
    kinds = registered(base)
    if "case" in fixtures:
        return {name: kind for name, kind in kinds.items() if "http" in getattr(kind, "schemes", ())}
    if "lived" in fixtures:  # tests/streaming/test_micro_batches.py tries the job that all have who push
        return {
            name: kind for name, kind in kinds.items() if getattr(examples_of(kind, ProcessorExamples), "publish", None)
        }
    return kinds


def _asked(config: pytest.Config) -> list[str]:
    # Where other tests are asked for too, pytest finds this file too late for its options: they cannot be given then.
    return list(config.getoption("plugin", []))


def _kinds_of(item: pytest.Item) -> list[type]:
    given = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    kinds = [given.get(name) for name in FIXTURES]
    return [kind for kind in kinds if isinstance(kind, type)]


@pytest.fixture
def within(pytestconfig: pytest.Config) -> float:
    """How long a check waits for what it was promised, in seconds."""
    return float(pytestconfig.getoption("within", _WITHIN_SECONDS))


@pytest.fixture(scope="session")
def events(spark: SparkSession) -> Frame:
    """A frame as `read_stream` gives it, the number of each event for its origin."""

    def make(values: Sequence[bytes | None]) -> DataFrame:
        rows = [(value, str(number), HEARD_AT) for number, value in enumerate(values)]
        return spark.createDataFrame(rows, "value BINARY, origin STRING, received_at TIMESTAMP")

    return make


@pytest.fixture
def read(events: Frame, tmp_path: Path, spark: SparkSession) -> Read:
    """What `events.post_or_problem` makes of events: for each its post's fields, or `{"problem": …}`."""
    settings = FakeJob(spark, tmp_path).settings

    def outcomes(values: Sequence[bytes | str]) -> list[dict[str, Any]]:
        frame = events([value.encode() if isinstance(value, str) else value for value in values])
        return [outcome(row) for row in ordered(with_outcome(frame, post_or_problem, settings))]

    return outcomes


def ordered(rows: DataFrame) -> list[Row]:
    """Rows in the order of their events; `created_at` beside the post, in milliseconds."""
    created_at = F.unix_millis(F.col("post.created_at")).alias("created_at")
    return sorted(rows.select("*", created_at).collect(), key=lambda row: int(row["origin"]))


def outcome(row: Row) -> dict[str, Any]:
    """One of the five shapes, checked: a post, a problem, a removal, a post in the place of another, or nothing."""
    there = {name for name in ("post", "problem", "removes") if row[name] is not None}
    assert there in ({"post"}, {"problem"}, {"removes"}, {"post", "removes"}, set()), row
    assert row["filtered"] == (not there), row
    if "post" not in there:
        return {name: row[name] for name in there}
    post: dict[str, Any] = row["post"].asDict(recursive=True)
    return post | {"created_at": EPOCH + timedelta(milliseconds=row["created_at"])}
