"""One job that is killed at a point with a batch in hand, and started again."""

import signal
from pathlib import Path

from tests.conftest import Documents
from tests.integration.crash_checks import (
    Remains,
    assert_died_at,
    assert_each_is_stored_once,
    assert_ledger_is_complete,
    assert_replay_changed_nothing,
    is_settled,
)
from tests.integration.crash_events import MAX_EVENT_BYTES, Event
from tests.integration.crash_points import Point
from tests.integration.held_jobs import held_job, wait_until
from tests.integration.jobs import job
from tests.integration.scenario import Scenario
from tests.servers.count_page import CountPage

BEFORE, IN_HAND, AFTER = range(30), range(30, 130), range(130, 150)
REPEATED = 10
Events = tuple[list[Event], list[Event]]


class Crash:
    """One job, killed at a point and started again. events: those that are stored before, those that it has in hand."""

    def __init__(
        self,
        folder: Path,
        scenario: Scenario,
        uri: str,
        database: Documents,
        page: CountPage,
        events: Events | None = None,
    ) -> None:
        self._folder = folder
        self.home = folder / ".data/covid"
        self._scenario = scenario
        self._database = database
        self._page = page
        self._arguments = ("--jobname", "covid", "--source", scenario.source, "--trigger-seconds", "1")
        self._settings = {
            "mongodb_uri": uri,
            "database": database.name,
            "count_url": page.url,
            "lease_seconds": "1",
            "max_event_bytes": str(MAX_EVENT_BYTES),
            "max_document_bytes": str(8 * MAX_EVENT_BYTES),
            **scenario.settings,
        }
        self.before, self.in_hand = events or (
            [scenario.event(number) for number in BEFORE],
            [scenario.event(number) for number in IN_HAND],
        )
        self._after = [scenario.event(number) for number in AFTER]

    def assert_survives(self, point: Point) -> None:
        """Killed there and started again, it has stored every event once."""
        remains = self.die_at(point)
        assert_died_at(point, remains)
        self.start_again(remains)
        self.assert_each_is_stored_once(remains)
        assert_replay_changed_nothing(self._database, remains)

    def die_at(self, point: Point) -> Remains:
        """Store some events, and die with the next in hand; what is left then."""
        with held_job(self._folder, self._arguments, self._settings, point) as held:
            self._scenario.send(self.before)
            wait_until(held, lambda: is_settled(self._database, self.home, len(self.before)))
            held.arm()
            self._scenario.send(self.in_hand)
            held.wait_for_the_point()
            held.die()
        self._scenario.job_died()
        return Remains(self._database, self.home)

    def start_again(self, remains: Remains, repeated: int = REPEATED) -> None:
        """The feed sends what was not handed over, which is new to the job, and more; wait until all is stored.

        repeated: how many posts the feed sends again first, where it is one that repeats.
        """
        self._page.number += 1
        unheard = [event for event in self.in_hand if self._scenario.pushes and not remains.has(event)]
        handed_over = [event for event in self.in_hand if event not in unheard]
        assert handed_over
        posts = [event for event in handed_over if event.text]
        again = posts[-repeated:] if self._scenario.repeats and repeated else []
        unsaid = [event for event in unheard if not self._scenario.keeps(event)]
        with job(self._folder, *self._arguments, **self._settings) as running:
            self._scenario.send([*again, *unsaid, *self._after])
            number = len(self.before) + len(self.in_hand) + len(self._after)
            wait_until(running, lambda: is_settled(self._database, self.home, number))
            running.signal(signal.SIGTERM)
            assert running.end() == 0, running.errors
        dropped = sum(entry["duplicates"] for entry in self._database["batches"].find())
        assert dropped - len(again) in self._scenario.sent_again(new=len(unheard) + len(self._after)), running.errors

    def assert_each_is_stored_once(self, remains: Remains) -> None:
        """Every event once, and `coverage` says since when nobody listened."""
        assert_each_is_stored_once(self._database, [*self.before, *self.in_hand, *self._after])
        assert_ledger_is_complete(self._database)
        assert remains.lease is not None
        gaps = list(self._database["coverage"].find({"cause": "the job died"}))
        long = [gap["from"] for gap in gaps if gap["from"] < gap["to"]]  # what Bluesky has no more may end at its end
        assert long == [remains.lease["last_alive"]] * self._scenario.pushes
