"""Generated values by the thousand for tests that put all of them into one DataFrame."""

from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

T = TypeVar("T")


def generated(values: SearchStrategy[T], count: int) -> list[T]:
    """About `count` values, other ones in each run."""
    found: list[T] = []

    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(values)
    def take(value: T) -> None:
        found.append(value)

    take()
    return found
