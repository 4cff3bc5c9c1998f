"""What stands behind `make dashboard ARGS=`: flags of Streamlit and of the page, in any order, and mistakes."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "arguments",
    [["--port", "8600", "--settings-file", "a.env"], ["--port=8600", "--settings-file", "a.env"],
     ["--settings-file", "a.env", "--port", "8600"]],
)  # fmt: skip
def test_the_port_is_streamlit_s_and_the_rest_the_page_s_wherever_they_stand(
    tmp_path: Path, arguments: list[str]
) -> None:
    (tmp_path / "deploy").mkdir()
    script = Path(shutil.copy(ROOT / "deploy" / "run-dashboard.sh", tmp_path / "deploy"))
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$@"\n')
    python.chmod(0o755)
    told = subprocess.run([script, *arguments], capture_output=True, text=True, check=True).stdout
    assert told.split("dashboard/app.py ")[1] == "--server.port 8600 -- --settings-file a.env\n"


def test_a_flag_that_there_is_not_is_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["app.py", "--settingsfile", "a.env"])
    page = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60).run()
    assert [each.value for each in page.error] == [
        "The dashboard's settings are wrong. Correct them and start it again."
    ]
    assert [each.value for each in page.text] == ["unrecognized arguments: --settingsfile a.env"]
