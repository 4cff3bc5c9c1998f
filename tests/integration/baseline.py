"""The model of notebooks/first_look.ipynb once more, out of stored documents, without pandas: what it must print."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import Any

import numpy as np

from tests.conftest import Documents

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Baseline:
    """The job to be modelled, the step of time, and what belongs to the model beside the three rates before."""

    job: str
    step: timedelta
    with_hour: bool = False
    with_cases: bool = False

    def scores(self, database: Documents) -> dict[str, tuple[float, float]]:
        """MAE and R2 on the last quarter, by the name of the prediction."""
        rows = self._rows(_rates(database, self.job, self.step), _counts(database))
        cut = len(rows) * 3 // 4
        fitted, judged = rows[:cut], rows[cut:]
        truth = [row[0] for row in judged]
        without = 1 + 3 + 2 * self.with_hour
        predicted = {
            "mean so far": [fmean(row[0] for row in fitted)] * len(judged),
            "last rate": [row[1] for row in judged],
            "model": _least_squares([row[:without] for row in fitted], [row[:without] for row in judged]),
        }
        if self.with_cases:
            predicted["model with new cases"] = _least_squares(fitted, judged)
        return {name: (_mae(truth, values), _r2(truth, values)) for name, values in predicted.items()}

    def _rows(self, rates: dict[datetime, float], counts: list[tuple[datetime, int]]) -> list[list[float]]:
        rows = []
        for at, rate in sorted(rates.items()):
            before = [rates.get(at - n * self.step) for n in (1, 2, 3)]
            turn = 2 * math.pi * ((at - _EPOCH) % _DAY / _DAY)
            hour = [math.sin(turn), math.cos(turn)] if self.with_hour else []
            cases = [_new_cases(counts, at)] if self.with_cases else []
            row = [rate, *before, *hour, *cases]
            if None not in row:
                rows.append([value for value in row if value is not None])
        return rows


def _rates(database: Documents, job: str, step: timedelta) -> dict[datetime, float]:
    """Posts per minute of each step that is whole."""
    pipeline: list[dict[str, Any]] = [
        {"$match": {"job": job}},
        {"$unwind": "$content"},
        {"$project": {"at": "$content.received_at"}},
    ]
    heard = [each["at"] for each in database["micro_batches"].aggregate(pipeline)]
    first, last = min(heard), max(heard)
    gaps = [(gap["from"], gap["to"] or last) for gap in database["coverage"].find({"job": job})]
    rates = {}
    at = _EPOCH + (first - _EPOCH) // step * step
    while at <= last:
        end = at + step
        if at >= first and end <= last and all(end <= begin or at >= until for begin, until in gaps):
            rates[at] = sum(at <= each < end for each in heard) / (step / timedelta(minutes=1))
        at = end
    return rates


def _counts(database: Documents) -> list[tuple[datetime, int]]:
    known = database["batches"].find({"total_case_count": {"$gte": 0}}, sort=[("timestamp", 1)])
    return [(batch["timestamp"], batch["total_case_count"]) for batch in known]


def _new_cases(counts: list[tuple[datetime, int]], at: datetime) -> int | None:
    until_now = [count for time, count in counts if time <= at]
    until_then = [count for time, count in counts if time <= at - _DAY]
    return until_now[-1] - until_then[-1] if until_then else None


def _least_squares(fitted: list[list[float]], judged: list[list[float]]) -> list[float]:
    design = np.array([[1.0, *row[1:]] for row in fitted])
    asked = np.array([[1.0, *row[1:]] for row in judged])
    coefficients = np.linalg.pinv(design) @ np.array([row[0] for row in fitted])
    return [float(value) for value in asked @ coefficients]


def _mae(truth: list[float], predicted: list[float]) -> float:
    return fmean(abs(was - said) for was, said in zip(truth, predicted, strict=True))


def _r2(truth: list[float], predicted: list[float]) -> float:
    mean = fmean(truth)
    left = sum((was - said) ** 2 for was, said in zip(truth, predicted, strict=True))
    return 1 - left / sum((was - mean) ** 2 for was in truth)
