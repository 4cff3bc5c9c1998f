"""What `make package` sends of the code."""

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

from deploy.code_zip import ROOT, write


def test_the_same_code_makes_the_same_bytes_whenever_it_was_written(tmp_path: Path) -> None:
    for number, name in enumerate(("one", "two")):
        package = tmp_path / name / "package"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("")
        (tmp_path / name / "module.py").write_text("here = True\n")
        os.utime(tmp_path / name / "module.py", (number, number))
        write(tmp_path / name, tmp_path / f"{name}.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_it_holds_every_package_and_module_but_no_tests_and_no_entry_points(tmp_path: Path) -> None:
    write(ROOT, tmp_path / "code.zip")
    held = ZipFile(tmp_path / "code.zip").namelist()
    assert {"settings/kafka.py", "errors.py", "runtime/job.py", "operations/x_stand_in/rules.py"} <= set(held)
    tops = {name.split("/")[0] for name in held}
    assert not tops & {"tests", "dashboard", "deploy", "docs", "demo", "main.py", "manage.py"}
    assert all(name.endswith(".py") for name in held)


def test_the_job_runs_from_it(tmp_path: Path) -> None:
    write(ROOT, tmp_path / "code.zip")
    (tmp_path / "main.py").write_bytes((ROOT / "main.py").read_bytes())
    asked = [sys.executable, str(tmp_path / "main.py"), "--help"]
    variables = {**os.environ, "PYTHONPATH": str(tmp_path / "code.zip")}
    done = subprocess.run(asked, cwd=tmp_path, env=variables, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "--kafka-topics" in done.stdout
