"""Every time in which a feed was not heard is written down, whoever was away."""

from datetime import timedelta
from typing import Any

import pytest
from pymongo.database import Database
from pymongo.errors import PyMongoError

from ledger.coverage import CoverageLog
from tests.integration.flaky import FlakyDatabase
from tests.told_clock import ToldClock

Documents = Database[dict[str, Any]]


def gaps(database: Documents) -> list[tuple[Any, Any, str]]:
    return [(gap["from"], gap["to"], gap["cause"]) for gap in database["coverage"].find(sort=[("from", 1)])]


def test_a_gap_has_its_beginning_its_end_and_its_cause(database: Documents) -> None:
    clock = ToldClock()
    coverage = CoverageLog(database, "a", "socket", clock)
    coverage.open_gap("first")
    clock.seconds = 5
    coverage.open_gap("while one is open")
    coverage.save()
    assert gaps(database) == [(clock.at(0), None, "first")]
    clock.seconds = 9
    coverage.close_gap()
    coverage.close_gap()
    clock.seconds = 10
    coverage.open_gap("second", since=clock.at(9.5))
    coverage.save()
    assert gaps(database) == [(clock.at(0), clock.at(9), "first"), (clock.at(9.5), None, "second")]
    entry = database["coverage"].find_one({"cause": "first"})
    assert entry == {
        "_id": f"a:{round(clock.at(0).timestamp() * 1000)}",
        "job": "a",
        "source": "socket",
        "from": clock.at(0),
        "to": clock.at(9),
        "cause": "first",
        "recovered": "lost",
    }


def test_gaps_while_mongodb_is_away_cost_nothing_and_are_made_good(
    database: Documents, caplog: pytest.LogCaptureFixture
) -> None:
    flaky, clock = FlakyDatabase(database), ToldClock()
    coverage = CoverageLog(flaky.typed(), "a", "socket", clock)
    flaky.is_away = True
    for number in range(3):
        clock.seconds = 10 * number
        coverage.open_gap(str(number))
        clock.seconds += 5
        coverage.close_gap()
    assert flaky.refused == 0
    coverage.save()
    coverage.save()
    assert flaky.refused == 2
    assert gaps(database) == []
    flaky.is_away = False
    coverage.save()
    assert gaps(database) == [(clock.at(10 * n), clock.at(10 * n + 5), str(n)) for n in range(3)]
    assert (
        sum("not written yet, MongoDB is away collection=coverage" in line.getMessage() for line in caplog.records) == 1
    )


def test_the_thread_writes_by_itself_and_the_end_writes_the_rest(database: Documents) -> None:
    flaky, clock = FlakyDatabase(database), ToldClock()
    coverage = CoverageLog(flaky.typed(), "a", "socket", clock)
    flaky.is_away = True
    coverage.open_gap("a")
    coverage.start()
    while flaky.refused < 1:
        assert coverage._thread.is_alive()
    flaky.is_away = False
    while not gaps(database):
        assert coverage._thread.is_alive()
    clock.seconds = 7
    coverage.close_gap()
    coverage.stop()
    assert gaps(database) == [(clock.at(0), clock.at(7), "a")]


def test_a_gap_that_a_killed_run_left_open_is_closed_by_the_next(database: Documents) -> None:
    clock = ToldClock()
    killed = CoverageLog(database, "a", "socket", clock)
    killed.open_gap("the feed went away")
    killed.save()
    clock.seconds = 100
    coverage = CoverageLog(database, "a", "socket", clock)
    coverage.adopt()
    coverage.open_gap("the job died", since=clock.at(50))
    clock.seconds = 120
    coverage.close_gap()
    coverage.save()
    assert gaps(database) == [(clock.at(0), clock.at(120), "the feed went away")]


def test_gaps_of_other_jobs_and_sources_are_left_alone(database: Documents) -> None:
    clock = ToldClock()
    for job, source in (("b", "socket"), ("a", "twitter")):
        other = CoverageLog(database, job, source, clock)
        other.open_gap("theirs")
        other.save()
        clock.seconds += 1
    coverage = CoverageLog(database, "a", "socket", clock)
    coverage.adopt()
    coverage.close_gap()
    coverage.save()
    assert [to for _, to, _ in gaps(database)] == [None, None]


def test_a_gap_that_is_open_already_is_not_forgotten_for_an_adopted_one(database: Documents) -> None:
    clock = ToldClock()
    killed = CoverageLog(database, "a", "socket", clock)
    killed.open_gap("theirs")
    killed.save()
    coverage = CoverageLog(database, "a", "socket", clock)
    coverage.open_gap("ours", since=clock.now() + timedelta(seconds=1))
    coverage.adopt()
    clock.seconds = 10
    coverage.close_gap()
    coverage.save()
    assert (clock.at(1), clock.at(10), "ours") in gaps(database)


def test_adopting_needs_the_database(database: Documents) -> None:
    flaky = FlakyDatabase(database)
    flaky.is_away = True
    with pytest.raises(PyMongoError, match="nobody answers"):
        CoverageLog(flaky.typed(), "a", "socket", ToldClock()).adopt()


def recovered(database: Documents) -> list[tuple[Any, Any, str]]:
    return [(gap["from"], gap["to"], gap["recovered"]) for gap in database["coverage"].find(sort=[("from", 1)])]


@pytest.mark.parametrize(
    ("repeated", "kept"),
    [
        (0, [(0, 90, "lost")]),
        (60, [(0, 30, "lost"), (30, 90, "backfilled")]),
        (90, [(0, 90, "backfilled")]),
        (300, [(0, 90, "backfilled")]),
    ],
)
def test_what_the_feed_repeated_of_a_gap_is_told_from_what_is_lost(
    database: Documents, repeated: float, kept: list[tuple[float, float, str]]
) -> None:
    clock = ToldClock()
    coverage = CoverageLog(database, "a", "twitter", clock)
    assert coverage.gap_seconds() == 0
    coverage.open_gap("away")
    coverage.save()
    clock.seconds = 90
    assert coverage.gap_seconds() == 90
    coverage.close_gap(repeated)
    coverage.save()
    assert coverage.gap_seconds() == 0
    assert recovered(database) == [(clock.at(begin), clock.at(end), how) for begin, end, how in kept]


def test_a_gap_that_took_no_time_is_closed_all_the_same(database: Documents) -> None:
    clock = ToldClock()
    coverage = CoverageLog(database, "a", "twitter", clock)
    for repeated in (0, 60):
        coverage.open_gap("away")
        coverage.save()
        coverage.close_gap(repeated)
    coverage.save()
    assert [gap["to"] for gap in database["coverage"].find()] == [clock.at(0)]


def test_the_part_of_a_gap_that_is_lost_for_good_is_an_entry_of_its_own(database: Documents) -> None:
    clock = ToldClock(100)
    coverage = CoverageLog(database, "a", "bluesky", clock)
    coverage.lose_until(clock.at(5))
    coverage.open_gap("away", since=clock.at(10))
    coverage.lose_until(clock.at(10))
    coverage.lose_until(clock.at(30))
    assert coverage.gap_seconds() == 70
    coverage.save()
    assert gaps(database) == [(clock.at(10), clock.at(30), "away"), (clock.at(30), None, "away")]
    coverage.close_gap(coverage.gap_seconds(), at=clock.at(90))
    coverage.save()
    assert [(gap["to"], gap["recovered"]) for gap in database["coverage"].find(sort=[("from", 1)])] == [
        (clock.at(30), "lost"),
        (clock.at(90), "backfilled"),
    ]
