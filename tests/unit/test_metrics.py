"""What is counted of a batch, and what of it Prometheus is shown."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from case_count import CaseCount
from micro_batch import BatchId, BatchPlan, Committed, Contents, LoggedBatch
from monitoring import definitions as of
from monitoring.batch_metrics import BatchMetrics
from monitoring.kafka_lag import offsets_behind
from monitoring.metrics import Metrics
from tests.servers.scrape import Scraped
from tests.told_clock import START, ToldClock

BATCH = BatchId("query", 0)
CONTENTS = Contents(
    posts=5,
    dead_letters=4,
    tombstones=1,
    bytes=900,
    content_hash="0" * 16,
    newest_received_at=START,
    forgotten=2,
    deletions=3,
    edits=1,
    filtered=6,
    duplicates=4,
    problems={"not_json": 3},
)
COUNT = CaseCount(700, "cached", "who", START, START, ("stale",))


def committed(contents: Contents = CONTENTS, count: CaseCount = COUNT, *, is_replay: bool = False) -> Committed:
    logged = LoggedBatch(START, ({"segment": "a", "duplicates": 2}, {"segment": "b", "duplicates": 5}))
    spans = {"process": 250.0, "of_my_own": 500.0, "and_another": 1_000.0}
    return Committed(BatchPlan(BATCH, logged, contents, 2, count), 2.5, spans, 7.5, is_replay)


class Told:
    """Metrics that are told of batches."""

    def __init__(self) -> None:
        self.metrics = Metrics("covid", "socket")
        self.batches = BatchMetrics(self.metrics, ToldClock(10))

    def seen(self) -> Scraped:
        return Scraped(self.metrics.text()[0].decode())


def test_counters_stand_at_0_from_the_start_for_every_value_of_their_labels_and_gauges_are_not_there() -> None:
    seen = Told().seen()
    for each in of.DEFINITIONS:
        found = seen.by(each.name, jobname="covid", source="socket")
        expected = math.prod(len(values) for values in each.labels.values()) if each.kind == "counter" else 0
        assert found == [0] * expected, each.name


def test_a_batch_counts_what_it_held_and_two_count_twice_of_it() -> None:
    told = Told()
    for _ in range(2):
        told.batches.batch_committed(committed())
    seen = told.seen()
    expected = {
        "events": 21, "posts": 5, "tombstones": 1, "forgotten": 2, "deletions": 3, "edits": 1, "filtered": 6,
        "duplicates": 11, "documents": 2, "post_bytes": 900, "batch_seconds": 2.5, "batches": 1, "replayed_batches": 0,
    }  # fmt: skip
    assert {name: seen.value(f"casestream_{name}_total") for name in expected} == {
        name: 2 * number for name, number in expected.items()
    }
    assert seen.value("casestream_last_commit_timestamp_seconds") == ToldClock(10).now().timestamp()
    assert seen.value("casestream_lag_seconds") == 7.5
    assert seen.value("casestream_last_batch_events") == 21


def test_reasons_and_phases_that_are_in_no_list_are_counted_as_other() -> None:
    told = Told()
    told.batches.batch_committed(committed())
    told.metrics.add(of.DEAD_LETTERS, 1, reason="a reason of somebody's own")
    seen = told.seen()
    assert seen.value("casestream_dead_letters_total", reason="not_json") == 3
    assert seen.value("casestream_dead_letters_total", reason="other") == 2
    assert seen.value("casestream_batch_phase_seconds_total", phase="process") == 0.25
    assert seen.value("casestream_batch_phase_seconds_total", phase="other") == 1.5
    assert len(seen.by("casestream_dead_letters_total")) == len(of.REASONS)


def test_batches_that_spark_gives_again_are_counted_whether_they_were_committed_or_not() -> None:
    told = Told()
    told.batches.batch_skipped(BATCH)
    told.batches.batch_committed(committed(is_replay=True))
    told.batches.query_failed("MongoDB is away", 1)
    seen = told.seen()
    assert seen.value("casestream_replayed_batches_total") == 2
    assert seen.value("casestream_batches_total") == seen.value("casestream_query_failures_total") == 1


def test_the_count_has_one_status_and_no_number_where_none_is_known() -> None:
    told = Told()
    told.batches.batch_committed(committed())
    seen = told.seen()
    assert seen.value("casestream_case_count") == 700
    assert seen.value("casestream_case_count_flag", flag="stale") == 1
    assert seen.value("casestream_case_count_as_of_timestamp_seconds") == START.timestamp()

    told.batches.batch_committed(committed(count=CaseCount(-1, "unparsed", "who")))
    seen = told.seen()
    assert math.isnan(seen.value("casestream_case_count"))
    assert {status for status in of.STATUSES if seen.value("casestream_case_count_status", status=status)} == {
        "unparsed"
    }
    assert sum(seen.by("casestream_case_count_flag")) == 0
    assert seen.by("casestream_case_count_as_of_timestamp_seconds") == []


def test_a_batch_without_events_leaves_the_lag_as_it_was() -> None:
    told = Told()
    told.batches.batch_committed(committed())
    told.batches.batch_committed(replace(committed(), lag_seconds=None))
    assert told.seen().value("casestream_lag_seconds") == 7.5


def progress(end: Any, latest: Any, description: str = "KafkaV2[Subscribe[a,b]]") -> Mapping[str, Any]:  # noqa: ANN401
    sources = [{"description": description, "endOffset": end, "latestOffset": latest}]
    return {"timestamp": "2026-01-02T00:00:05.000Z", "sources": sources}


@pytest.mark.parametrize(
    ("said", "behind"),
    [
        (progress({"a": {"0": 5, "1": 7}, "b": {"0": 1}}, {"a": {"0": 9, "1": 7}, "b": {"0": 1}}), {"a": 4, "b": 0}),
        (progress({"a": {"0": 5}}, {"a": {"0": 5, "1": 3}}), {"a": 3}),  # a partition that was added since
        (progress({"a": {"0": 5}}, {"a": {"0": 2}}), {"a": 0}),  # a topic that was made anew
        (progress(None, None), {}),  # nothing was ever read
        (progress({"logOffset": 3}, None, "FileStreamSource[file:/spool]"), {}),
    ],
)
def test_the_offsets_behind_are_those_of_spark_s_last_word(said: Mapping[str, Any], behind: dict[str, int]) -> None:
    assert offsets_behind(said) == behind
    told = Told()
    told.batches.progressed(said)
    seen = told.seen()
    assert {topic: seen.value("casestream_kafka_offsets_behind", topic=topic) for topic in behind} == behind
    assert seen.value("casestream_last_progress_timestamp_seconds") == START.timestamp() + 5
