"""What a job stands on, judged: lease, feed and spool. MongoDB: integration/test_metrics_job.py."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from pymongo.errors import ServerSelectionTimeoutError

from monitoring.looks.feed import FeedLook
from monitoring.looks.lease import LeaseLook
from monitoring.looks.mongodb import MongoLook
from monitoring.looks.spool import SpoolLook
from monitoring.metrics import Metrics
from receivers.base import Coverage
from runtime.counted_gaps import CountedGaps
from spool.backlog import Backlog, backlog
from spool.segments import Segment
from spool.writer import SpoolWriter
from tests.servers.scrape import Scraped
from tests.told_clock import START, ToldClock
from tests.unit.memory_folder import MemoryFolder


class Stand:
    """Everything that is looked at, as it is told to be."""

    def __init__(self) -> None:
        self.metrics = Metrics("covid", "socket")
        self.clock = ToldClock(100)
        self.lease: Any = SimpleNamespace(is_lost=False, heartbeat=self.clock.now(), period_seconds=30)
        self.gaps = CountedGaps(cast(Coverage, self))
        self.since: datetime | None = None
        self.writer: Any = SimpleNamespace(heard_at=None, full_because=None)
        self.reception: Any = SimpleNamespace(
            gaps=self.gaps, writer=self.writer, heard=0, rests_until=None, backlog=lambda: Backlog(700, START)
        )

    def open_gap(self, cause: str, since: datetime | None = None) -> None:  # noqa: ARG002
        self.since = self.since or self.clock.now()

    def close_gap(self, backfilled_seconds: float = 0, at: datetime | None = None) -> None:  # noqa: ARG002
        self.since = None

    def gap_seconds(self) -> float:
        return (self.clock.now() - self.since).total_seconds() if self.since else 0

    def lose_until(self, at: datetime) -> None:
        """The feed has it no more."""

    def seen(self) -> Scraped:
        return Scraped(self.metrics.text()[0].decode())


def test_a_lease_is_weak_when_its_heartbeat_is_older_than_a_period_or_somebody_else_has_it() -> None:
    stand = Stand()
    look = LeaseLook(stand.metrics, stand.lease, stand.clock)
    assert look.look().problem is None
    stand.clock.seconds += 31
    assert look.look().problem == "the heartbeat was written last at 2026-01-02 00:01:40 UTC"
    assert stand.seen().value("casestream_lease_held") == 0
    assert stand.seen().value("casestream_lease_heartbeat_timestamp_seconds") == START.timestamp() + 100
    stand.lease.heartbeat = stand.clock.now()
    assert look.look().problem is None
    assert stand.seen().value("casestream_lease_held") == 1
    stand.lease.is_lost = True
    assert look.look().problem == "another process has taken it"


def test_a_feed_is_well_while_it_is_connected_however_quiet_and_counts_when_it_is_heard_again() -> None:
    stand = Stand()
    look = FeedLook(stand.metrics, stand.reception, stand.clock)
    assert look.look().problem == "not connected: not yet"
    stand.gaps.close_gap()
    stand.clock.seconds += 86_400
    assert look.look().problem is None
    assert stand.seen().value("casestream_receiver_reconnects_total") == 0

    stand.gaps.open_gap("the peer closed the connection")
    stand.gaps.open_gap("nobody answers")
    stand.clock.seconds += 7
    assert look.look().problem == "not connected: nobody answers"
    assert stand.seen().value("casestream_receiver_connected") == 0
    assert stand.seen().value("casestream_receiver_gap_seconds") == 7
    stand.gaps.close_gap()
    stand.reception.heard = 5
    for _ in range(2):  # what was counted is not counted again
        assert look.look().problem is None
    seen = stand.seen()
    assert seen.value("casestream_receiver_reconnects_total") == seen.value("casestream_receiver_connected") == 1
    assert seen.value("casestream_receiver_events_total") == 5


def test_a_feed_that_repeats_what_was_missed_is_read_and_one_that_rests_is_not_to_be() -> None:
    stand = Stand()
    look = FeedLook(stand.metrics, stand.reception, stand.clock)
    stand.gaps.open_gap("the host broke off")
    stand.writer.heard_at = round(stand.clock.now().timestamp() * 1000)
    stand.clock.seconds += 29
    assert look.look().problem is None
    stand.clock.seconds += 2
    assert look.look().problem == "not connected: the host broke off"
    stand.reception.rests_until = stand.clock.now() + timedelta(hours=1)
    assert look.look().problem is None


def test_a_spool_is_well_while_it_takes_events_and_its_age_is_that_of_its_oldest_segment() -> None:
    stand = Stand()
    look = SpoolLook(stand.metrics, stand.reception, 1_000, stand.clock)
    assert look.look().problem is None
    seen = stand.seen()
    assert seen.value("casestream_spool_bytes") == 700
    assert seen.value("casestream_spool_limit_bytes") == 1_000
    assert seen.value("casestream_spool_age_seconds") == 100
    stand.writer.full_because = "no space left"
    assert look.look().problem == "takes no more: no space left"

    def fails() -> Backlog:
        raise OSError("HDFS is away")

    stand.reception.backlog = fails
    assert look.look().problem == "cannot be listed: HDFS is away"


def test_a_backlog_is_told_by_the_names_of_closed_segments() -> None:
    folder = MemoryFolder()
    assert backlog(folder) == Backlog(0, None)
    seconds = [0, 60]
    writer = SpoolWriter(folder, 10**9, lambda: round(START.timestamp() + seconds[0]) * 1000)
    for _ in range(2):
        writer.append([b"x" * 100])
        writer.roll()
        seconds.pop(0) if len(seconds) > 1 else None
    writer.append([b"y" * 50])
    writer.flush()
    closed = [segment for segment in map(Segment.of, folder.list()) if segment]
    assert len(closed) == 2
    assert backlog(folder) == Backlog(sum(each.bytes for each in closed), START)
    assert writer.unclosed_bytes == 50 + 27
    assert writer.heard_at == round(START.timestamp() + 60) * 1000


class Away:
    """A database that nobody answers for."""

    def command(self, _name: str) -> None:
        raise ServerSelectionTimeoutError("nobody answers at all: " + "and so on, " * 100)


def test_a_database_that_is_away_is_told_in_bounds() -> None:
    look = MongoLook(Metrics("covid", "socket"), cast(Any, Away()), "covid", ToldClock())
    problem = look.look().problem or ""
    assert problem.startswith("no answer within 2 s: nobody answers at all")
    assert len(problem) < 300
