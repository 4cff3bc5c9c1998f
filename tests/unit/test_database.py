"""The job's own connection to MongoDB says plainly what is wrong with it."""

import pytest

from errors import CannotStart
from ledger.database import connect, reach


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://",
        "mongodb://user:hunter2/@host",
        "mongodb://user:a@hunter2@h",
        "mongodb+srv://user:hunter2%40h.example.com/",
    ],
)
def test_an_address_that_is_none_is_no_start_and_is_not_shown(uri: str) -> None:
    with pytest.raises(CannotStart, match="CASESTREAM_MONGODB_URI is no address that pymongo can use") as raised:
        connect(uri, "test")
    assert "hunter2" not in str(raised.value)


def test_times_are_aware_and_writes_are_acknowledged_by_a_majority_and_journalled() -> None:
    database = connect("mongodb://127.0.0.1:1/?readPreference=secondary&w=0", "test")
    with database.client:
        assert database.codec_options.tz_aware
        assert database.write_concern.document == {"w": "majority", "j": True}
        assert database.read_preference.name == "Primary"


def test_a_server_that_is_away_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.database._SELECTION_MILLISECONDS", 1)
    database = connect("mongodb://127.0.0.1:1/", "test")
    with database.client:
        why = reach(database)
    assert why is not None
    assert "Connection refused" in why
    assert "Topology" not in why
