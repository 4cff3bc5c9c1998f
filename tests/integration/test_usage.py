"""What an account was given is counted over restarts, by all its jobs."""

from datetime import date
from typing import Any

import pytest
from pymongo.database import Database

from ledger.usage import UsageLog
from tests.integration.flaky import FlakyDatabase
from tests.told_clock import ToldClock

Documents = Database[dict[str, Any]]
TODAY, FIRST = date(2026, 1, 2), date(2026, 1, 1)


def started(database: Documents, clock: ToldClock, job: str = "a", account: str | None = "hash") -> UsageLog:
    usage = UsageLog(database, job, "twitter", account, clock)
    usage.start()
    return usage


def test_posts_are_counted_by_day_over_restarts(database: Documents) -> None:
    clock = ToldClock()
    usage = started(database, clock)
    usage.add(3)
    usage.add(4)
    assert usage.posts(TODAY) == 7
    usage.stop()
    assert database["usage"].find_one() == {
        "_id": "hash:2026-01-02:a",
        "account": "hash",
        "day": "2026-01-02",
        "job": "a",
        "source": "twitter",
        "posts": 7,
        "updated_at": clock.now(),
    }
    clock.seconds = 86_400
    again = started(database, clock)
    assert (again.posts(FIRST), again.posts(date(2026, 1, 3))) == (7, 0)
    again.add(1)
    assert (again.posts(FIRST), again.posts(date(2026, 1, 3))) == (8, 1)
    again.stop()


def test_jobs_of_one_account_add_up_and_other_accounts_do_not(database: Documents) -> None:
    clock = ToldClock()
    for job, account in (("a", "hash"), ("b", "hash"), ("c", "other")):
        usage = started(database, clock, job, account)
        usage.add(10)
        usage.stop()
    usage = started(database, clock, "d")
    assert usage.posts(TODAY) == 20
    usage.stop()


def test_a_new_month_begins_at_nothing(database: Documents) -> None:
    clock = ToldClock()
    usage = started(database, clock)
    usage.add(5)
    usage.stop()
    clock.seconds = 31 * 86_400
    again = started(database, clock)
    assert again.posts(date(2026, 2, 1)) == 0
    again.stop()


def test_posts_counted_while_mongodb_is_away_are_written_once_when_it_is_back(
    database: Documents, caplog: pytest.LogCaptureFixture
) -> None:
    flaky = FlakyDatabase(database)
    usage = UsageLog(flaky.typed(), "a", "twitter", "hash", ToldClock())
    flaky.is_away = True
    usage.add(2)
    assert not usage.save()
    assert not usage.save()
    assert flaky.refused == 2
    assert len(caplog.messages) == 1
    flaky.is_away = False
    assert usage.save()
    assert usage.save()
    assert [entry["posts"] for entry in database["usage"].find()] == [2]
    assert caplog.messages[1:] == ["written again, MongoDB is back collection=usage"]


def test_without_an_account_nothing_is_written(database: Documents) -> None:
    usage = started(database, ToldClock(), account=None)
    usage.add(1)
    usage.stop()
    assert database["usage"].count_documents({}) == 0
