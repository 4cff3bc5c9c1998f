"""What Worldometers promises: the number of cases and no other, or why there is none."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_count import Reading
from errors import CountUnavailable, CountUnparsed
from scraper import PROVIDERS
from scraper.base import MOST_CASES
from scraper.html import MAX_TAGS
from scraper.worldometers import Worldometers, parse
from tests.servers.count_page import CHALLENGE, REAL_NUMBER, CountPage, count_html
from tests.told_clock import ToldClock

SINCE_START = 11_045
FETCHED_AT = ToldClock().at(SINCE_START)
REAL_AS_OF = datetime(2024, 4, 13, 1, 0, tzinfo=UTC)
LIVE_TITLE = "Coronavirus Update (Live): 4,143,615 Cases and 283,877 Deaths from COVID-19 Virus Pandemic"


def read(html: str) -> Reading:
    return parse(html.encode(), fetched_at=FETCHED_AT)


def test_the_provider_is_registered_under_its_own_name() -> None:
    assert PROVIDERS[Worldometers.name] is Worldometers


def test_the_number_and_its_time_are_read_from_the_page() -> None:
    with CountPage() as page:
        reading = Worldometers(page.url, timeout_seconds=60, clock=ToldClock(SINCE_START)).fetch()
    assert reading == Reading(REAL_NUMBER, REAL_AS_OF, FETCHED_AT)


def test_a_page_that_fails_is_unavailable() -> None:
    with CountPage(mode="http_503") as page:
        with pytest.raises(CountUnavailable, match=f"{page.url} answered HTTP 503"):
            Worldometers(page.url, timeout_seconds=60, clock=ToldClock(SINCE_START)).fetch()
        assert page.hits == 1


def test_a_challenge_page_is_unparsed_and_the_message_says_where_and_what() -> None:
    with CountPage(mode="challenge") as page:
        with pytest.raises(CountUnparsed, match=rf"{page.url} has no counter .* title is 'Just a moment\.\.\.'"):
            Worldometers(page.url, timeout_seconds=60, clock=ToldClock(SINCE_START)).fetch()
        assert page.hits == 1


@given(st.integers(min_value=1, max_value=MOST_CASES), st.sampled_from(["{:,}", "{}", " {:,}\n", "&nbsp;{:,} "]))
def test_every_number_up_to_the_limit_is_read_as_written(number: int, style: str) -> None:
    assert read(count_html(style.format(number))).value == number


@pytest.mark.parametrize(
    "published",
    [
        *["N/A", "", "-", "0", "-704,753,890", "−5", "704,75,890", "7047,538,90", ",704", "704,753,890+"],
        *["704.753.890", "704 753 890", "1.5e9", "007", "0,704", "٧٠٤", "10,000,000,001", "9" * 20, "9" * 5000],
        *["704,753,890 of 8,000,000,000", "about 704,753,890", "<!-- 704,753,890 -->", "inf", "nan", "0x2A"],
    ],
)
def test_a_counter_without_a_plain_number_is_unparsed_even_if_the_title_has_one(published: str) -> None:
    with pytest.raises(CountUnparsed, match="as the number of cases"):
        read(count_html(published, title=LIVE_TITLE))


def test_the_message_quotes_what_the_counter_shows() -> None:
    with pytest.raises(CountUnparsed, match="gives 'N/A' as the number of cases"):
        read(count_html("N/A"))


@pytest.mark.parametrize(
    "html",
    [
        *["", " ", "\0", "<", "<html>", "plain words 704,753,890", CHALLENGE, "<title></title>"],
        "<div id='maincounter-wrap'><h1>Deaths:</h1><div class='maincounter-number'>7,010,681</div></div>",
        "<div id='maincounter-wrap'><h1>Active Coronavirus Cases:</h1><div class='maincounter-number'>7</div></div>",
        "<h1>Coronavirus Cases:</h1><div class='maincounter-number'>704,753,890</div>",
        "<title>704,753,890 Cases</title>",
        "<title>Deaths 704,753,890</title>",
    ],
)
def test_no_other_number_of_a_page_is_taken_for_the_cases(html: str) -> None:
    with pytest.raises(CountUnparsed, match=r"Coronavirus Cases|no HTML"):
        read(html)


def test_a_counter_that_lost_its_number_is_unparsed() -> None:
    with pytest.raises(CountUnparsed, match="gives '' as the number of cases"):
        read("<div id='maincounter-wrap'><h1>Coronavirus Cases:</h1><b>704,753,890</b></div>")


def test_two_different_numbers_of_cases_are_not_chosen_between() -> None:
    with pytest.raises(CountUnparsed, match=r"more than one number of cases: .*'5'.*'704,753,890'"):
        read(count_html("704,753,890") + count_html("5"))


def test_the_title_is_read_where_the_page_has_no_counter() -> None:
    assert read(f"<html><head><title>{LIVE_TITLE}</title></head></html>").value == 4_143_615


def test_a_title_with_a_number_out_of_form_is_unparsed() -> None:
    with pytest.raises(CountUnparsed, match="gives '-4,143,615'"):
        read("<title>-4,143,615 Cases and 283,877 Deaths</title>")


@pytest.mark.parametrize(
    "last_updated",
    [
        *[None, "yesterday", "April 13, 2024", "Avril 13, 2024, 01:00 GMT", "April 13, 2024, 01:00 CEST"],
        *["April 31, 2024, 01:00 GMT", "April 13, 2024, 25:00 GMT", "April 13, 0000, 01:00 GMT"],
    ],
)
def test_a_time_that_is_absent_or_unreadable_is_left_open(last_updated: str | None) -> None:
    assert read(count_html("704,753,890", last_updated=last_updated)) == Reading(REAL_NUMBER, None, FETCHED_AT)


def test_a_page_of_more_tags_than_allowed_is_unparsed_unread() -> None:
    with pytest.raises(CountUnparsed, match=f"it has {MAX_TAGS + 1} tags"):
        read("<a>" * (MAX_TAGS + 1))


def test_a_title_without_end_is_unparsed() -> None:
    with pytest.raises(CountUnparsed, match="no counter"):
        read("<title>" + "9" * 4_000_000 + "</title>")


def test_a_page_nested_without_measure_is_unparsed() -> None:
    with pytest.raises(CountUnparsed):
        read("<div>" * 100_000 + "704,753,890")


@given(st.binary() | st.text().map(str.encode))
def test_no_bytes_at_all_make_parsing_fail_in_another_way(body: bytes) -> None:
    with pytest.raises(CountUnparsed):
        parse(body, fetched_at=FETCHED_AT)
