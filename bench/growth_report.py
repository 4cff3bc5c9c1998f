"""What the part `growth` has found: its table, its picture, a model fitted to it, and what that says of clusters."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial

from bench import machine
from bench.model import Model, Prediction, Surroundings, fit, predict
from bench.pictures import growth
from bench.report import Result, table

POSTS, CORES = "posts a batch", "cores"
_EXECUTORS = (10, 50, 200)


@dataclass(frozen=True)
class Batch:
    """A warm one, of a job in which `what` had that value: median seconds, all included, its posts, bytes of a post."""

    what: str
    value: int
    posts: int
    seconds: float
    post_bytes: float

    @property
    def rate(self) -> float:
        """Posts a second."""
        return self.posts / self.seconds


def result(found: Sequence[Batch]) -> Result:
    """Table, picture, the fitted model and its predictions. Raises ValueError where nothing can be fitted."""
    seconds = {each.value: each.seconds for each in found if each.what == POSTS}
    on_cores = {each.value: each.seconds for each in found if each.what == CORES}
    model = fit(seconds, on_cores, machine.cores(), statistics.fmean(each.post_bytes for each in found))
    predictions = [predict(model, executors, Surroundings()) for executors in _EXECUTORS]
    facts = {
        "model": asdict(model),
        "predictions": {"surroundings": asdict(Surroundings()), "clusters": [asdict(each) for each in predictions]},
        "found": [{**asdict(each), "per_second": each.rate} for each in found],
    }
    rows = [[f"{each.what} {each.value}", f"{each.seconds:.3f}", f"{each.rate:,.0f}"] for each in found]
    below = f"{_sentence(model)}\n\n{_table(predictions)}"
    draw = partial(growth.draw, seconds, model, _rates(found))
    return Result("growth", "How it grows", ["", "s a batch", "posts/s"], rows, facts, below, draw)


def _rates(found: Sequence[Batch]) -> dict[str, dict[int, float]]:
    """Posts a second of all but the sizes of batch."""
    rates: dict[str, dict[int, float]] = {}
    for each in found:
        if each.what != POSTS:
            rates.setdefault(each.what, {})[each.value] = each.rate
    return rates


def _sentence(model: Model) -> str:
    return (
        f"Fitted: {model.fixed * 1000:,.0f} ms a batch and {model.cost * 1e6:,.1f} µs a post on {model.cores} cores, "
        f"at most {model.largest_error:.0%} off. By one core and two, {model.serial_share:.0%} of a batch are serial. "
        f"A post is {model.post_bytes:,.0f} bytes in a document.\n\n"
        "Predicted for clusters of executors with 4 cores, not measured: posts a second that each of their parts would "
        "take, and the smallest of these. docs/scale.md has what is assumed."
    )


def _table(predictions: Sequence[Prediction]) -> str:
    ceilings = predictions[0].ceilings
    columns = ["executors", *ceilings, "posts/s", "limited by", "shards with which MongoDB is not the limit"]
    return table(columns, [_row(each) for each in predictions])


def _row(of: Prediction) -> list[str]:
    ceilings = [f"{rate:,.0f}" for rate in of.ceilings.values()]
    return [str(of.executors), *ceilings, f"**{of.posts_per_second:,.0f}**", of.limit, str(of.shards_wanted)]
