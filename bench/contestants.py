"""Everyone who is measured: how each is run, and when so many of its events were done."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from pymongo import MongoClient
from pymongo.database import Database

from bench import casestream_job
from bench.checking import LAYOUTS, NotRight, compare, reference
from bench.environments import CONNECT
from bench.figures import Point
from bench.places import JARS
from bench.processes import Failed, Program, job_environment, module, peers_environment, peers_module, running
from bench.servers import acknowledging
from bench.stand import PARTITIONS, Stand
from bench.task import Task
from runtime.ivy import resolve
from runtime.jars import class_path
from runtime.java import find_java_home

_LONGEST_SECONDS = 900.0
_LOOK_SECONDS = 0.1

Kind = Literal["ours", "peer", "seeds", "limit"]
Run = Callable[[Stand, Task], list[Point]]


@dataclass(frozen=True)
class Contestant:
    """layout: of what it stores (`checking.LAYOUTS`); None: nothing is left to look at."""

    name: str
    about: str
    kind: Kind
    run: Run
    layout: str | None


def check(contestant: Contestant, stand: Stand, task: Task) -> None:
    """Look at all that is stored. Raises NotRight."""
    if contestant.layout is None:
        return
    read, compared = LAYOUTS[contestant.layout]
    with stand.client() as client:
        compare(read(client[task.database]), reference(task.events, compared))


def _casestream(stand: Stand, task: Task) -> list[Point]:
    casestream_job.run_to_the_end(task, stand.room(task), _LONGEST_SECONDS)
    with stand.client() as client:
        return casestream_job.points(casestream_job.entries(client[task.database]))


def _casestream_into_ack(stand: Stand, task: Task) -> list[Point]:
    with acknowledging(stand.room(task) / "ack") as sink:
        points = _run(stand, task, module("bench.limits.into_ack", task.as_argument(), sink), job_environment())
        with stand.client() as client:
            written = sum(entry["parts"] for entry in casestream_job.entries(client[task.database]))
        _check_seen(sink, written)
    return points


def _hand_written(stand: Stand, task: Task) -> list[Point]:
    return _run(stand, task, peers_module("bench.peers.hand_written", task.as_argument()), peers_environment())


def _hand_written_into_ack(stand: Stand, task: Task) -> list[Point]:
    with acknowledging(stand.room(task) / "ack") as sink:
        points = _hand_written(stand, replace(task, uri=sink))
        _check_seen(sink, task.events // task.batch)
    return points


def _two_hand_written(stand: Stand, task: Task) -> list[Point]:
    """Two processes, half of the partitions each; what is done is what both have done."""
    command, room = peers_module("bench.peers.hand_written", task.as_argument()), stand.room(task)
    with (
        running([*command, "0,1"], room / "first", peers_environment()) as first,
        running([*command, "2,3"], room / "second", peers_environment()) as second,
    ):
        for program in (first, second):
            program.wait(_LONGEST_SECONDS)
        return _together(first.points(), second.points())


def _together(first: list[Point], second: list[Point]) -> list[Point]:
    done, points = {0: 0, 1: 0}, []
    both = [(point.at, which, point.events) for which, each in enumerate((first, second)) for point in each]
    for at, which, events in sorted(both):
        done[which] = events
        points.append(Point(at, sum(done.values())))
    return points


def _quix(stand: Stand, task: Task) -> list[Point]:
    with running(
        peers_module("bench.peers.quix", task.as_argument()), stand.room(task), peers_environment()
    ) as program:
        return _watch(stand, task, program)


def _kafka_connect(stand: Stand, task: Task) -> list[Point]:
    java_home = find_java_home(os.environ)
    assert java_home is not None
    jars = resolve(CONNECT, JARS / "connect", java_home)
    environment = peers_environment(JAVA=str(java_home / "bin/java"), CONNECT_JARS=os.pathsep.join(map(str, jars)))
    command = peers_module("bench.peers.kafka_connect", task.as_argument())
    with running(command, stand.room(task), environment) as program:
        return _watch(stand, task, program)


def _seeds_way(stand: Stand, task: Task) -> list[Point]:
    environment = job_environment(
        SPARK_JARS=os.pathsep.join(map(str, class_path() or [])), JAVA_HOME=str(find_java_home(os.environ))
    )
    with running(module("bench.peers.seeds_way", task.as_argument()), stand.room(task), environment) as program:
        return _watch(stand, task, program)


def _program(name: str, stand: Stand, task: Task) -> list[Point]:
    return _run(stand, task, module(f"bench.limits.{name}", task.as_argument()), job_environment())


def _run(stand: Stand, task: Task, command: list[str], environment: dict[str, str]) -> list[Point]:
    with running(command, stand.room(task), environment) as program:
        program.wait(_LONGEST_SECONDS)
        return program.points()


def _watch(stand: Stand, task: Task, program: Program) -> list[Point]:
    """Count the posts that are there until all of them are. Raises Failed."""
    deadline = time.monotonic() + _LONGEST_SECONDS
    points = [Point(time.time(), 0)]
    with stand.client() as client:
        posts = client[task.database]["posts"]
        while points[-1].events < task.events:
            if not program.is_running() and posts.estimated_document_count() < task.events:
                raise Failed(f"it ended early, {points[-1].events} of {task.events} posts\n{program.errors()}")
            if time.monotonic() > deadline:
                raise Failed(f"{points[-1].events} of {task.events} posts after {_LONGEST_SECONDS:.0f} s")
            time.sleep(_LOOK_SECONDS)
            if (seen := posts.estimated_document_count()) > points[-1].events:
                points.append(Point(time.time(), seen))
    return points


def _check_seen(uri: str, at_least: int) -> None:
    with MongoClient[dict[str, Any]](uri) as client:
        database: Database[dict[str, Any]] = client["admin"]
        seen = database.command("seen")["documents"]
    if seen < at_least:
        raise NotRight(f"{seen} documents came to the ack server, and {at_least} were sent")


CONTESTANTS = (
    Contestant("casestream", "casestream, main.py", "ours", _casestream, "documents"),
    Contestant("hand_written", "(a) hand-written loop", "peer", _hand_written, "documents"),
    Contestant("quix", "(b) Quix Streams", "peer", _quix, "posts"),
    Contestant("kafka_connect", "(c) Kafka Connect, not cleaned", "peer", _kafka_connect, "events"),
    Contestant("seeds_way", "(d) Spark with Python UDFs", "seeds", _seeds_way, "texts"),
    Contestant("two_hand_written", "(a) twice, side by side", "limit", _two_hand_written, "documents"),
    Contestant("spark_parse", "(e) Spark: read, parse", "limit", partial(_program, "spark_parse"), None),
    Contestant("connector", "(f) connector alone", "limit", partial(_program, "connector"), None),
    Contestant("consumer", "(g) bytes to a consumer", "limit", partial(_program, "consumer"), None),
    Contestant("casestream_into_ack", "(h) casestream, kept nowhere", "limit", _casestream_into_ack, None),
    Contestant("hand_written_into_ack", "(h) loop, kept nowhere", "limit", _hand_written_into_ack, None),
)
PEERS = tuple(each.name for each in CONTESTANTS if each.kind == "peer")
assert PARTITIONS == 4, "two hand-written loops share four partitions"
