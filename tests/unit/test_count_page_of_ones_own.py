"""A number on a page of one's own, by a CSS selector."""

from datetime import UTC, datetime

import pytest

from case_count import Reading
from errors import CountUnparsed
from scraper.selected import SelectedNumber
from tests.servers.publisher import Publisher
from tests.told_clock import ToldClock

MODIFIED = "Sat, 13 Apr 2024 01:00:00 GMT"


def read(html: str, selector: str = "#n", last_modified: str | None = None) -> Reading:
    with Publisher(html.encode(), "text/html; charset=utf-8") as publisher:
        publisher.last_modified = last_modified
        return SelectedNumber(publisher.url, selector, timeout_seconds=60, clock=ToldClock()).fetch()


def why_not(html: str, selector: str = "#n") -> str:
    with pytest.raises(CountUnparsed) as raised:
        read(html, selector)
    return str(raised.value).split(" ", 1)[1]


@pytest.mark.parametrize(
    ("published", "value"),
    [
        ("704,753,890", 704_753_890),
        ("704 753 890", 704_753_890),
        ("704\u202f753\u202f890", 704_753_890),
        ("704&nbsp;753&nbsp;890", 704_753_890),
        ("704'753'890", 704_753_890),
        ("704\u2019753\u2019890", 704_753_890),
        ("704753890", 704_753_890),
        ("<b>1</b>2", 12),
        (" 0 ", 0),
        ("1" + "0" * 15, 10**15),
    ],
)
def test_a_whole_number_is_read_however_publishers_write_it(published: str, value: int) -> None:
    assert read(f"<p id=n>{published}</p>").value == value


@pytest.mark.parametrize(
    "published",
    ["", "-5", "704.753", "704,75", "1,234 567", "7 million", "1e6", "007", "٧٠٤", "5 of 9", "1" + "0" * 14 + "01"],
)
def test_anything_else_is_unparsed_and_quoted(published: str) -> None:
    assert why_not(f"<p id=n>{published}</p>").startswith(f"gives '{published}' as the number, not ")


def test_a_selector_that_finds_nothing_is_unparsed_with_the_page_s_title() -> None:
    assert why_not("<title>Just a moment...</title><p>5</p>", ".total > b") == (
        "has no element '.total > b'; its title is 'Just a moment...'"
    )


def test_several_elements_must_show_the_same_number() -> None:
    assert read("<p class=n>5</p><p class=n>5</p>", ".n").value == 5
    assert why_not("<p class=n>5</p><p class=n>6</p>", ".n") == "shows more than one number at '.n': ['5', '6']"


@pytest.mark.parametrize(
    ("html", "last_modified", "as_of"),
    [
        ("<p id=n>5</p>", None, None),
        ("<p id=n>5</p>", MODIFIED, datetime(2024, 4, 13, 1, tzinfo=UTC)),
        ("<p id=n>5</p>", "yesterday", None),
        ("<p id=n>5</p><time datetime=2024-04-12>then</time>", MODIFIED, datetime(2024, 4, 12, tzinfo=UTC)),
        ("<p id=n>5</p><time datetime=2024-04-12>a</time><time datetime=2024-04-11>b</time>", None, None),
        ("<p id=n>5<time datetime=2024-04-12T02:00+02:00></time></p><time datetime=2024-04-11>b</time>", MODIFIED,
         datetime(2024, 4, 12, tzinfo=UTC)),
        ("<p id=n>5</p><time datetime='2024-04-12T10:00'>no zone</time>", MODIFIED,
         datetime(2024, 4, 13, 1, tzinfo=UTC)),
        ("<p id=n>5</p><time datetime=0001-01-01T00:00+14:00>far</time>", None, None),
        ("<p id=n>5</p><time>12 April 2024</time>", None, None),
    ],
)  # fmt: skip
def test_the_time_is_the_one_that_the_page_itself_gives_or_none(
    html: str, last_modified: str | None, as_of: datetime | None
) -> None:
    assert read(html, last_modified=last_modified) == Reading(5, as_of, ToldClock().now())


def test_another_page_or_another_place_on_it_has_another_last_good_number_and_its_address_stays_hidden() -> None:
    made = [
        SelectedNumber(f"http://a.invalid/{path}?token=hunter2", selector, timeout_seconds=1, clock=ToldClock())
        for path, selector in [("x", "#a"), ("x", "#a"), ("y", "#a"), ("x", "#b")]
    ]
    keys = [each.key for each in made]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    assert all(len(key) == len("page:") + 16 for key in keys)
    assert not any("hunter2" in key for key in keys)
