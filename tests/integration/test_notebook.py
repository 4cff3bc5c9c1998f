"""notebooks/first_look.ipynb from top to bottom, in a fresh kernel, on databases of several kinds."""

import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypedDict, Unpack

import nbformat
import pytest
from nbformat import NotebookNode

from docs.make_first_look import NOTEBOOK, PICTURE, outputs, pictures, run
from tests.conftest import Documents
from tests.filled import BEGIN, Filling, fill, gap
from tests.integration.baseline import Baseline

pytestmark = pytest.mark.slow

TEN_SECONDS, TEN_MINUTES = timedelta(seconds=10), timedelta(minutes=10)
SCORE = re.compile(r"^([\w ]+): MAE ([\d.]+) posts per minute, R2 (-?[\d.]+)$", re.MULTILINE)
HOURS = 72
BAR = "posts:"
"""How the loader's progress bar begins, which a slow machine gets to see."""


Shown = Callable[[], NotebookNode]


class _Count(TypedDict, total=False):
    total_case_count: int
    status: str


@pytest.fixture
def shown(mongodb_uri: str, database: Documents, tmp_path: Path) -> Shown:
    """Runs the notebook on the test's database; what Jupyter keeps for its user is in a folder of the test's own."""
    of_jupyter = {"IPYTHONDIR": str(tmp_path), "JUPYTER_RUNTIME_DIR": str(tmp_path)}
    variables = {
        **os.environ,
        **of_jupyter,
        "CASESTREAM_MONGODB_URI": mongodb_uri,
        "CASESTREAM_DATABASE": database.name,
    }
    return lambda: run(variables)


def uneven(database: Documents, batches: int, **more: Unpack[_Count]) -> None:
    """Micro-batches 20 s apart, none with as many posts as the one before."""
    for n in range(batches):
        query = f"11111111-2222-4333-8444-{n:012}"
        begin = BEGIN + timedelta(seconds=20 * n)
        fill(database, Filling(query=query, batches=1, posts=20 + n * 37 % 41, begin=begin, **more))


def three_days(database: Documents) -> None:
    """A job with more posts by day than by night and a count that rises, and a job that never knew a count."""
    for hour in range(HOURS):
        posts = 4 + hour * 7 % 5 + (6 if 8 <= hour % 24 < 20 else 0)
        count = 700_000_000 + 1_000 * hour + 40 * (hour * 13 % 29)
        query = f"11111111-2222-4333-8444-{hour:012}"
        begin = BEGIN + timedelta(hours=hour)
        fill(database, Filling(query=query, batches=6, posts=posts, begin=begin, seconds=600, total_case_count=count))
    fill(
        database,
        Filling(job="other", source="twitter", batches=100, posts=5, seconds=900, total_case_count=-1, status="never"),
    )


def text(notebook: NotebookNode) -> str:
    """All that was printed; and nothing went wrong, nor was warned of."""
    assert not outputs(notebook, "error"), outputs(notebook, "error")
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
    warnings = filter(None, re.split(r"[\r\n]+", streamed(notebook, "stderr")))
    assert all(line.startswith(BAR) for line in warnings), streamed(notebook, "stderr")
    return streamed(notebook, "stdout")


def streamed(notebook: NotebookNode, name: str) -> str:
    return "".join(each.text for each in outputs(notebook, "stream") if each.name == name)


def assert_scores(printed: str, expected: dict[str, tuple[float, float]]) -> None:
    scores = {name: (float(mae), float(r2)) for name, mae, r2 in SCORE.findall(printed)}
    assert scores == {name: pytest.approx(each, abs=0.002) for name, each in expected.items()}


def test_five_minutes_of_one_job(database: Documents, shown: Shown) -> None:
    uneven(database, batches=16)
    notebook = shown()
    printed = text(notebook)
    assert_scores(printed, Baseline("covid", TEN_SECONDS).scores(database))
    assert "it is flat at 704,753,890, a number of 13 April 2024" in printed
    assert "correlation of the rate with the new cases: there is none" in printed
    assert len(pictures(notebook)) == 4


def test_steps_that_a_gap_cuts_are_no_part_of_the_model(database: Documents, shown: Shown) -> None:
    uneven(database, batches=40)
    gap(database, "covid", "kafka", BEGIN + timedelta(seconds=205), BEGIN + timedelta(seconds=254))
    gap(database, "covid", "kafka", BEGIN + timedelta(seconds=700), None)
    printed = text(shown())
    assert_scores(printed, Baseline("covid", TEN_SECONDS).scores(database))


def test_days_of_two_jobs_and_a_count_that_moves(database: Documents, shown: Shown) -> None:
    three_days(database)
    printed = text(shown())
    assert_scores(printed, Baseline("covid", TEN_MINUTES, with_hour=True, with_cases=True).scores(database))
    assert re.search(
        r"^The model (beats|does worse than|cannot be told from) the (last rate|mean so far): ", printed, re.M
    )
    assert re.search(r"^The model with new cases [a-z ]+ the model: ", printed, re.M)


def test_a_count_that_was_never_known_contributes_nothing(database: Documents, shown: Shown) -> None:
    uneven(database, batches=16, total_case_count=-1, status="never")
    assert "The case count contributes nothing: it is not known (never)." in text(shown())


def test_one_micro_batch_without_hashtags_or_languages(database: Documents, shown: Shown) -> None:
    uneven(database, batches=1)
    nothing: dict[str, list[str] | None] = {"content.$[].hashtags": [], "content.$[].lang": None}
    database["micro_batches"].update_many({}, {"$set": nothing})
    notebook = shown()
    printed = text(notebook)
    assert "no post has a hashtag" in printed
    assert "no post names its language" in printed
    assert "Too few for a model" in printed
    assert len(pictures(notebook)) == 1


def test_an_empty_database_is_said_in_one_line(shown: Shown) -> None:
    (error,) = outputs(shown(), "error")
    assert len(error.traceback) == 1
    assert "Let a job run" in error.traceback[0]


def test_without_an_address_the_next_move_is_said_in_one_line(tmp_path: Path) -> None:
    variables = {name: value for name, value in os.environ.items() if name != "CASESTREAM_MONGODB_URI"}
    of_jupyter = {"IPYTHONDIR": str(tmp_path), "JUPYTER_RUNTIME_DIR": str(tmp_path)}
    (error,) = outputs(run({**variables, **of_jupyter}), "error")
    (line,) = error.traceback
    assert "set CASESTREAM_MONGODB_URI" in line


def test_the_notebook_is_kept_with_its_pictures_and_the_readme_shows_the_first() -> None:
    kept = nbformat.read(NOTEBOOK, as_version=4)
    text(kept)
    assert pictures(kept)[0] == PICTURE.read_bytes()
    assert NOTEBOOK.stat().st_size < 500_000
