"""`manage.py doctor`, within this process."""

import json
import os
from typing import Any, NamedTuple

import pytest

from settings.frozen import PREFIX
from tests.integration.in_process import Ended, run_manage

_SIGNS = {"✓": "ok", "✗": "failed", "!": "warning", "–": "skipped"}


class Told(NamedTuple):
    """lines: for people, by check."""

    code: int
    lines: dict[str, list[str]]

    def marked(self, mark: str) -> list[str]:
        """The checks of which a line has that mark."""
        return [check for check, lines in self.lines.items() if mark in {_SIGNS[line[0]] for line in lines}]

    def line(self, check: str) -> str:
        """The only one of that check."""
        (line,) = self.lines[check]
        return line

    def only(self, check: str, *pieces: str) -> None:
        """Nothing but that check has failed, and its line has these pieces."""
        assert (self.code, self.marked("failed")) == (1, [check]), self.lines
        assert not [piece for piece in pieces if piece not in self.line(check)], self.line(check)

    def only_warned(self, check: str, *pieces: str) -> None:
        """Nothing has failed, that check alone warns, and its line has these pieces."""
        assert (self.code, self.marked("failed"), self.marked("warning")) == (0, [], [check]), self.lines
        assert not [piece for piece in pieces if piece not in self.line(check)], self.line(check)


class Doctor:
    """Runs it with settings and no others."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def run(self, *arguments: str, secrets: str | tuple[str, ...] = (), **settings: str) -> Told:
        """For people. secrets: one or several that must be shown nowhere; then programs are told too."""
        ended = self._run(arguments, settings)
        lines: dict[str, list[str]] = {}
        for line in ended.stdout.splitlines():
            lines.setdefault(line[2:].split("  ")[0], []).append(line)
        if secrets:
            as_json = self._run(("--json", *arguments), settings)
            everything = ended.stdout + ended.stderr + as_json.stdout + as_json.stderr
            hidden = (secrets,) if isinstance(secrets, str) else secrets
            assert not [secret for secret in hidden if secret in everything]
        return Told(ended.code, lines)

    def as_json(self, *arguments: str, **settings: str) -> dict[str, Any]:
        """For programs."""
        ended = self._run(("--json", *arguments), settings)
        told: dict[str, Any] = json.loads(ended.stdout)
        assert told["ok"] == (ended.code == 0)
        return told

    def _run(self, arguments: tuple[str, ...], settings: dict[str, str]) -> Ended:
        for name in [name for name in os.environ if name.startswith(PREFIX) and "_TEST_" not in name]:
            self._monkeypatch.delenv(name)
        for name, value in settings.items():
            self._monkeypatch.setenv(f"{PREFIX}{name.upper()}", value)
        return run_manage(self._monkeypatch, self._capsys, "doctor", *arguments)
