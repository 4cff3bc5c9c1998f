"""The bench's figures, and what it does with a result that is not right."""

import json
from functools import partial
from pathlib import Path

import pytest

from bench.checking import NotRight, compare
from bench.compare import ratios
from bench.figures import Point, Spread, growth, percentile, slope, spread, warm_rate
from bench.pictures import bars
from bench.report import Circumstances, Result, write


def test_a_warm_rate_leaves_the_first_events_out() -> None:
    points = [Point(0, 0), Point(10, 100), Point(20, 200), Point(21, 300), Point(22, 400)]
    assert warm_rate(points, warm_up=200) == 100


def test_a_rate_of_too_few_points_is_none() -> None:
    with pytest.raises(ValueError, match="too few"):
        warm_rate([Point(0, 0), Point(10, 100)], warm_up=50)


def test_spread_and_percentiles() -> None:
    assert spread([3, 1, 2]) == Spread(1, 2, 3)
    assert percentile([*range(1, 101)], 99) == 99
    assert percentile([5, 1], 50) == 1
    assert percentile([5, 1], 100) == 5
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


def test_slope_and_growth() -> None:
    assert slope([1, 3, 5, 7]) == pytest.approx(2)
    assert growth([1, 3, 5, 7]) == pytest.approx(6 / 4)
    assert growth([2, 2, 2]) == 0


def test_ratios_are_those_to_the_best_peer_and_to_spark_itself() -> None:
    medians = {"casestream": 300.0, "hand_written": 100.0, "quix": 50.0, "kafka_connect": 200.0, "seeds_way": 10.0}
    medians |= {"casestream_into_ack": 400.0, "spark_parse": 500.0}
    assert ratios(medians) == {"vs_best_peer": 1.5, "vs_seeds_way": 30.0, "vs_spark_limit": 0.8}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([(1, 10)], "1 are missing, 0 are there twice, 0 are wrong"),
        ([(1, 10), (2, 20), (2, 20)], "0 are missing, 1 are there twice, 0 are wrong"),
        ([(1, 10), (2, 21)], "0 are missing, 0 are there twice, 1 are wrong"),
        ([(1, 10), (2, 20), (3, 30)], "0 are missing, 0 are there twice, 1 are wrong"),
    ],
)
def test_a_result_that_is_not_right_does_not_count(found: list[tuple[int, int]], said: str) -> None:
    with pytest.raises(NotRight, match=said):
        compare(found, {1: 10, 2: 20})


def test_a_right_result_counts() -> None:
    compare([(2, 20), (1, 10)], {1: 10, 2: 20})


def test_a_result_is_written_with_its_ratios_first_and_its_machine(tmp_path: Path) -> None:
    rates = {"casestream": {"min": 1.0, "median": 2.0, "max": 3.0}, "quix": {"min": 1.0, "median": 1.0, "max": 1.0}}
    facts = {"ratios": {"vs_best_peer": 2.0}, "events_per_second": rates}
    draw = partial(bars.draw, rates, {"quix": "Quix"})
    result = Result("latest", "A title", ["", "median"], [["casestream", "2"]], facts, "Some words.", draw)
    file = write(result, Circumstances("full", "memory", (0.5, 2.0)), tmp_path)
    stored = json.loads(file.read_text())
    assert next(iter(stored)) == "ratios"
    assert (stored["load_before"], stored["load_after"], stored["server"]) == (0.5, 2.0, "memory")
    assert stored["machine"]["cores"] >= 1
    page = file.with_suffix(".md").read_text()
    assert page.index("| casestream | 2 |") < page.index("Some words.") < page.index("vs_best_peer: 2.0")
    assert file.with_suffix(".png").stat().st_size > 1_000
