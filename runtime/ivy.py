"""Jars from Maven's central repository, fetched by the Ivy that comes with pyspark: nobody needs Maven.

Its command line: https://ant.apache.org/ivy/history/latest-milestone/standalone.html
"""

import fcntl
import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

COMPLETE = "complete.json"
IVY_HOME = Path.home() / ".ivy2"
RESOLVE_SECONDS = 600
LAST_LINES = 20
WHAT_TO_DO = """\
Is the machine on the network? Java does not read https_proxy; behind a proxy set
  JAVA_TOOL_OPTIONS='-Dhttps.proxyHost=HOST -Dhttps.proxyPort=PORT'
and where a certificate authority of your own stands in between
  JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore=FILE"""


class Unresolved(Exception):
    """Artefacts could not be fetched; the message has what Ivy said last, and what can be done."""


@dataclass(frozen=True)
class Artefact:
    """Maven coordinates."""

    group: str
    name: str
    version: str

    def __str__(self) -> str:
        """As Spark's `spark.jars.packages` has it."""
        return f"{self.group}:{self.name}:{self.version}"


def resolve(
    artefacts: Sequence[Artefact],
    folder: Path,
    java_home: Path,
    *,
    keep: Callable[[Path], bool] = lambda _jar: True,
    ivy_home: Path = IVY_HOME,
) -> list[Path]:
    """The jars of these artefacts and of all that they need at run time, in `folder`, less those not to `keep`.

    A folder that is complete is used as it is, without network; any other is replaced, whole or not at all.
    Processes that ask at once take turns, whatever their folders: `ivy_home`, the cache, is shared. Raises Unresolved
    where one could not be fetched, OSError where a folder cannot be used.
    """
    if complete(artefacts, folder) is None:
        with _turn(ivy_home):
            if complete(artefacts, folder) is None:
                _fetch(artefacts, folder, java_home, keep, ivy_home)
    return sorted(folder.glob("*.jar"))


def complete(artefacts: Sequence[Artefact], folder: Path) -> list[Path] | None:
    """The jars in a folder that `resolve` filled with these artefacts; None if it did not, or one has changed since."""
    stamp = folder / COMPLETE
    if not stamp.is_file() or json.loads(stamp.read_text()) != _stamp(artefacts, folder):
        return None
    return sorted(folder.glob("*.jar"))


def last_lines(text: str) -> str:
    """The last 20 lines of a server's or tool's output that are not blank, for an error message."""
    return "\n".join([line for line in text.splitlines() if line.strip()][-LAST_LINES:])


def pyspark_jars() -> Path:
    """The folder of the jars that pyspark brings, found without importing it. Raises FileNotFoundError without it."""
    spec = find_spec("pyspark")
    for place in (spec.submodule_search_locations or []) if spec else []:
        if (jars := Path(place, "jars")).is_dir():
            return jars
    raise FileNotFoundError("pyspark is not installed in this Python: run make setup")


def _stamp(artefacts: Sequence[Artefact], folder: Path) -> dict[str, object]:
    wanted = sorted(str(artefact) for artefact in artefacts)
    return {"artefacts": wanted, "bytes": {jar.name: jar.stat().st_size for jar in sorted(folder.glob("*.jar"))}}


@contextmanager
def _turn(ivy_home: Path) -> Iterator[None]:
    ivy_home.mkdir(parents=True, exist_ok=True)
    with (ivy_home / "casestream.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(
    artefacts: Sequence[Artefact], folder: Path, java_home: Path, keep: Callable[[Path], bool], ivy_home: Path
) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
        jars = Path(scratch, "jars")
        _run_ivy(artefacts, jars, java_home, ivy_home)
        for jar in [jar for jar in jars.glob("*.jar") if not keep(jar)]:
            jar.unlink()
        (jars / COMPLETE).write_text(json.dumps(_stamp(artefacts, jars)))
        if folder.exists():
            folder.rename(Path(scratch, "former"))
        jars.rename(folder)


def _run_ivy(artefacts: Sequence[Artefact], jars: Path, java_home: Path, ivy_home: Path) -> None:
    module = jars.with_name("ivy.xml")
    module.write_text(_module(artefacts))
    ivy = next(pyspark_jars().glob("ivy-*.jar"))
    command = [str(java_home / "bin" / "java"), "-cp", str(ivy), "org.apache.ivy.Main", "-ivy", str(module)]
    command += ["-cache", str(ivy_home / "cache"), "-confs", "default"]
    # snappy-java and its like are of the type "bundle": a jar all the same.
    command += ["-retrieve", f"{jars}/[artifact]-[revision](-[classifier]).[ext]", "-types", "jar", "bundle"]
    log = module.with_suffix(".log")
    with log.open("wb") as output, suppress(subprocess.TimeoutExpired):
        done = subprocess.run(command, stdout=output, stderr=output, timeout=RESOLVE_SECONDS, check=False)
        if done.returncode == 0 and jars.is_dir() and b"UNRESOLVED DEPENDENCIES" not in log.read_bytes():
            return
    names, said = ", ".join(str(artefact) for artefact in artefacts), log.read_text(errors="replace")
    raise Unresolved(f"{names} could not be fetched; Ivy ended with\n{last_lines(said)}\n{WHAT_TO_DO}")


def _module(artefacts: Sequence[Artefact]) -> str:
    wanted = "\n".join(
        f'<dependency org="{a.group}" name="{a.name}" rev="{a.version}" conf="default->default"/>' for a in artefacts
    )
    return f"""<ivy-module version="2.0">
<info organisation="casestream" module="jars"/>
<configurations><conf name="default"/></configurations>
<dependencies>
{wanted}
</dependencies>
</ivy-module>
"""
