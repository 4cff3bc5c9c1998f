"""Every panel shows what is stored, as it is stored, on every screen."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from uuid import uuid4

import pytest
from playwright.sync_api import ViewportSize, expect

from dashboard import words
from dashboard.queries.posts import LATEST
from ledger.database import connect
from tests.browser import contents
from tests.browser.conftest import WIDE, Open
from tests.browser.contents import NASTY, NASTY_CAUSE, NASTY_TAG, Documents
from tests.browser.served import served

pytestmark = pytest.mark.slow

PHONE: ViewportSize = {"width": 390, "height": 844}
HEADINGS = ["Posts per batch", "Lag", "Last batches", "Latest posts", "Top hashtags", "Languages"]
LOSSES = ["Dead letters", "Gaps"]


@pytest.fixture(scope="module")
def stored(mongodb_uri: str) -> Iterator[Documents]:
    database = connect(mongodb_uri, f"test_{uuid4().hex[:12]}")
    with database.client:
        contents.store(database)
        yield database
        database.client.drop_database(database.name)


@pytest.fixture(scope="module")
def dashboard(mongodb_uri: str, stored: Documents) -> Iterator[str]:
    with served(mongodb_uri, stored.name) as url:
        yield url


def test_every_figure_is_that_of_the_committed_batches(screen: Open, dashboard: str, stored: Documents) -> None:
    shown = screen(f"{dashboard}/?job=covid&range=all")
    batches = contents.committed(stored, "covid")
    expect(shown.figure("Batches")).to_have_text(f"{len(batches)}")
    for label, name in (("Posts", "posts"), ("Dead letters", "dead_letters"), ("Duplicates dropped", "duplicates")):
        expect(shown.figure(label)).to_have_text(f"{sum(batch[name] for batch in batches):,}")
    expect(shown.figure("Longest lag")).to_have_text("2.0 s")
    expect(shown.figure("Coronavirus cases, world-wide, ever")).to_have_text("704,753,890")
    expect(shown.panel("case-count")).to_contain_text("live")
    expect(shown.panel("case-count")).to_contain_text("stale: the number is old, or has been the same for long.")
    expect(shown.panel("case-count")).to_contain_text("as of 13 April 2024: ")
    expect(shown.panel("case-count")).to_contain_text(" years")
    headings = shown.page.locator("h3")
    expect(headings).to_have_text([*HEADINGS, *LOSSES])


def test_every_table_is_that_of_the_database(screen: Open, dashboard: str, stored: Documents) -> None:
    shown = screen(f"{dashboard}/?job=covid&range=all")
    expect(shown.panel("gaps").locator("tbody tr")).to_have_count(2)
    assert shown.cells("last-batches") == [
        [words.short(batch["timestamp"]), f"{batch['posts']}", "3", "0", "1.0 s", "2.0 s", "704,753,890"]
        for batch in contents.committed(stored, "covid")[:10]
    ]
    posts = list(contents.posts(stored, "covid"))
    tags = (f"#{tag}" for post in posts for tag in {each.lower() for each in post["hashtags"]})
    assert [row[:2] for row in shown.cells("hashtags")] == contents.commonest(tags)
    languages = contents.commonest(post["lang"] or "not given" for post in posts)
    assert sorted(row[:2] for row in shown.cells("languages")) == sorted(languages)
    expect(shown.panel("languages")).to_contain_text(f"Of all {len(posts):,} posts in the range.")
    last = stored["batches"].find_one({"state": "planned"})
    assert last is not None
    letters = stored["dead_letters"].find({"job": "covid", "batch_id": {"$ne": last["batch_id"]}})
    reasons = Counter(letter["problem"] for letter in letters)
    assert {row[1]: row[2:] for row in shown.cells("dead-letters")} == {
        reason: [f"{count}", f"{count}"] for reason, count in reasons.items()
    }
    expect(shown.panel("dead-letters")).to_contain_text("manage.py requeue --jobname covid")
    lasting, over = shown.cells("gaps")
    assert (lasting[1], lasting[3]) == ("goes on", NASTY_CAUSE)
    assert over[2:] == ["2 minutes", "the peer hung up", "lost"]
    for chart in ("posts-per-batch", "lag"):
        expect(shown.panel(chart)).to_contain_text("Shaded: the feed was not heard.")
        expect(shown.panel(chart).locator("canvas, svg.marks").first).to_be_visible()


def test_what_is_not_as_it_should_be_stands_at_the_top(screen: Open, dashboard: str) -> None:
    shown = screen(f"{dashboard}/?job=covid&range=all")
    expect(shown.panel("health")).to_contain_text("Stopped")
    expect(shown.panel("health")).to_contain_text("on localhost")
    alerts = shown.page.get_by_test_id("stAlert")
    expect(alerts.filter(has_text="The feed has not been heard for ")).to_be_visible()
    expect(alerts.filter(has_text="Micro-batch 29 was begun ")).to_be_visible()


def test_posts_are_shown_as_their_text_and_nothing_in_them_runs(screen: Open, dashboard: str) -> None:
    shown = screen(f"{dashboard}/?job=covid&range=all")
    posts = shown.panel("latest-posts").locator("[class*='st-key-post-']")
    expect(posts).to_have_count(LATEST)
    for number, text in enumerate(NASTY):
        heading, body = posts.nth(number).get_by_test_id("stText").all_text_contents()
        assert body == text
        assert "author <u>me</u>" in heading
    assert [f"#{NASTY_TAG}", f"{len(NASTY)}"] in [row[:2] for row in shown.cells("hashtags")]
    for name in ("script", "img", "strong", "em", "u", "b", ".katex", "a"):
        expect(posts.locator(name)).to_have_count(0)
    assert shown.page.evaluate("window.hacked") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_it_fits_the_screen_in_both_colour_schemes(
    screen: Open, dashboard: str, tmp_path: Path, scheme: Literal["light", "dark"], size: ViewportSize
) -> None:
    shown = screen(f"{dashboard}/?job=covid", scheme=scheme, size=size)
    expect(shown.panel("gaps").locator("tbody tr")).to_have_count(2)
    expect(shown.panel("lag").locator("canvas, svg.marks").first).to_be_visible()
    assert shown.overflow() == 0
    picture = tmp_path / f"{scheme}-{size['width']}.png"
    shown.page.get_by_test_id("stMainBlockContainer").screenshot(path=picture)
    color = "getComputedStyle(document.querySelector('.stApp')).backgroundColor"
    brightness = sum(int(part) for part in shown.page.evaluate(f"{color}.match(/[0-9]+/g)")[:3])
    assert (brightness > 3 * 128) == (scheme == "light")
    assert picture.stat().st_size > 20_000


def test_a_job_and_a_range_are_chosen_and_the_address_shows_the_same_again(screen: Open, dashboard: str) -> None:
    shown = screen(dashboard)
    expect(shown.figure("Batches")).to_have_text("29")
    expect(shown.page).to_have_url(f"{dashboard}/?job=covid&range=1h")
    shown.page.get_by_role("combobox").click()
    shown.page.get_by_role("option", name="other").click()
    expect(shown.page.get_by_text("This job has stored nothing in this time range.")).to_be_visible()
    shown.page.get_by_role("radio", name="6 h").click()
    expect(shown.figure("Posts")).to_have_text("14")
    expect(shown.page).to_have_url(f"{dashboard}/?job=other&range=6h")
    again = screen(shown.page.url)
    expect(again.figure("Posts")).to_have_text("14")


def test_an_own_range_has_its_ends_in_the_address(screen: Open, dashboard: str, stored: Documents) -> None:
    newest = contents.committed(stored, "covid")
    since = newest[8]["timestamp"].replace(second=0)
    wanted = sum(batch["timestamp"] >= since for batch in newest)
    shown = screen(f"{dashboard}/?job=covid&range=own&from={since:%Y-%m-%dT%H:%M}")
    expect(shown.figure("Batches")).to_have_text(f"{wanted}")


def test_a_job_that_there_is_not_can_be_put_right(screen: Open, dashboard: str) -> None:
    shown = screen(f"{dashboard}/?job=nobody")
    expect(shown.page.get_by_text("Choose a job")).to_be_visible()
    shown.page.get_by_role("combobox").click()
    shown.page.get_by_role("option", name="covid").click()
    expect(shown.figure("Batches")).to_have_text("29")
