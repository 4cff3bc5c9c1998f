"""Two minutes of a few sources at once, which the seed chooses; `make soak MINUTES=30` is the same for longer."""

from pathlib import Path

import pytest

from tests.seed import seed
from tests.soak.feeds import fitting
from tests.soak.soak import soak


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_minutes_of_faults_at_random_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    outcome = soak(2, seed(), fitting(seed()), tmp_path, print)
    print("\n".join(outcome.lines()))
    assert outcome.problems == []
    assert len(outcome.injected) >= 2
    assert outcome.injected[0].name.endswith(" killed")
    assert all(each.handed_over > 1_000 for each in outcome.tallies)
