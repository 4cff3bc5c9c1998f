"""Jars of the test servers, fetched by the Ivy that comes with pyspark: no Maven, no container engine."""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

COMPLETE = "complete.json"
IVY_HOME = Path.home() / ".ivy2"
RESOLVE_SECONDS = 600
LAST_LINES = 40


class Unresolved(Exception):
    """Artefacts could not be fetched; the message ends with what Ivy said last."""


@dataclass(frozen=True)
class Artefact:
    """Maven coordinates."""

    group: str
    name: str
    version: str


def resolve(artefacts: Sequence[Artefact], folder: Path, java_home: Path | None = None) -> list[Path]:
    """The jars of these artefacts and of all that they need at run time, in `folder`.

    A folder that is complete is used as it is, without network. Processes that ask at once take turns, whatever
    their folders: Ivy's own cache is shared. Raises: Unresolved.
    """
    if not _complete(artefacts, folder):
        with _turn():
            if not _complete(artefacts, folder):
                _fetch(artefacts, folder, java_command(java_home))
    return sorted(folder.glob("*.jar"))


def java_command(java_home: Path | None = None) -> str:
    """`java` of that home, else of JAVA_HOME, else on PATH. Raises: FileNotFoundError."""
    home = java_home or os.environ.get("JAVA_HOME")
    command = shutil.which(Path(home) / "bin" / "java" if home else "java")
    if command is None:
        raise FileNotFoundError(f"no java in {home}" if home else "no java on PATH, and JAVA_HOME is not set")
    return command


def last_lines(text: str) -> str:
    """The end of a server's or tool's output, for an error message."""
    return "\n".join([line for line in text.splitlines() if line.strip()][-LAST_LINES:])


def _complete(artefacts: Sequence[Artefact], folder: Path) -> bool:
    stamp = folder / COMPLETE
    return stamp.is_file() and json.loads(stamp.read_text()) == _stamp(artefacts, folder)


def _stamp(artefacts: Sequence[Artefact], folder: Path) -> dict[str, object]:
    wanted = sorted(f"{a.group}:{a.name}:{a.version}" for a in artefacts)
    return {"artefacts": wanted, "bytes": {jar.name: jar.stat().st_size for jar in sorted(folder.glob("*.jar"))}}


@contextmanager
def _turn() -> Iterator[None]:
    IVY_HOME.mkdir(parents=True, exist_ok=True)
    with (IVY_HOME / "test-servers.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(artefacts: Sequence[Artefact], folder: Path, java: str) -> None:
    """Whole or not at all: the folder gets its name when everything is in it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
        jars = Path(scratch) / "jars"
        _run_ivy(artefacts, Path(scratch), jars, java)
        (jars / COMPLETE).write_text(json.dumps(_stamp(artefacts, jars)))
        if folder.exists():
            folder.rename(Path(scratch) / "former")
        jars.rename(folder)


def _run_ivy(artefacts: Sequence[Artefact], scratch: Path, jars: Path, java: str) -> None:
    module = scratch / "ivy.xml"
    module.write_text(_module(artefacts))
    pattern = f"{jars}/[artifact]-[revision](-[classifier]).[ext]"
    # snappy-java and its like are of the type "bundle": a jar all the same.
    command = [java, "-cp", str(_ivy_jar()), "org.apache.ivy.Main", "-ivy", str(module), "-cache", f"{IVY_HOME}/cache"]
    command += ["-confs", "default", "-retrieve", pattern, "-types", "jar", "bundle"]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=RESOLVE_SECONDS, check=False
    )
    if done.returncode or not jars.is_dir() or "UNRESOLVED DEPENDENCIES" in done.stdout:
        names = ", ".join(f"{a.group}:{a.name}:{a.version}" for a in artefacts)
        raise Unresolved(f"{names} could not be fetched; Ivy ended with\n{last_lines(done.stdout)}")


def _module(artefacts: Sequence[Artefact]) -> str:
    wanted = "\n".join(
        f'<dependency org="{a.group}" name="{a.name}" rev="{a.version}" conf="default->default"/>' for a in artefacts
    )
    return f"""<ivy-module version="2.0">
<info organisation="casestream" module="test-servers"/>
<configurations><conf name="default"/></configurations>
<dependencies>
{wanted}
</dependencies>
</ivy-module>
"""


def _ivy_jar() -> Path:
    spec = find_spec("pyspark")
    places = list(spec.submodule_search_locations or []) if spec else []
    found = [jar for place in places for jar in Path(place).glob("jars/ivy-*.jar")]
    if not found:
        raise FileNotFoundError("pyspark brings no ivy-*.jar")
    return found[0]
