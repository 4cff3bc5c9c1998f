"""The wheel: what is in it, and that it works where nothing else of the job is installed."""

import subprocess
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

import casestream
from tests.analyst_environment import ROOT, build_wheel, install
from tests.conftest import Documents
from tests.filled import Filling, fill

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

NEEDED = ["pandas", "pyarrow", "pymongo", "pymongoarrow", "tqdm"]
PROGRAM = """
import sys
from importlib.util import find_spec
import casestream
uri, database = sys.argv[1:]
for as_ in ("pandas", "polars", "arrow"):
    print(casestream.load_posts(uri, database=database, as_=as_).shape)
print(casestream.load_counts(uri, database=database)["batches"].tolist())
print([name for name in ("matplotlib", "pyspark", "pydantic") if find_spec(name)])
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from this checkout."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


def test_the_wheel_holds_casestream_and_nothing_of_the_job(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        metadata = message_from_bytes(archive.read(f"casestream-{casestream.__version__}.dist-info/METADATA"))
    files = [file for file in (ROOT / "casestream").rglob("*") if file.is_file() and file.suffix != ".pyc"]
    assert names == {str(file.relative_to(ROOT)) for file in files}
    assert "casestream/py.typed" in names
    needed = [need for need in metadata.get_all("Requires-Dist", []) if "extra ==" not in need]
    assert sorted(need.split(">")[0].split("<")[0] for need in needed) == NEEDED
    assert metadata.get_all("Provides-Extra") == ["polars", "plot"]
    assert metadata.get_payload(decode=True) == (ROOT / "README.md").read_bytes()


def test_who_installs_it_in_a_clean_environment_loads_posts_without_spark(
    wheel: Path, tmp_path: Path, mongodb_uri: str, database: Documents
) -> None:
    fill(database, Filling(batches=3, posts=20))
    python = str(install(wheel, "polars,plot", tmp_path / "environment"))
    command = [python, "-W", "error", "-c", PROGRAM, mongodb_uri, database.name]
    said = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert said.stderr == ""
    assert said.stdout.splitlines() == ["(60, 28)", "(60, 28)", "(60, 28)", "[1, 1, 1]", "['matplotlib']"]
