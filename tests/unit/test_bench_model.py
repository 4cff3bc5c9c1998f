"""The model of a batch's time: fitted to measurements whose parameters are known, and what it says of a cluster."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.growth_report import CORES, POSTS, Batch, result
from bench.model import Model, Surroundings, fit, predict
from bench.report import Circumstances, write

SIZES = (10, 1_000, 100_000, 1_000_000)
ON_CORES = {1: 10.0, 2: 6.0}
MODEL = Model(
    fixed=1, cost=50e-6, cores=2, post_bytes=1_000, largest_error=0, serial_share=0
)  # a core takes 100 µs for a post
AROUND = Surroundings(
    trigger_seconds=10,
    document_bytes=2_000_000,
    partitions=100,
    ledger_seconds=1,
    task_seconds=0.001,
    primary_bytes=1e9,
    shards=1,
)


def test_the_fit_finds_what_the_measurements_were_made_of() -> None:
    model = fit({posts: 0.25 + posts * 40e-6 for posts in SIZES}, ON_CORES, cores=2, post_bytes=800)
    assert (model.fixed, model.cost) == pytest.approx((0.25, 40e-6))
    assert model.largest_error == pytest.approx(0, abs=1e-9)
    assert model.seconds(50_000) == pytest.approx(2.25)
    assert model.core_seconds == pytest.approx(80e-6)


def test_small_batches_count_as_much_as_large_ones() -> None:
    measured = {posts: 0.25 + posts * 40e-6 for posts in SIZES}
    measured[1_000_000] *= 1.1  # four seconds, sixteen times all of a small batch
    model = fit(measured, ON_CORES, cores=2, post_bytes=800)
    assert model.fixed == pytest.approx(0.25, rel=0.02)
    assert 0.04 < model.largest_error < 0.1


@pytest.mark.parametrize(("measured", "said"), [({10: 0.3}, "a line takes two"), ({10: 2.0, 1_000: 1.0}, "no slower")])
def test_what_is_no_line_is_not_fitted(measured: dict[int, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        fit(measured, ON_CORES, cores=2, post_bytes=800)


@pytest.mark.parametrize(("two_cores", "share"), [(10, 1), (5, 0), (6, 0.2)])  # the last one: 2 and 8, then 2 and 4
def test_the_serial_share_is_what_a_second_core_does_not_halve(two_cores: float, share: float) -> None:
    model = fit({10: 1, 1_000: 2}, {1: 10, 2: two_cores}, cores=2, post_bytes=800)
    assert model.serial_share == pytest.approx(share)


@pytest.mark.parametrize(
    ("executors", "around", "limit", "rate"),
    [
        # Of 10 seconds a batch's own two are gone: in eight, a core does 80,000 posts.
        (10, AROUND, "executors' cores", 40 * 8_000),
        (50, AROUND, "Kafka partitions", 100 * 8_000),
        # 500 tasks, three for each partition, the others for documents of 2,000 posts.
        (10, replace(AROUND, task_seconds=0.016), "driver's tasks", 200 * 2_000 / 10),
        (10, replace(AROUND, primary_bytes=50e6, shards=2), "MongoDB's primaries", 100_000),
        (10, replace(AROUND, trigger_seconds=2), "executors' cores", 0),
    ],
)
def test_a_cluster_takes_what_its_smallest_part_takes(
    executors: int, around: Surroundings, limit: str, rate: float
) -> None:
    predicted = predict(MODEL, executors, around)
    assert predicted.limit == limit
    assert predicted.posts_per_second == pytest.approx(rate)


def test_shards_are_counted_until_something_else_is_the_limit() -> None:
    around = replace(AROUND, primary_bytes=50e6, shards=2)
    wanted = predict(MODEL, 10, around).shards_wanted
    assert wanted == 7  # 320,000 posts a second, 50,000 of them a shard
    assert predict(MODEL, 10, replace(around, shards=wanted)).limit == "executors' cores"
    assert predict(MODEL, 10, replace(around, shards=wanted - 1)).limit == "MongoDB's primaries"


def test_what_growth_has_found_becomes_a_model_a_table_and_a_picture(tmp_path: Path) -> None:
    sizes = [Batch(POSTS, posts, posts, 0.25 + posts * 40e-6, 800) for posts in SIZES]
    cores = [Batch(CORES, 1, 10_000, 1.0, 800), Batch(CORES, 2, 10_000, 0.6, 800)]
    others = [Batch(what, 1, 10_000, 0.6, 800) for what in ("partitions", "MB a document")]
    found = result([*sizes, *cores, *others])
    assert found.facts["model"]["fixed"] == pytest.approx(0.25)
    assert found.facts["model"]["serial_share"] == pytest.approx(0.2)
    assert [each["executors"] for each in found.facts["predictions"]["clusters"]] == [10, 50, 200]
    file = write(found, Circumstances("full", "memory", (0.5, 2.0)), tmp_path)
    assert "| 200 |" in file.with_suffix(".md").read_text()
    assert file.with_suffix(".png").stat().st_size > 1_000
