"""The database that other tests fill is as a job leaves it."""

import sys

import pytest

from manage import main
from tests.conftest import Documents
from tests.filled import Filling, fill


def test_a_filled_database_is_whole(
    mongodb_uri: str, database: Documents, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(database, Filling(batches=4, posts=50, dead_letters=3, parts=2))
    monkeypatch.setenv("CASESTREAM_MONGODB_URI", mongodb_uri)
    monkeypatch.setenv("CASESTREAM_DATABASE", database.name)
    monkeypatch.setattr(sys, "argv", ["manage.py", "verify"])
    with pytest.raises(SystemExit) as end:
        sys.exit(main())
    assert end.value.code == 0, capsys.readouterr()
    assert "200 posts" in capsys.readouterr().out
