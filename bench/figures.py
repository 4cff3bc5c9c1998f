"""Figures out of measurements."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Point:
    """So many events were done, in all, at that time (seconds since 1970)."""

    at: float
    events: int


@dataclass(frozen=True)
class Spread:
    """Of several runs."""

    min: float
    median: float
    max: float


def spread(values: Sequence[float]) -> Spread:
    """Raises ValueError where there are none."""
    return Spread(min(values), statistics.median(values), max(values))


def warm_rate(points: Sequence[Point], warm_up: int) -> float:
    """Events per second from the first point with `warm_up` events or more to the last one.

    Raises ValueError where nothing is left to measure.
    """
    warm = [point for point in points if point.events >= warm_up]
    if len(warm) < 2 or warm[-1].at <= warm[0].at:
        raise ValueError(f"{len(warm)} points after the first {warm_up} events: too few to measure")
    return (warm[-1].events - warm[0].events) / (warm[-1].at - warm[0].at)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many per cent of the values do not exceed. Raises ValueError where there are none."""
    if not values:
        raise ValueError("no values to take a percentile of")
    ordered = sorted(values)
    return ordered[max(0, -(-int(len(ordered) * percent) // 100) - 1)]


def slope(values: Sequence[float]) -> float:
    """Of the straight line through the values, per value (least squares)."""
    return statistics.linear_regression(range(len(values)), values).slope


def growth(values: Sequence[float]) -> float:
    """How much the line through the values rises from its first to its last, as a part of their mean."""
    return slope(values) * (len(values) - 1) / statistics.fmean(values)
