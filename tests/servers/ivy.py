"""Jars of the test servers, fetched as the job's own are; and the Java that runs them."""

import os
from collections.abc import Sequence
from pathlib import Path

from runtime import ivy
from runtime.ivy import Artefact, Unresolved, last_lines
from runtime.java import VERSION, find_java_home

__all__ = ["Artefact", "Unresolved", "java_command", "last_lines", "resolve"]


def resolve(artefacts: Sequence[Artefact], folder: Path, java_home: Path | None = None) -> list[Path]:
    """See `runtime.ivy.resolve`; with that Java, else the one that the job would take. Raises: Unresolved."""
    return ivy.resolve(artefacts, folder, java_home or _java_home())


def java_command(java_home: Path | None = None) -> str:
    """`java` of that home, else of the one that the job would take. Raises: FileNotFoundError."""
    return str((java_home or _java_home()) / "bin" / "java")


def _java_home() -> Path:
    found = find_java_home(os.environ)
    if found is None:
        raise FileNotFoundError(f"there is no Java {VERSION}: run make setup")
    return found
