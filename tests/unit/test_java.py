"""Which Java is chosen when there are several, or none."""

import os
import sys
from pathlib import Path

import pytest

from runtime.java import find_java_home


def java(folder: Path, version: str) -> Path:
    """A Java home that knows its version, as every real one does."""
    (folder / "bin").mkdir(parents=True)
    (folder / "release").write_text(f'IMPLEMENTOR="nobody"\nJAVA_VERSION="{version}"\nJAVA_VERSION_DATE="2025-04-15"\n')
    return speaking(folder / "bin" / "java", "exit 1").parent.parent


def speaking(command: Path, script: str) -> Path:
    command.parent.mkdir(parents=True, exist_ok=True)
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    return command


def test_java_home_wins_over_path(tmp_path: Path) -> None:
    home, other = java(tmp_path / "home", "17.0.9"), java(tmp_path / "other", "17.0.15")
    assert find_java_home({"JAVA_HOME": str(home), "PATH": str(other / "bin")}) == home


@pytest.mark.parametrize("version", ["1.8.0_392", "11.0.2", "21", "25.0.1"])
def test_another_version_is_passed_over(tmp_path: Path, version: str) -> None:
    home, other = java(tmp_path / "home", version), java(tmp_path / "other", "17")
    assert find_java_home({"JAVA_HOME": str(home), "PATH": str(other / "bin")}) == other


def test_a_link_on_path_leads_to_its_home(tmp_path: Path) -> None:
    home = java(tmp_path / "home", "17.0.9")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").symlink_to(home / "bin" / "java")
    assert find_java_home({"PATH": str(tmp_path / "bin")}) == home


def test_a_stand_in_on_path_is_asked_for_its_home(tmp_path: Path) -> None:
    home = java(tmp_path / "home", "17.0.9")
    speaking(tmp_path / "shims" / "java", f"echo '    java.home = {home}' >&2")
    assert find_java_home({"PATH": str(tmp_path / "shims")}) == home


@pytest.mark.parametrize("release", [None, b"\xff\xfe", b""])
def test_a_home_whose_release_file_says_nothing_is_asked_for_its_version(tmp_path: Path, release: bytes | None) -> None:
    speaking(tmp_path / "bin" / "java", "printf '\\377\\n    java.specification.version = 17\\n' >&2")
    if release is not None:
        (tmp_path / "release").write_bytes(release)
    assert find_java_home({"JAVA_HOME": str(tmp_path)}) == tmp_path


@pytest.mark.parametrize("script", ["exit 1", "echo nothing of use >&2"])
def test_what_does_not_say_that_it_is_17_is_not_used(tmp_path: Path, script: str) -> None:
    speaking(tmp_path / "bin" / "java", script)
    found = find_java_home({"JAVA_HOME": str(tmp_path / "gone"), "PATH": str(tmp_path / "bin")})
    assert found is None or found.is_relative_to(sys.prefix)


def test_this_machine_has_one() -> None:
    found = find_java_home(os.environ)
    assert found is not None
    assert os.access(found / "bin" / "java", os.X_OK)
