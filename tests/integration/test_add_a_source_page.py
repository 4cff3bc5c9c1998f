"""docs/add-a-source.md, done word for word: its files, in a folder beside the checkout, and its commands."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import Documents
from tests.integration import jobs
from tests.integration.jobs import END_SECONDS, ROOT, environment
from tests.integration.readme import blocks
from tests.integration.stored import posts

PAGE = "docs/add-a-source.md"
MOST_LINES, MOST_POLLED_LINES = 60, 72
KIT_SECONDS = 800
PROCESSOR, RECEIVER, TRY, RUN = "1. The processor", "2. The receiver", "3. Try it", "4. Run it"
POLLED = "A polling API"
CRIES = 30


def python(heading: str) -> list[str]:
    return [block.text for block in blocks(heading, PAGE) if block.kind == "python"]


def commands(heading: str) -> list[str]:
    return [line for block in blocks(heading, PAGE) if not block.kind for line in block.text.splitlines()]


@pytest.fixture
def crier(tmp_path: Path) -> Path:
    """The folder with what the page writes into it."""
    (source,), (rest,), (examples,), (feed,) = map(python, (PROCESSOR, RECEIVER, TRY, RUN))
    folder = tmp_path / "town-crier"
    folder.mkdir()
    (folder / "my_feed.py").write_text(f"{source}\n\n{rest}")
    (folder / "my_feed_examples.py").write_text(examples)
    (folder / "crier.py").write_text(feed)
    for name, text in zip(("my_board", "my_board_examples"), python(POLLED), strict=True):
        (folder / f"{name}.py").write_text(text)
    return folder


def typed(command: str, folder: Path) -> tuple[str, dict[str, str]]:
    """A command of the page and its PYTHONPATH, with that folder in the place of ../town-crier."""
    path, _, rest = command.removeprefix("PYTHONPATH=").partition(" ")
    here = rest.replace(".venv/bin/python", sys.executable).replace("../town-crier", str(folder))
    return here, {"PYTHONPATH": path.replace("../town-crier", str(folder)).replace(".:", f"{ROOT}:")}


def run(command: Sequence[str], folder: Path, settings: dict[str, str], path: dict[str, str]) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**environment(settings), **path},
        capture_output=True,
        text=True,
        timeout=KIT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def crying(folder: Path) -> Iterator[str]:
    """The page's feed, and its address."""
    command, path = typed(commands(RUN)[0], folder)
    feed = subprocess.Popen(
        command.split(),
        env={**environment({}), **path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert feed.stdout is not None
    try:
        yield feed.stdout.readline().strip()
        feed.communicate("\n", END_SECONDS)
        assert feed.returncode == 0
    finally:
        feed.kill()
        feed.wait()


def test_the_source_of_the_page_is_short(crier: Path) -> None:
    assert len((crier / "my_feed.py").read_text().splitlines()) < MOST_LINES
    assert len((crier / "my_board.py").read_text().splitlines()) < MOST_POLLED_LINES


@pytest.mark.slow
@pytest.mark.timeout(KIT_SECONDS)
def test_the_suite_is_content_with_both_sources_of_the_page(crier: Path) -> None:
    """In one run, which starts Spark once."""
    (one,), (other,) = commands(TRY), commands(POLLED)
    (first, path), (second, _) = typed(one, crier), typed(other, crier)
    said = run([*first.split(), *second.split()[-2:]], ROOT, {}, path)
    passed = int(said.rpartition(" passed")[0].split()[-1])
    assert passed > MOST_LINES
    assert "failed" not in said


@pytest.mark.slow
def test_the_source_of_the_page_stores_what_it_hears(
    crier: Path, data_folder: Path, mongodb_uri: str, database: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    main, show = commands(RUN)[2:]
    where = {"mongodb_uri": mongodb_uri, "database": database.name, "count_url": "http://127.0.0.1:1/"}
    with crying(crier) as address:
        settings = {**where, "source_url": address, "source_token": "of-the-examples"}
        typed_command, path = typed(main, crier)
        monkeypatch.setenv("PYTHONPATH", path["PYTHONPATH"])
        code, errors = jobs.run(data_folder, *typed_command.split()[2:], **settings)
        assert code == 0, errors
    assert [post["text"] for post in posts(database)] == [f"Hear ye, cry {number}!" for number in range(1, CRIES + 1)]
    assert [post["hashtags"] for post in posts(database)] == [["cry"]] * CRIES
    (letter,) = database["dead_letters"].find()
    assert (letter["raw"], letter["problem"]) == (b"(coughs)", "not_json")
    asked = show.replace(".venv/bin/python", sys.executable).replace("manage.py", str(ROOT / "manage.py"))
    assert '"Hear ye, cry' in run(asked.split(), data_folder, where, {})
