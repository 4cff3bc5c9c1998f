"""Keys that put one part in each task."""

import pytest

from sinks.even_keys import _hash, even_keys


@pytest.mark.parametrize("tasks", [1, 2, 13, 127, 1000])
def test_every_task_gets_one_key(tasks: int) -> None:
    assert [_hash(key) % tasks for key in even_keys(tasks)] == list(range(tasks))
