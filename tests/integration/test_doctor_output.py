"""What `manage.py doctor` writes, wherever it goes and whatever else writes there."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from manage import main
from tests.integration.doctored import Doctor
from tests.integration.jobs import ROOT, environment

NOISY = """
print("a greeting")
from tests.words_source import Words
"""


def test_what_a_source_of_ones_own_prints_is_no_part_of_the_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "noisy_source.py").write_text(NOISY)
    monkeypatch.syspath_prepend(tmp_path)
    told = Doctor(monkeypatch, capsys).as_json("--source", "noisy_source:Words")
    assert "noisy_source" in sys.modules
    assert told["checks"][0]["said"].startswith("--jobname (CASESTREAM_JOBNAME) is missing")


def test_json_is_ascii_whatever_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["manage.py", "doctor", "--json", "--source", "caf\xe9\udcff\x1b[31m"])
    assert main() == 1
    said = capsys.readouterr().out
    assert said.isascii()
    assert [
        each["said"] for each in json.loads(said)["checks"] if "caf\xe9\\udcff\\x1b[31m: it must be" in each["said"]
    ]


def test_without_any_output_the_exit_code_says_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["manage.py", "doctor"])
    monkeypatch.setattr(sys, "stdout", None)
    assert main() == 1


def test_ctrl_c_ends_it_at_once_and_leaves_the_lines_that_are_known(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent:
        away = {"mongodb_uri": f"mongodb://127.0.0.1:{silent.getsockname()[1]}"}
        given = environment({**away, "jobname": "demo", "source": "socket", "count_provider": "none"})
        command = [sys.executable, str(ROOT / "manage.py"), "doctor", "--timeout", "600"]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=given
        ) as process:
            assert process.stdout is not None
            first = process.stdout.readline()
            process.send_signal(signal.SIGINT)
            rest, errors = process.communicate(timeout=60)
    assert first.endswith("settings    job demo, source socket, a batch every 20 s\n")
    assert "mongodb" not in rest
    assert (process.returncode, errors) == (130, "")


@pytest.mark.parametrize(("output", "code", "said"), [
    ("a reader that has left", 1, ""), ("a full disk", 1, "[Errno 28] No space left on device\n"),
])  # fmt: skip
def test_output_that_cannot_be_written_ends_it_without_a_traceback(
    output: str, code: int, said: str, tmp_path: Path
) -> None:
    command = [sys.executable, str(ROOT / "manage.py"), "doctor"]
    with subprocess.Popen(["true"], stdin=subprocess.PIPE) as reader, Path("/dev/full").open("w") as full:
        reader.wait(30)
        out = full if output == "a full disk" else reader.stdin
        done = subprocess.run(
            command, stdout=out, stderr=subprocess.PIPE, text=True, cwd=tmp_path, timeout=60, check=False
        )
    assert (done.returncode, done.stderr) == (code, said)
