"""An image without an engine: the steps of the project's Dockerfile, carried out in folders, a folder for a stage.

What needs an engine or the network is not done: Debian's packages, the user, and pip's download; the packages of
a lock are copied from the tests' own environment instead, and no others.
"""

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

_ENGINES_OWN = ("apt-get ", "rm -rf /var/lib/apt", "useradd ")
_BASE_PYTHON = Path(sys.base_prefix, "bin", "python3.11")


@dataclass
class Stage:
    """A file system: `root` stands for /. `variables` are what ENV says, `entry` and `health` the commands."""

    root: Path
    folder: str = "/"
    variables: dict[str, str] = field(default_factory=dict)
    entry: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)
    user: str = "root"

    def place(self, path: str) -> Path:
        """Where that path of the image is."""
        return self.root / str(Path(self.folder, path)).lstrip("/")

    def environment(self) -> dict[str, str]:
        """The image's variables, and nothing of the tests' own environment but the way to the system's programs."""
        variables = {name: value.replace("/app", str(self.place("/app"))) for name, value in self.variables.items()}
        base = f"{self.place('/base/bin')}{os.pathsep}{os.environ['PATH']}"
        home = {"HOME": str(Path.home()), "LANG": "C.UTF-8"}
        return home | variables | {"PATH": variables.get("PATH", "$PATH").replace("$PATH", base)}


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """Each instruction and what stands behind it, on one line."""
    lines = [line for line in dockerfile.read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(line.split(None, 1)[0], line.split(None, 1)[1].strip()) for line in joined.splitlines() if line.strip()]


def build(project: Path, work: Path, target: str | None = None) -> Stage:
    """The stage of that name of the project's Dockerfile; without one the last.

    Raises CalledProcessError; ValueError for a step it does not know.
    """
    stages: list[tuple[str, Stage]] = []
    for word, rest in instructions(project / "Dockerfile"):
        if word == "FROM" and stages and stages[-1][0] == target:
            break
        if word == "FROM":
            image, _, name = rest.partition(" AS ")
            stages.append((name, _begun(work / f"stage-{len(stages)}", dict(stages).get(image))))
        else:
            _take(project, dict(stages), stages[-1][1], word, rest)
    return stages[-1][1]


def _begun(root: Path, parent: Stage | None) -> Stage:
    stage = Stage(root)
    if parent is not None:
        stage.folder, stage.variables = parent.folder, dict(parent.variables)
    programs = root / "base/bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(_BASE_PYTHON)
    stage.place(".").mkdir(parents=True, exist_ok=True)
    return stage


def _take(project: Path, stages: dict[str, Stage], stage: Stage, word: str, rest: str) -> None:
    match word:
        case "WORKDIR":
            stage.folder = rest
            stage.place(".").mkdir(parents=True, exist_ok=True)
        case "RUN":
            for command in rest.split(" && "):
                _run(stage, command.strip())
        case "COPY":
            _copy(project, stages, stage, rest)
        case "ENV":
            stage.variables |= dict(each.split("=", 1) for each in shlex.split(rest))
        case "USER":
            stage.user = rest
        case "ENTRYPOINT":
            stage.entry = json.loads(rest)
        case "HEALTHCHECK":
            stage.health = json.loads(rest.partition(" CMD ")[2])
        case "ARG" | "EXPOSE" | "LABEL" | "VOLUME":
            pass
        case _:
            raise ValueError(f"{word} is not known here")


def _run(stage: Stage, command: str) -> None:
    if command.startswith(_ENGINES_OWN):
        return
    if "pip install" in command:
        lock = stage.place(shlex.split(command)[-1])
        _install(lock, stage.place(".venv/lib/python3.11/site-packages"))
        return
    command = re.sub(r" --(owner|group)=\S+", "", command)
    subprocess.run(["sh", "-c", command], cwd=stage.place("."), env=stage.environment(), check=True)


def _install(lock: Path, into: Path) -> None:
    """The packages that the lock names and this platform has, by links: they are large."""
    for name, version, condition in re.findall(r"^([\w.-]+)==(\S+)( ;.*)?$", lock.read_text(), re.MULTILINE):
        try:
            found = distribution(name)
        except PackageNotFoundError:
            if condition:  # for another platform
                continue
            raise
        if condition and found.version != version:
            continue
        for file in found.files or ():
            source, target = Path(str(found.locate_file(file))), into / file
            if ".." not in file.parts and source.is_file() and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                _link(str(source), str(target))


def _copy(project: Path, stages: dict[str, Stage], stage: Stage, rest: str) -> None:
    words = shlex.split(rest)
    origin = stages[words.pop(0).removeprefix("--from=")] if words[0].startswith("--from=") else None
    *sources, target = words
    into = stage.place(target)
    for source in sources:
        path = origin.place(source) if origin else project / source
        if not path.is_dir():
            into.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, into / path.name)
        elif origin:
            shutil.copytree(path, into, symlinks=True, copy_function=_link)
        else:
            _copy_context(project, into)


def _copy_context(project: Path, into: Path) -> None:
    """The files that git knows or would take, less those that .dockerignore names."""
    patterns = [line for line in (project / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (project / name).is_file() and not _is_ignored(name, patterns):
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(project / name, into / name)


def _is_ignored(name: str, patterns: list[str]) -> bool:
    """A pattern of .dockerignore is of the project's root, and takes a folder with all that is in it."""
    parts = Path(name).parts
    places = ["/".join(parts[: depth + 1]) for depth in range(len(parts))]
    return any(
        any(fnmatch.fnmatch(part, pattern[3:]) for part in parts)
        if pattern.startswith("**/")
        else any(place.count("/") == pattern.count("/") and fnmatch.fnmatch(place, pattern) for place in places)
        for pattern in patterns
    )


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # another file system
        shutil.copy2(source, target, follow_symlinks=False)
