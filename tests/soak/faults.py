"""What goes wrong in a soak. Each fault makes sure that it has happened, and says what has."""

import errno
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from runtime.server_process import ServerProcess
from tests.integration.jobs import run
from tests.integration.small_disk import fill
from tests.servers.count_page import Mode
from tests.soak.feeds import FILES, KAFKA, MASTODON
from tests.soak.files_feed import FilesFeed
from tests.soak.mastodon_feed import MastodonFeed
from tests.soak.stand import LEASE_SECONDS, Stand
from tests.soak.supervised_job import COMMITTED

_PAGE_MODES: tuple[Mode, ...] = (
    "hang", "endless", "huge", "redirect_loop", "http_503", "challenge", "cut_off", "gzip_bomb", "trickle",
)  # fmt: skip
_PAGE_SECONDS = 10.0
_BATCH_SECONDS = 1.0


class Fault(NamedTuple):
    """of: the jobs that feel it; inject: make it happen, and say what happened; it is over on return."""

    name: str
    of: tuple[str, ...]
    inject: Callable[[Stand, random.Random], str]


def in_random_order(stand: Stand, chance: random.Random) -> Iterator[Fault]:
    """For ever, a killed job first of all; none comes again before all have come."""
    yield chance.choice([_killed(name) for name in stand.jobs])
    while True:
        found = _faults(stand, chance)
        yield from chance.sample(found, len(found))


def _faults(stand: Stand, chance: random.Random) -> list[Fault]:
    """All that can be done here: a full disk needs root."""
    everywhere = tuple(stand.jobs)
    found = [
        *_of_jobs(stand, chance),
        Fault("MongoDB killed", everywhere, _mongodb_away),
        Fault("the count's page fails", everywhere, _count_fails),
        *_of_feeds(stand),
    ]
    if stand.broker is not None:
        found.append(Fault("Kafka killed", (KAFKA,), _kafka_away))
    if stand.disk is not None and (pushed := _pushed(stand)):
        found.append(Fault("the spool's disk is full", pushed, _disk_full))
    return found


def _pushed(stand: Stand) -> tuple[str, ...]:
    return tuple(source for source, feed in stand.feeds.items() if feed.pushes)


def _of_jobs(stand: Stand, chance: random.Random) -> list[Fault]:
    """Each job is killed; all else happens to one of them."""
    jobs = stand.jobs
    jvm, stopped, still, twice = (chance.choice([*jobs]) for _ in range(4))
    return [
        *map(_killed, jobs),
        Fault(f"the JVM of {jvm} killed", (jvm,), lambda *_: jobs[jvm].kill_jvm()),
        Fault(f"{stopped} stopped", (stopped,), lambda *_: jobs[stopped].stop()),
        Fault(f"{still} stands still", (still,), partial(_stand_still, still)),
        Fault(f"a second {twice} is started", (), partial(_second_job, twice)),
    ]


def _killed(name: str) -> Fault:
    return Fault(f"{name} killed", (name,), partial(_kill, name))


def _of_feeds(stand: Stand) -> list[Fault]:
    found = [
        Fault(name, (source,), lambda *_, act=act: act())
        for source, feed in stand.feeds.items()
        for name, act in feed.faults().items()
    ]
    if MASTODON in stand.feeds:
        found.append(Fault("Mastodon answers 401", (MASTODON,), _token_refused))
    if FILES in stand.feeds:
        found.append(Fault("a compressed file is cut off", (FILES,), _file_cut_off))
    return found


def _kill(name: str, stand: Stand, chance: random.Random) -> str:
    """At any moment, or, one time in two, while a batch is stored."""
    if chance.random() < 0.5:
        stand.jobs[name].wait_for("processing and storing")
        time.sleep(chance.uniform(0, _BATCH_SECONDS))
    return stand.jobs[name].kill(when_dead=lambda: stand.replays.note_what_is_stored(stand.database, name))


def _mongodb_away(stand: Stand, chance: random.Random) -> str:
    seconds = chance.uniform(3, 20)
    process = ServerProcess.read(stand.mongodb_folder)
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    while process.is_alive():
        pass
    time.sleep(seconds)
    assert stand.mongodb.start() == process.uri
    return f"SIGKILL to {process.pid}, away for {seconds:.0f} s"


def _kafka_away(stand: Stand, chance: random.Random) -> str:
    seconds = chance.uniform(3, 20)
    assert stand.broker is not None
    stand.broker.kill()
    time.sleep(seconds)
    stand.broker.start()
    return f"SIGKILL, away for {seconds:.0f} s"


def _count_fails(stand: Stand, chance: random.Random) -> str:
    mode = chance.choice(_PAGE_MODES)
    hits = stand.page.hits
    stand.page.mode = mode
    try:
        until = time.monotonic() + 6 * _PAGE_SECONDS
        time.sleep(_PAGE_SECONDS)
        while stand.page.hits == hits:
            assert time.monotonic() < until, "nobody asked for the page"
            time.sleep(1)
        return f"{mode} to {stand.page.hits - hits} requests"
    finally:
        stand.page.mode = "ok"


def _stand_still(name: str, stand: Stand, chance: random.Random) -> str:
    return stand.jobs[name].stand_still(chance.uniform(0.5, 2) * LEASE_SECONDS)


def _second_job(name: str, stand: Stand, _chance: random.Random) -> str:
    first = stand.jobs[name]
    first.wait_for(COMMITTED)
    code, said = run(stand.folder, *first.arguments, **first.settings)
    assert code == 3, said
    assert f"in use: job={first.name} " in said[-1], said
    return f"exit code 3: {said[-1]}"


def _disk_full(stand: Stand, _chance: random.Random) -> str:
    assert stand.disk is not None
    ballast = stand.disk / "ballast"
    jobs = [stand.jobs[name] for name in _pushed(stand)]
    heard = [len(job.lines) for job in jobs]
    try:
        assert fill(ballast) == errno.ENOSPC
        for job, since in zip(jobs, heard, strict=True):
            job.wait_for("spool full", since)
    finally:
        ballast.unlink(missing_ok=True)
    for job, since in zip(jobs, heard, strict=True):
        job.wait_for("spool has room again", since)
    return "No space left on device"


def _token_refused(stand: Stand, _chance: random.Random) -> str:
    feed = stand.feeds[MASTODON]
    assert isinstance(feed, MastodonFeed)
    said = stand.jobs[MASTODON].be_refused(feed.refuse_the_token)
    assert "HTTP 401" in said, said
    return said


def _file_cut_off(stand: Stand, _chance: random.Random) -> str:
    feed, job = stand.feeds[FILES], stand.jobs[FILES]
    assert isinstance(feed, FilesFeed)
    heard = len(job.lines)
    name = feed.cut_off_a_file()
    try:
        job.wait_for(f"file={name} ", heard)
    finally:
        whole = feed.put_it_there_whole(name)
    return f"{name}: passed over, and put there again whole as {whole}"
