"""An outage is told when it begins and when it ends, however often the query is tried meanwhile."""

import io
import logging

import pytest
from rich.console import Console

from case_count import CaseCount
from log_context import context
from micro_batch import BatchId, BatchPlan, Committed, Contents, LoggedBatch
from monitoring.progress import Progress
from tests.told_clock import START, ToldClock

AWAY = "ServerSelectionTimeoutError: 127.0.0.1:1: [Errno 111] Connection refused, topology {}"
BATCH = BatchId("5a27", 3)


def committed() -> Committed:
    contents = Contents(1, 0, 0, 100, "0" * 16, START)
    plan = BatchPlan(BATCH, LoggedBatch(START, ()), contents, 1, CaseCount(-1, "none", "none"))
    return Committed(plan, 1.0, {"process": 2.5}, 0.5)


def test_an_outage_is_a_line_when_it_begins_and_one_when_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    progress = Progress(Console(file=io.StringIO()), 20)
    for outage in range(2):
        for attempt in range(5):
            progress.batch_began(BATCH)
            progress.query_failed(AWAY.format(outage * 10 + attempt), 2**attempt)
        progress.batch_committed(committed())
    said = [record.message.split(" in_seconds=")[0].split(" seconds=")[0] for record in caplog.records]
    began, ended = "query failed, nothing is lost, starting again", "query stores again failures=5"
    assert said == [began, ended, began, ended]


def test_another_reason_during_an_outage_is_a_line_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    progress = Progress(Console(file=io.StringIO()), 20)
    for why in ("AutoReconnect: a", "NotPrimaryError: b", "AutoReconnect: c"):
        progress.query_failed(why, 1)
    assert [record.message.rpartition("why=")[2] for record in caplog.records] == [
        "'AutoReconnect: a'", "'NotPrimaryError: b'",
    ]  # fmt: skip


def test_who_looks_at_the_log_of_a_long_outage_finds_it_every_quarter_of_an_hour(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = ToldClock()
    progress = Progress(Console(file=io.StringIO()), 20, clock)
    for attempt in range(120):
        progress.query_failed(AWAY.format(attempt), 30)
        clock.seconds += 30
    assert [record.message.partition(" in_seconds=")[0] for record in caplog.records] == [
        "query failed, nothing is lost, starting again",
        *(f"query still fails, nothing is lost failures={30 * n + 1} seconds={900 * n}" for n in (1, 2, 3)),
    ]


def test_the_failure_of_a_batch_belongs_to_it(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[object] = []

    def hears(_: logging.LogRecord) -> bool:
        heard.append(context().get("batch_id"))
        return True

    caplog.handler.addFilter(hears)
    progress = Progress(Console(file=io.StringIO()), 20)
    progress.batch_began(BATCH)
    progress.query_failed(AWAY, 1)
    progress.query_failed("OSError: between two batches", 1)
    caplog.handler.removeFilter(hears)
    assert heard == [3, None]
