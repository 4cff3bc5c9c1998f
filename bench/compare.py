"""Everyone in turn, on one stand, in one go: several rounds, each beginning with another one."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from bench.contestants import CONTESTANTS, PEERS, Contestant, check
from bench.figures import spread, warm_rate
from bench.pictures import bars
from bench.report import Result
from bench.stand import Stand, stand

Say = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """How much is measured. warm_up: batches that do not count. few: events for who is slower by orders of magnitude.

    Java's compilers are done with a job after some 400,000 events: a quick run, of one round, begins to count there.
    A tiny run shows that everything works: its figures are those of programs that are starting.
    """

    rounds: int
    events: int
    batch: int
    warm_up: int
    few: int
    few_batch: int


QUICK = Size(rounds=1, events=800_000, batch=100_000, warm_up=4, few=4_000, few_batch=500)
FULL = Size(rounds=3, events=1_000_000, batch=100_000, warm_up=2, few=8_000, few_batch=1_000)
TINY = Size(rounds=1, events=8_000, batch=1_000, warm_up=2, few=400, few_batch=100)
SIZES = {"tiny": TINY, "quick": QUICK, "full": FULL}
_WARM_THE_SERVER_WITH = 200_000  # events
# Left out of a quick run, unless they are asked for: those in no ratio, and peers that were never the fastest.
_NOT_QUICK = ("two_hand_written", "connector", "consumer", "quix", "kafka_connect")


def run(scale: str, server: str, say: Say, only: Sequence[str] = ()) -> Result:
    """Raises bench.processes.Failed, bench.checking.NotRight: no figure of a run that went wrong counts."""
    size = SIZES[scale]
    left_out = _NOT_QUICK if scale == "quick" else ()
    chosen = [each for each in CONTESTANTS if (each.name in only if only else each.name not in left_out)]
    rates: dict[str, list[float]] = {each.name: [] for each in chosen}
    with stand(server) as place:
        say(f"{size.events} events into a topic")
        place.topic("posts", size.events)
        place.topic("few", size.few)
        _warm_the_server(place, size, say)
        for number in range(size.rounds):
            for each in _rotated(chosen, number):
                say(f"round {number + 1} of {size.rounds}: {each.about}")
                rate = measure(each, place, size)
                rates[each.name].append(rate)
                say(f"  {rate:,.0f} events/s")
    return _result(size, chosen, rates)


def measure(contestant: Contestant, place: Stand, size: Size) -> float:
    """Events per second, warm, of a run whose result is right."""
    is_slow = contestant.kind == "seeds"
    topic, number, batch = ("few", size.few, size.few_batch) if is_slow else ("posts", size.events, size.batch)
    task = place.task(contestant.name, topic, number, batch)
    points = contestant.run(place, task)
    check(contestant, place, task)
    place.clear(task)
    return warm_rate(points, size.warm_up * batch)


def _warm_the_server(place: Stand, size: Size, say: Say) -> None:
    say("warming the server up: a run that does not count")
    loop = next(each for each in CONTESTANTS if each.name == "hand_written")
    task = place.task("warm_up", "posts", min(size.events, _WARM_THE_SERVER_WITH), size.batch)
    loop.run(place, task)
    place.clear(task)


def _rotated(everyone: Sequence[Contestant], by: int) -> Iterator[Contestant]:
    first = by * 4 % len(everyone)
    yield from (*everyone[first:], *everyone[:first])


def ratios(medians: dict[str, float]) -> dict[str, float]:
    """Those that can be made of what was measured."""
    best_peer = max((medians[name] for name in PEERS if name in medians), default=0.0)
    wanted = {
        "vs_best_peer": (medians.get("casestream"), best_peer),
        "vs_seeds_way": (medians.get("casestream"), medians.get("seeds_way")),
        "vs_spark_limit": (medians.get("casestream_into_ack"), medians.get("spark_parse")),
        "into_ack_vs_hand_written": (medians.get("casestream_into_ack"), medians.get("hand_written_into_ack")),
        "vs_two_hand_written": (medians.get("casestream"), medians.get("two_hand_written")),
    }
    return {name: round(ours / theirs, 2) for name, (ours, theirs) in wanted.items() if ours and theirs}


def _result(size: Size, chosen: Sequence[Contestant], rates: dict[str, list[float]]) -> Result:
    spreads = {name: spread(each) for name, each in rates.items()}
    rows = [[each.about, *(f"{value:,.0f}" for value in asdict(spreads[each.name]).values())] for each in chosen]
    facts: dict[str, Any] = {
        "ratios": ratios({name: each.median for name, each in spreads.items()}),
        "size": asdict(size),
        "events_per_second": {name: {**asdict(each), "runs": rates[name]} for name, each in spreads.items()},
    }
    draw = partial(bars.draw, facts["events_per_second"], {each.name: each.about for each in chosen})
    columns = ["", "min", "median", "max"]
    return Result("latest", "Kafka to MongoDB, events per second", columns, rows, facts, draw=draw)
