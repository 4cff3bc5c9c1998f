"""What the dashboard asks is answered by MongoDB as it is promised: bounded, and of committed batches only."""

from datetime import timedelta
from typing import Any

import pytest

from dashboard.queries.batches import MOST_BATCHES, MOST_TIMES, last_batches, series, totals
from dashboard.queries.posts import LATEST, counted, latest_posts
from ledger.asked import Asked
from ledger.health import health, jobs
from ledger.losses import gaps, reasons
from tests.conftest import Documents
from tests.filled import BEGIN, Filling, fill, gap

ALL = Asked("covid")
MINUTE = timedelta(minutes=1)


def take_back(database: Documents, batch_id: int) -> None:
    database["batches"].update_one({"batch_id": batch_id}, {"$set": {"state": "planned", "committed_at": None}})


def test_a_batch_that_is_not_committed_is_in_nothing_but_the_job_s_health(database: Documents) -> None:
    fill(database, Filling(batches=3, posts=20, dead_letters=3))
    take_back(database, 2)
    found = totals(database, ALL)
    assert found is not None
    assert (found.batches, found.posts, found.dead_letters) == (2, 40, 6)
    assert [batch["timestamp"] for batch in last_batches(database, ALL)] == [found.last, found.first]
    assert len(series(database, ALL, found).times) == 2
    assert max(post["created_at"] for post in latest_posts(database, ALL)) < found.last
    assert counted(database, ALL).posts == 40
    assert sum(reason.letters for reason in reasons(database, ALL)) == 6
    assert [planned.number for planned in health(database, "covid", BEGIN).planned] == [2]


def test_a_range_has_its_begin_and_not_its_end(database: Documents) -> None:
    fill(database, Filling(batches=6, posts=5, seconds=60))
    found = totals(database, Asked("covid", BEGIN + MINUTE, BEGIN + 3 * MINUTE))
    assert found is not None
    assert (found.batches, found.first, found.last) == (2, BEGIN + MINUTE, BEGIN + 2 * MINUTE)
    assert totals(database, Asked("covid", BEGIN + 6 * MINUTE)) is None
    assert totals(database, Asked("nobody")) is None


def test_many_batches_are_added_up_by_the_server(database: Documents) -> None:
    fill(database, Filling(batches=1, posts=3))
    (entry,) = database["batches"].find()
    more = range(1, MOST_BATCHES + 1)
    entries = [
        {**entry, "_id": f"q:{n}", "timestamp": BEGIN + n * timedelta(seconds=20), "lag_seconds": n} for n in more
    ]
    database["batches"].insert_many(entries)
    found = totals(database, ALL)
    assert found is not None
    drawn = series(database, ALL, found)
    assert drawn.step_seconds == 300
    assert len(drawn.times) <= MOST_TIMES + 1
    assert sum(time.posts for time in drawn.times) == 3 * (MOST_BATCHES + 1)
    assert max(time.lag_seconds or 0 for time in drawn.times) == MOST_BATCHES


def test_the_latest_posts_come_from_all_parts_and_long_ones_are_cut(database: Documents) -> None:
    fill(database, Filling(batches=2, posts=2 * LATEST, parts=3))
    newest = database["micro_batches"].find({"batch_id": 1})
    written = sorted((post for document in newest for post in document["content"]), key=lambda post: post["created_at"])
    expected = [post["text"] for post in reversed(written[-LATEST:])]
    assert [post["text"] for post in latest_posts(database, ALL)] == expected
    database["micro_batches"].update_many({}, {"$set": {"content.$[].text": "x" * 5_000}})
    first = latest_posts(database, ALL)[0]
    assert (len(first["text"]), first["characters"]) == (600, 5_000)


def test_gaps_that_reach_into_the_range_are_found_the_newest_first(database: Documents) -> None:
    for begin, end in ((0, 2), (1, 5), (8, 9), (3, None)):
        gap(database, "covid", "kafka", BEGIN + begin * MINUTE, None if end is None else BEGIN + end * MINUTE)
    gap(database, "other", "kafka", BEGIN, None)
    found = gaps(database, Asked("covid", BEGIN + 4 * MINUTE, BEGIN + 8 * MINUTE))
    assert [(each.since - BEGIN) / MINUTE for each in found] == [3, 1]
    assert len(gaps(database, ALL)) == 4


def test_a_dead_letter_that_was_requeued_no_longer_waits(database: Documents) -> None:
    fill(database, Filling(batches=2, posts=1, dead_letters=3))
    database["dead_letters"].update_one({"problem": "not_json"}, {"$set": {"requeued_at": BEGIN}})
    waiting = {reason.problem: (reason.letters, reason.waiting) for reason in reasons(database, ALL)}
    assert waiting == {"not_utf8": (2, 2), "not_a_post": (2, 2), "not_json": (2, 1)}


@pytest.mark.parametrize(
    ("lease", "state"),
    [
        ({"state": "held", "heartbeat": BEGIN - timedelta(seconds=20)}, "running"),
        ({"state": "held", "heartbeat": BEGIN - timedelta(seconds=20), "stop_requested": True}, "stopping"),
        ({"state": "held", "heartbeat": BEGIN - timedelta(seconds=31)}, "silent"),
        ({"state": "expired"}, "silent"),
        ({"state": "released"}, "stopped"),
    ],
)
def test_how_a_job_is_is_told_by_its_lease(database: Documents, lease: dict[str, Any], state: str) -> None:
    fill(database, Filling(batches=4, seconds=40, posts=1))
    database["leases"].update_one({"_id": "covid"}, {"$set": lease})
    found = health(database, "covid", BEGIN)
    assert (found.state, found.host, found.usual_seconds) == (state, "localhost", 40)
    database["leases"].delete_one({"_id": "covid"})
    assert health(database, "covid", BEGIN).state == "unknown"


def test_jobs_are_those_of_leases_and_batches_the_one_alive_last_first(database: Documents) -> None:
    fill(database, Filling(job="old", query="a", posts=1))
    fill(database, Filling(job="young", query="b", posts=1, begin=BEGIN + MINUTE))
    fill(database, Filling(job="bare", query="c", posts=1))
    database["leases"].delete_one({"_id": "bare"})
    database["leases"].insert_one({"_id": "requeue:old", "last_alive": BEGIN + 9 * MINUTE})
    assert jobs(database) == ("young", "old", "bare")
