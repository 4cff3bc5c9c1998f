"""The page keeps up with the database, by itself: with what is stored, and with a database that is away."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from ledger.database import connect
from runtime.embedded import PROGRAM
from runtime.server_process import launch
from tests.browser.conftest import Open, Serve
from tests.browser.contents import Documents
from tests.filled import Filling, fill
from tests.servers.ports import free_ports
from tests.servers.secure_mongodb import PASSWORD, secure_mongodb

pytestmark = pytest.mark.slow

AWAY = "The database cannot be read."


def filling(query: str, *, batches: int = 1, minutes_ago: float = 1) -> Filling:
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=minutes_ago)
    return Filling(query=query, batches=batches, posts=7, begin=begin)


def test_a_batch_stored_while_the_page_is_open_appears_without_a_reload(
    screen: Open, serve: Serve, mongodb_uri: str, database: Documents
) -> None:
    fill(database, filling("first", batches=3, minutes_ago=5))
    url = serve(mongodb_uri, database.name)
    shown = screen(url)
    expect(shown.figure("Posts")).to_have_text("21")
    shown.page.evaluate("window.sameRun = true")
    fill(database, filling("second"))
    expect(shown.figure("Posts")).to_have_text("28")
    expect(shown.panel("last-batches").locator("tbody tr")).to_have_count(4)
    assert shown.page.evaluate("window.sameRun") is True


def test_an_empty_database_is_a_page_that_goes_away_with_the_first_batch(
    screen: Open, serve: Serve, mongodb_uri: str, database: Documents
) -> None:
    url = serve(mongodb_uri, database.name)
    shown = screen(url)
    expect(shown.page.get_by_text("Nothing is stored yet, and no job has run.")).to_be_visible()
    expect(shown.page.get_by_text("make run")).to_be_visible()
    fill(database, filling("first"))
    expect(shown.figure("Posts")).to_have_text("7")


def test_a_database_that_is_away_is_a_page_and_the_panels_come_back_with_it(
    screen: Open, serve: Serve, tmp_path: Path
) -> None:
    (port,) = free_ports(1)
    server = launch(PROGRAM, tmp_path, port)
    try:
        with connect(server.uri, "casestream").client as client:
            fill(client["casestream"], filling("first", batches=2, minutes_ago=3))
            fill(client["casestream"], Filling(job="other", query="other", batches=1))
        url = serve(server.uri, "casestream")
        shown = screen(f"{url}/?job=covid&range=6h")
        expect(shown.figure("Posts")).to_have_text("14")
        server.end()
        expect(shown.page.get_by_text(AWAY)).to_be_visible()
        late = screen(f"{url}/?job=covid&range=6h")
        expect(late.page.get_by_text(AWAY)).to_be_visible()
        expect(late.page.get_by_text("MongoDB cannot be reached")).to_be_visible()
        expect(late.page.get_by_text("Traceback")).to_have_count(0)
        server = launch(PROGRAM, tmp_path, port)
        for each in (shown, late):
            expect(each.figure("Posts")).to_have_text("14")
            expect(each.page).to_have_url(f"{url}/?job=covid&range=6h")
    finally:
        server.end()


def test_a_refused_login_is_a_page_without_the_password(screen: Open, serve: Serve, tmp_path: Path) -> None:
    with secure_mongodb(tmp_path) as server:
        wrong = f"{PASSWORD}-not"
        uri = server.uri(user="analyst", password=wrong)
        url = serve(uri, "casestream", MONGODB_CA_FILE=str(server.certificates.ca))
        shown = screen(url)
        expect(shown.page.get_by_text("refused the login")).to_be_visible()
        expect(shown.page.get_by_text("Correct the user and password")).to_be_visible()
        assert wrong not in shown.page.content()
        url = serve(server.uri(user="analyst"), "casestream", MONGODB_CA_FILE=str(server.certificates.ca))
        expect(screen(url).page.get_by_text("Nothing is stored yet, and no job has run.")).to_be_visible()


def test_wrong_settings_are_a_page(screen: Open, serve: Serve) -> None:
    url = serve("mysql://here", "casestream")
    shown = screen(url)
    expect(shown.page.get_by_text("The dashboard's settings are wrong.")).to_be_visible()
    expect(shown.page.get_by_text("it must begin with mongodb://")).to_be_visible()
