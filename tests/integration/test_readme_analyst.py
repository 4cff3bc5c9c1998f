"""README's section for data scientists, done word for word: its blocks, in their order, where the demo's job ran."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from pyarrow.parquet import read_metadata
from pymongo import MongoClient
from tenacity import retry, retry_if_exception, stop_after_delay, wait_fixed

from runtime.embedded import EmbeddedServer
from tests.integration.feed_process import TWEETS, FeedProcess, feeding
from tests.integration.jobs import END_SECONDS, ROOT, environment
from tests.integration.readme import Block, blocks, shape
from tests.servers.count_page import CountPage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SERVE, INSTALL, PYTHON, PRINTED, JUPYTER, EXPORT = range(6)
RUNS = 2
STORED = RUNS * len(TWEETS.read_bytes().splitlines())
INSTALL_SECONDS = 600
JUPYTER_SETTINGS = """
c.ServerApp.open_browser = False
c.ServerApp.allow_root = True
c.ServerApp.port = 0
"""


@pytest.fixture
def checkout(tmp_path: Path, page: CountPage) -> Iterator[Path]:
    """A copy of what git knows or would take, with this environment as its .venv, in which the demo's job ran twice."""
    copy = tmp_path / "casestream"
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines():
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    (copy / ".venv").symlink_to(sys.prefix)
    for _ in range(RUNS):
        run_demo(copy, page.url)
    yield copy
    EmbeddedServer(copy / ".data" / "mongodb").stop()


def run_demo(checkout: Path, count_url: str) -> None:
    """The real job on the real tweets; the second time after a gap."""
    with feeding(FeedProcess, "--file", TWEETS, "--rate", 0, "--port", 0) as feed:
        port = feed.address.rpartition(":")[2]
        asked = ["--jobname", "demo", "--source", "socket", "--socket-port", port, "--available-now"]
        command = [".venv/bin/python", "main.py", *asked, "--trigger-seconds", "1"]
        variables = environment({"count_url": count_url})
        subprocess.run(command, cwd=checkout, env=variables, check=True, timeout=END_SECONDS)


def terminal(**variables: str) -> dict[str, str]:
    """The environment of a reader's terminal: without what `make test-slow` and other tests have left in this one."""
    not_a_readers = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MPLBACKEND")
    return {name: value for name, value in os.environ.items() if name not in not_a_readers} | variables


@contextmanager
def shell(block: Block, checkout: Path, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """The block as a reader types it into a terminal; it is asked to end with the context."""
    command = ["bash", "-euc", f"exec {block.text}" if block.text.count("\n") == 1 else block.text]
    pipe = subprocess.PIPE
    own = terminal(PIP_QUIET="1", **variables)
    with subprocess.Popen(command, cwd=checkout, env=own, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def test_the_section_does_what_it_says(checkout: Path) -> None:
    told = blocks("For the data scientist")
    assert [block.kind for block in told] == ["", "", "python", "text", "", ""]
    with shell(told[SERVE], checkout) as serving:
        assert serving.stdout is not None
        assert "until Ctrl-C" in serving.stdout.readline()
        with shell(told[INSTALL], checkout) as analysis:
            printed, errors = analysis.communicate(told[PYTHON].text, INSTALL_SECONDS)
        assert analysis.returncode == 0, errors
        assert shape(printed) == shape(told[PRINTED].text)
        assert re.search(r"^0 +20.*lost$", printed, re.MULTILINE), printed
        uri = serving.stdout.readline().partition("=")[2].strip().strip("'")
        look_at_the_notebook(told[JUPYTER], checkout, uri)
        look_at_the_views(uri)
        with shell(told[EXPORT], checkout, CASESTREAM_MONGODB_URI=uri) as exporting:
            assert exporting.wait(END_SECONDS) == 0
    files = (checkout.parent / "posts").rglob("*.parquet")
    assert sum(read_metadata(file).num_rows for file in files) == STORED


def look_at_the_notebook(block: Block, checkout: Path, uri: str) -> None:
    """Jupyter shows it, and it runs from top to bottom where it is installed as the README says."""
    (settings := checkout.parent / "jupyter").mkdir()
    (settings / "jupyter_server_config.py").write_text(JUPYTER_SETTINGS)
    folders = {name: str(settings) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    variables = {**folders, "CASESTREAM_MONGODB_URI": uri}
    *before, lab = block.text.splitlines(keepends=True)
    with shell(Block("", "".join(before)), checkout, **variables) as installing:
        assert installing.wait(INSTALL_SECONDS) == 0
    with shell(Block("", lab), checkout, **variables) as jupyter:
        assert jupyter.stderr is not None
        at = next(found for line in jupyter.stderr if (found := re.search(r"(http://\S+)/lab\S*(\?token=\S+)", line)))
        assert kind_of_content(f"{at[1]}/api/contents/first_look.ipynb{at[2]}") == "notebook"
    execute = ["../analysis/bin/jupyter", "execute", "notebooks/first_look.ipynb"]
    subprocess.run(execute, cwd=checkout, env=terminal(**variables), check=True, timeout=END_SECONDS)


def look_at_the_views(uri: str) -> None:
    """What the section asks of them in mongosh."""
    with MongoClient[dict[str, Any]](uri) as client:
        views = client.casestream
        assert sum(1 for _ in views.posts.find({"job": "demo"}, {"id": 1})) == STORED
        assert (views.texts.find_one() or {}).keys() >= {"content", "timestamp", "total_case_count"}


def is_refused(error: BaseException) -> bool:
    """Whether nobody listens there."""
    return isinstance(error, URLError) and isinstance(error.reason, ConnectionRefusedError)


@retry(retry=retry_if_exception(is_refused), wait=wait_fixed(0.1), stop=stop_after_delay(END_SECONDS))
def kind_of_content(address: str) -> str:
    """What Jupyter has there. It tells its address a moment before it listens."""
    with urlopen(address) as answer:
        return str(json.load(answer)["type"])
