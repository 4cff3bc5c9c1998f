"""The operator's commands within this process, which is quicker than one of its own for each."""

import sys
from typing import NamedTuple

import pytest

from manage import main
from tests.conftest import Documents


class Ended(NamedTuple):
    code: int
    stdout: str
    stderr: str


def run_manage(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> Ended:
    """A command to its end."""
    monkeypatch.setattr(sys, "argv", ["manage.py", *arguments])
    try:
        code = main()
    except SystemExit as end:
        code = int(end.code or 0)
    return Ended(code, *capsys.readouterr())


class Commands:
    """manage.py for one database."""

    def __init__(
        self, uri: str, database: Documents, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        monkeypatch.setenv("CASESTREAM_MONGODB_URI", uri)
        monkeypatch.setenv("CASESTREAM_DATABASE", database.name)

    def run(self, *arguments: str) -> Ended:
        """To its end."""
        return run_manage(self._monkeypatch, self._capsys, *arguments)

    def done(self, *arguments: str) -> list[str]:
        """What a command said that must do its work."""
        ended = self.run(*arguments)
        assert ended.code == 0, ended.stdout + ended.stderr
        return ended.stdout.splitlines()

    def notes(self) -> list[str]:
        """What `verify` finds, which must be no damage: of each note what it is."""
        return [line.split(": ")[2] for line in self.done("verify") if line.startswith("note: ")]
