"""Batches in their order: which numbers and offsets are missing, which came twice, and which reading they belong to."""

from datetime import UTC, datetime
from typing import Any

import pytest

from operations.integrity.entries import problem
from operations.integrity.findings import MOST_OF_A_KIND, Kind, Report
from operations.integrity.ranges import Ranges
from operations.integrity.sequence import Sequence
from operations.integrity.topics import compare

AT = datetime(2026, 1, 2, tzinfo=UTC)


def entry(number: int, *ranges: tuple[int, int], query: str = "q", **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    offsets = [
        {"topic": "t", "partition": partition, "from": begin, "until": end}
        for partition, (begin, end) in enumerate(ranges)
    ]
    named = {"_id": f"{query}:{number}", "query_id": query, "batch_id": number, "timestamp": AT, "state": "committed"}
    counts = {"posts": sum(end - begin for begin, end in ranges), "dead_letters": 0, "tombstones": 0}
    return {**named, **counts, "offsets": offsets, **fields}


def followed(*entries: dict[str, Any]) -> tuple[Sequence, Report]:
    report = Report("job")
    sequence = Sequence(report)
    for each in entries:
        sequence.add(each)
    sequence.close()
    return sequence, report


def test_batches_that_follow_each_other_over_checkpoints_have_no_finding() -> None:
    sequence, report = followed(
        entry(0, (5, 10), (0, 0)), entry(1, (10, 12), (0, 7)), entry(0, (12, 13), (7, 9), query="r")
    )
    assert (report.findings, list(sequence.holes()), sequence.readings) == ([], [], 1)
    assert (sequence.partitions["t", 0].begin, sequence.partitions["t", 0].end) == (5, 13)


def test_missing_batches_are_named_from_the_first_one_on() -> None:
    _, report = followed(entry(2), entry(5), entry(0, query="r"))
    assert [(each.kind, each.where, each.found) for each in report.findings] == [
        (Kind.BATCH_MISSING, "batches/q:0", "none of the batches 0 to 1"),
        (Kind.BATCH_MISSING, "batches/q:3", "none of the batches 3 to 4"),
    ]


def test_a_range_that_was_planned_only_is_not_covered() -> None:
    sequence, _ = followed(entry(0, (0, 5)), entry(1, (5, 9), state="planned"), entry(2, (9, 12)))
    assert list(sequence.holes()) == [(("t", 0), 5, 9)]


def test_requeues_need_no_numbers_that_follow_and_no_offsets() -> None:
    requeue = entry(1_767_323_045_678, query="requeue", posts=3)
    sequence, report = followed(entry(0, (0, 5)), requeue, entry(1, (5, 9)))
    assert (report.findings, list(sequence.holes()), sequence.reading("requeue")) == ([], [], 1)


def test_a_second_reading_begins_with_a_fresh_checkpoint_that_was_told_from_start() -> None:
    told: dict[str, Any] = {"from_start": True}
    sequence, report = followed(
        entry(0, (0, 5), **told),
        entry(1, (5, 9), **told),
        entry(0, (0, 7), query="r", **told),
        entry(1, (6, 9), query="r"),
    )
    assert [sequence.reading(query) for query in ("q", "r", "unknown")] == [1, 2, 2]
    assert [(each.kind, each.where) for each in report.findings] == [
        (Kind.READ_AGAIN, "batches/r:0"),
        (Kind.OFFSETS_TWICE, "batches/r:1"),
    ]


@pytest.mark.parametrize(("posts", "lines", "is_found"), [(5, 5, False), (4, 5, True), (6, 5, True)])
def test_every_line_of_a_segment_is_an_event(posts: int, lines: int, is_found: bool) -> None:
    _, report = followed(entry(0, posts=posts, offsets=[{"segment": "s", "lines": lines}]))
    assert [each.kind for each in report.findings] == [Kind.EVENTS] * is_found


def test_compaction_leaves_fewer_events_than_offsets_and_never_more() -> None:
    assert followed(entry(0, (0, 5), posts=2))[1].findings == []
    assert [each.kind for each in followed(entry(0, (0, 5), posts=6))[1].findings] == [Kind.EVENTS]


def test_an_entry_that_was_tampered_with_is_told_before_others_trip_over_it() -> None:
    good = entry(0, (0, 5))
    assert problem(good) is None
    assert problem(entry(0, offsets=[{"from": None, "until": {"any": "JSON"}}])) is None
    for bad in (
        {"batch_id": "0"},
        {"offsets": None},
        {"offsets": [7]},
        {"offsets": [{"topic": "t", "partition": 0, "from": 1}]},
        {"offsets": [{"segment": "s"}]},
        {"state": "done"},
        {"timestamp": None},
        {"query_id": "other"},
    ):
        assert problem({**good, **bad}) is not None


def test_a_topic_is_compared_with_what_is_stored_of_it() -> None:
    stored = Ranges()
    stored.add(10, 20)
    for there, kinds in [
        ((10, 20), []),
        ((15, 20), []),
        ((15, 25), [Kind.WAITING]),
        ((30, 30), []),
        ((5, 20), [Kind.BEGINS_LATER]),
        ((10, 15), [Kind.TOPIC_SHORT]),
    ]:
        report = Report("job")
        compare({("t", 0): stored}, {("t", 0): there}, report)
        assert [each.kind for each in report.findings] == kinds
    report = Report("job")
    compare({}, {("t", 1): (0, 3), ("t", 2): (4, 4)}, report)
    assert [(each.kind, each.where) for each in report.findings] == [(Kind.WAITING, "t/1")]


def test_a_report_keeps_the_first_of_a_kind_and_counts_all_and_nothing_in_it_moves_a_terminal() -> None:
    report = Report("job")
    for number in range(MOST_OF_A_KIND + 5):
        report.add(Kind.POSTS, f"batches/{number}", "\x1b[2J\n", 1)
    report.add(Kind.GAP, "coverage/1", "a gap", "none")
    lines = report.lines()
    assert len(lines) == MOST_OF_A_KIND + 3
    assert lines[0].startswith("note: job: feed not heard")
    assert lines[1].startswith("damage: job: number of posts differs: batches/0: found \\x1b[2J\\n, expected 1: ")
    assert lines[-2] == "damage: job: number of posts differs: 5 more"
    assert lines[-1].startswith(f"job: DAMAGED, {MOST_OF_A_KIND + 5:,} findings")
    assert report.as_json()["counts"] == {"number of posts differs": MOST_OF_A_KIND + 5, "feed not heard": 1}
