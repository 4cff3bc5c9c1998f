"""A soak: several sources at once, a fault at random every half minute, and then the reckoning."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.integration.jobs import manage
from tests.soak.faults import in_random_order
from tests.soak.feed import Feed
from tests.soak.outcome import Injected, Outcome, recoveries
from tests.soak.stand import Stand, opened
from tests.soak.supervised_job import COMMITTED
from tests.soak.tally import tally, written

EVENTS_PER_SECOND = 30.0
PAUSES_SECONDS = (15.0, 40.0)
_CATCH_UP_SECONDS = 600.0
_LOOK_SECONDS = 1.0

Say = Callable[[str], None]


def soak(minutes: float, seed: int, sources: Sequence[str], folder: Path, say: Say) -> Outcome:
    """Run it in a new folder. Raises AssertionError: a fault did not happen, or a job did not recover from one."""
    began = time.monotonic()
    with opened(folder, sources, EVENTS_PER_SECOND) as stand:
        for job in stand.jobs.values():
            job.wait_for(COMMITTED, 0)
        say(f"every job has stored a batch after {time.monotonic() - began:.0f} s")
        injected = list(_inject(stand, random.Random(seed), time.monotonic() + 60 * minutes, say))
        say("no more faults; the feeds stop, the jobs catch up")
        for feed in stand.feeds.values():
            feed.stop()
        for feed in stand.feeds.values():
            _wait_until_stored(stand, feed)
        for job in stand.jobs.values():
            job.end()
        return _outcome(stand, seed, time.monotonic() - began, injected)


def _inject(stand: Stand, chance: random.Random, until: float, say: Say) -> Iterator[Injected]:
    for fault in in_random_order(stand, chance):
        pause = chance.uniform(*PAUSES_SECONDS)
        if time.monotonic() + pause > until:
            time.sleep(max(0.0, until - time.monotonic()))
            return
        time.sleep(pause)
        at = datetime.now(UTC)
        what = fault.inject(stand, chance)
        yield Injected(fault.name, fault.of, at, datetime.now(UTC), what)
        say(f"{fault.name}: {what}")


def _wait_until_stored(stand: Stand, feed: Feed) -> None:
    """All that was handed over; what the receiver has heard last is written within a second."""
    until = time.monotonic() + _CATCH_UP_SECONDS
    while (missing := len(_handed_over(stand, feed)) - _stored(stand, feed.source)) > 0 or not _is_quiet(stand, feed):
        assert time.monotonic() < until, f"{feed.source}: {missing} events are not stored"
        time.sleep(_LOOK_SECONDS)


def _is_quiet(stand: Stand, feed: Feed) -> bool:
    before = _handed_over(stand, feed)
    time.sleep(_LOOK_SECONDS)
    return len(_handed_over(stand, feed)) == len(before) and (feed.last is None or feed.last in before)


def _handed_over(stand: Stand, feed: Feed) -> list[str]:
    return written(feed, stand.jobs[feed.source].record) if feed.pushes else list(feed.acknowledged)


def _stored(stand: Stand, job: str) -> int:
    entries = stand.database["batches"].find({"job": job, "state": "committed"}, {"posts": 1, "dead_letters": 1})
    return sum(entry["posts"] + entry["dead_letters"] for entry in entries)


def _outcome(stand: Stand, seed: int, seconds: float, injected: list[Injected]) -> Outcome:
    jobs = stand.jobs.values()
    brokers = ["--kafka-bootstrap-servers", stand.broker.bootstrap] if stand.broker else []
    settings = {name: next(iter(jobs)).settings[name] for name in ("mongodb_uri", "database")}
    verify = manage(stand.folder, "verify", *brokers, **settings)
    return Outcome(
        seed=seed,
        seconds=seconds,
        injected=tuple(injected),
        recoveries=tuple(recoveries(injected, {job.name: job.commits for job in jobs})),
        tallies=tuple(tally(feed, _handed_over(stand, feed), stand.database) for feed in stand.feeds.values()),
        rewritten=stand.replays.documents,
        changed=tuple(stand.replays.changed(stand.database)),
        starts=sum(job.starts for job in jobs),
        unexpected=tuple(end for job in jobs for end in job.unexpected),
        verify=(verify.returncode, verify.stdout + verify.stderr),
    )
