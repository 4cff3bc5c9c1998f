"""A page of the dashboard while jobs come: run as Streamlit runs it, without a browser."""

import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.choice import Choice
from tests.conftest import Documents
from tests.filled import Filling, fill

APP = str(Path(__file__).parents[2] / "dashboard" / "app.py")


def opened() -> AppTest:
    """The page of one more viewer, when it has come to rest."""
    page = AppTest.from_file(APP, default_timeout=10)
    page.query_params["job"], page.query_params["range"] = "covid", "all"
    return page.run()


def test_who_comes_after_a_job_that_the_last_reading_did_not_know_sees_the_page_and_the_job(
    database: Documents, mongodb_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASESTREAM_MONGODB_URI", mongodb_uri)
    monkeypatch.setenv("CASESTREAM_DATABASE", database.name)
    monkeypatch.setattr(sys, "argv", ["app.py"])
    monkeypatch.setattr(Choice, "turn", lambda *_: 1)
    fill(database, Filling())
    assert opened().selectbox[0].options == ["covid"]
    fill(database, Filling(job="new", query="2222", batches=0))
    page = opened()
    assert page.selectbox[0].options == ["covid", "new"]
    assert [figure.value for figure in page.metric if figure.label == "Posts"] == ["180"]
