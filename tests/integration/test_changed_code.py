"""A source whose code was changed between a crash and the replay."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Documents
from tests.integration.crash_checks import assert_each_is_stored_once, assert_ledger_is_complete, is_settled
from tests.integration.crash_events import Event
from tests.integration.crash_points import Point
from tests.integration.crash_scenarios import KafkaScenario
from tests.integration.held_jobs import held_job, wait_until
from tests.integration.jobs import job
from tests.servers.count_page import CountPage
from tests.servers.kafka import KafkaBroker

SOURCE = """
from pyspark.sql import Column
from pyspark.sql import functions as F

from processors.events import post_or_problem
from processors.kafka import KafkaProcessor


class Telegrams(KafkaProcessor):
    def process(self, event: Column) -> Column:
        return post_or_problem({expression})
"""
ARGUMENTS = ("--jobname", "wire", "--source", "telegrams:Telegrams", "--trigger-seconds", "1", "--lease-seconds", "1")
LIMITS = {"max_event_bytes": "2000", "max_document_bytes": "16000"}
TELEGRAMS = [f"TELEGRAM {number} STOP" for number in range(100)]
SHORT, LONG = "F.lower(event)", "F.repeat(event, 20)"
SOME = """F.when(event.rlike("[05] STOP$"), F.lit('{"no": "text"}')).otherwise(F.lower(event))"""


def version(folder: Path, expression: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install this version of the source for the next start."""
    folder.mkdir()
    (folder / "telegrams.py").write_text(SOURCE.format(expression=expression))
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)


@pytest.mark.faults
@pytest.mark.parametrize(
    ("point", "old", "new", "stored"),
    [
        (Point.HALF_STORED, LONG, SHORT, str.lower),
        (Point.STORED, SOME, LONG, lambda telegram: telegram * 20),
    ],
    ids=["fewer-parts", "more-parts-and-no-dead-letters"],
)
def test_a_batch_that_changed_code_writes_anew_keeps_no_part_of_the_old_attempt(
    data_folder: Path,
    kafka: KafkaBroker,
    mongodb_uri: str,
    database: Documents,
    monkeypatch: pytest.MonkeyPatch,
    point: Point,
    old: str,
    new: str,
    stored: Callable[[str], str],
) -> None:
    scenario, home = KafkaScenario(kafka), data_folder / ".data/wire"
    scenario.send([Event(telegram.encode(), telegram) for telegram in TELEGRAMS])
    with CountPage() as page:
        settings = {"mongodb_uri": mongodb_uri, "database": database.name, "count_url": page.url}
        settings |= scenario.settings | LIMITS
        version(data_folder / "old", old, monkeypatch)
        with held_job(data_folder, ARGUMENTS, settings, point) as held:
            held.arm()
            held.wait_for_the_point()
            held.die()
        left = list(database["micro_batches"].find())
        planned = database["batches"].find_one({"state": "planned"})
        assert planned is not None
        assert len(left) > 1
        assert database["dead_letters"].count_documents({}) == planned["dead_letters"] * (point is Point.STORED)

        page.number += 1
        version(data_folder / "new", new, monkeypatch)
        with job(data_folder, *ARGUMENTS, **settings) as running:
            wait_until(running, lambda: is_settled(database, home, len(TELEGRAMS)))
    assert_each_is_stored_once(database, [Event(b"", stored(telegram)) for telegram in TELEGRAMS])
    assert_ledger_is_complete(database)
    (entry,) = database["batches"].find()
    assert entry["parts"] != planned["parts"]
    assert entry["content_hash"] != planned["content_hash"]
    assert entry["total_case_count"] == planned["total_case_count"]
    assert {each["total_case_count"] for each in database["micro_batches"].find()} == {entry["total_case_count"]}
    assert database["dead_letters"].count_documents({}) == 0
