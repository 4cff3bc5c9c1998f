"""What a data scientist has: the wheel of this checkout in an environment of its own, and nothing of the job."""

import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]


def build_wheel(folder: Path) -> Path:
    """The wheel, in the folder; built from a copy, so that nothing is left in the checkout. Asks PyPI."""
    source = folder / "source"
    shutil.copytree(ROOT / "casestream", source / "casestream", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source)
    _pip(Path(sys.executable), "wheel", "--no-deps", "--wheel-dir", str(folder), str(source))
    return next(folder.glob("casestream-*.whl"))


def install(wheel: Path, extras: str, folder: Path) -> Path:
    """A new environment in the folder with the wheel and those extras, from PyPI: its Python."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    _pip(python, "install", f"casestream[{extras}] @ {wheel.as_uri()}")
    return python


def _pip(python: Path, *arguments: str) -> None:
    subprocess.run([python, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments], check=True)
