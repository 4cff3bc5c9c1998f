"""What every provider of the case count promises. A new one that reads the web adds one line to `count_cases.CASES`."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar

import pytest

import scraper.page
from case_count import Reading
from errors import CountUnavailable, CountUnparsed
from runtime.plugins import provider_needs
from scraper import PROVIDERS
from scraper.base import Example, Terms
from scraper.deadline import Deadline
from scraper.page import Page
from scraper.web import WebProvider
from scraper.who import Who
from tests.contract.count_cases import CASES, Case, case_of
from tests.servers.count_page import CHALLENGE, CountPage, Mode
from tests.servers.publisher import Publisher, Way
from tests.told_clock import ToldClock

AMPLE_SECONDS, SHORT_SECONDS = 60.0, 0.3
HTTP_DATE = "Sat, 13 Apr 2024 01:00:00 GMT"


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def publisher(case: Case) -> Iterator[Publisher]:
    with Publisher(case.body, "text/html" if case.body.lstrip().startswith(b"<") else "text/csv") as served:
        yield served


@pytest.fixture(autouse=True)
def _straight_to_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def test_every_registered_provider_that_reads_the_web_has_a_case() -> None:
    assert {name for name, kind in PROVIDERS.items() if "http" in kind.schemes} == CASES.keys()


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_has_the_name_that_it_is_registered_by_and_declares_its_terms(name: str) -> None:
    kind = PROVIDERS[name]
    assert kind.name == name
    assert isinstance(kind.terms, Terms)
    assert kind.terms.name
    assert kind.terms.url.startswith(("https://", "docs/case-count.md#"))
    assert provider_needs(name).required is not None
    assert 0 <= kind.least <= kind.most


def test_the_number_and_its_time_are_those_of_the_data(case: Case, publisher: Publisher) -> None:
    reading = case.provider(publisher.url, ToldClock(5), count_timeout_seconds=AMPLE_SECONDS).fetch()
    assert reading == Reading(case.value, case.as_of, ToldClock().at(5))
    assert case.kind.least <= reading.value <= case.kind.most
    assert reading.as_of is None or reading.as_of.utcoffset() == timedelta(0)


@pytest.mark.parametrize("way", ["gzip", "chunked"])
def test_a_body_is_the_same_however_it_is_sent(case: Case, publisher: Publisher, way: Way) -> None:
    publisher.way = way
    assert case.provider(publisher.url, ToldClock(), count_timeout_seconds=AMPLE_SECONDS).fetch().value == case.value


@pytest.mark.parametrize("way", ["cut_off", "cut_off_in_gzip", "cut_off_in_chunks"])
def test_a_body_that_is_cut_off_is_unavailable(case: Case, publisher: Publisher, way: Way) -> None:
    publisher.way = way
    with pytest.raises(CountUnavailable, match=publisher.url):
        case.provider(publisher.url, ToldClock(), count_timeout_seconds=AMPLE_SECONDS).fetch()
    assert publisher.statuses == [200]


@pytest.mark.parametrize("version", [{"etag": '"v1"'}, {"last_modified": HTTP_DATE}, {"etag": 'W/"v1"'}])
def test_what_is_the_same_still_is_not_sent_again_and_was_read_now(
    case: Case, publisher: Publisher, version: dict[str, str]
) -> None:
    clock = ToldClock(5)
    provider = case.provider(publisher.url, clock, count_timeout_seconds=AMPLE_SECONDS)
    for name, value in version.items():
        setattr(publisher, name, value)
    first = provider.fetch()
    clock.seconds = 3_605
    second = provider.fetch()
    assert publisher.statuses == [200, 304]
    assert (second.value, second.as_of, second.fetched_at) == (case.value, first.as_of, clock.now())


def test_a_new_version_is_read_and_one_that_cannot_be_read_does_not_become_the_known_one(
    case: Case, publisher: Publisher
) -> None:
    provider = case.provider(publisher.url, ToldClock(), count_timeout_seconds=AMPLE_SECONDS)
    publisher.etag = '"v1"'
    provider.fetch()
    publisher.etag, publisher.body = '"v2"', CHALLENGE.encode()
    for _ in range(2):
        with pytest.raises(CountUnparsed):
            provider.fetch()
    publisher.etag, publisher.body = '"v3"', case.body
    assert provider.fetch().value == case.value
    assert publisher.statuses == [200, 200, 200, 200]


def test_a_table_of_which_a_part_could_be_taken_for_the_whole_is_not_trusted(case: Case, publisher: Publisher) -> None:
    if case.body.startswith(b"<"):
        pytest.skip("a page holds its number in one place")
    publisher.way = "until_the_end"
    with pytest.raises(CountUnavailable, match=f"{publisher.url} tells neither how long it is nor where it ends"):
        case.provider(publisher.url, ToldClock()).fetch()


def test_without_a_version_nothing_is_asked_on_condition(case: Case, publisher: Publisher) -> None:
    provider = case.provider(publisher.url, ToldClock(), count_timeout_seconds=AMPLE_SECONDS)
    assert [provider.fetch().value, provider.fetch().value] == [case.value] * 2
    assert publisher.statuses == [200, 200]
    assert not {"if-none-match", "if-modified-since"} & {name.lower() for name in publisher.asked[1]}


@pytest.mark.parametrize("mode", ["hang", "trickle_headers", "trickle"])
def test_it_ends_within_its_time_and_leaves_nothing_running(case: Case, mode: Mode) -> None:
    before = set(threading.enumerate())
    with CountPage(mode=mode) as page:
        with pytest.raises(CountUnavailable, match=rf"{page.url} took longer than 0\.3 s"):
            case.provider(page.url, ToldClock(), count_timeout_seconds=SHORT_SECONDS).fetch()
        assert page.hits == 1
    for thread in set(threading.enumerate()) - before:
        thread.join(AMPLE_SECONDS)
        assert not thread.is_alive()


def test_what_has_come_in_time_may_be_read_as_long_as_it_takes(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page is a tree before it is a number, which takes a slow machine its time."""
    expired: list[Deadline] = []

    def body_then_time_is_up(page: Page) -> Iterator[bytes]:
        yield from chunks(page)
        expired[-1]._expire()

    def remembered(seconds: float) -> Deadline:
        expired.append(Deadline(seconds))
        return expired[-1]

    chunks = Page.chunks
    monkeypatch.setattr(Page, "chunks", body_then_time_is_up)
    monkeypatch.setattr(scraper.page, "Deadline", remembered)
    with Publisher(case.body) as publisher:
        assert case.provider(publisher.url, ToldClock()).fetch().value == case.value
    assert [deadline.passed for deadline in expired] == [True]


@pytest.mark.parametrize("mode", ["http_503", "huge", "huge_redirect", "redirect_loop"])
def test_a_publisher_that_fails_is_unavailable(case: Case, mode: Mode) -> None:
    with CountPage(mode=mode) as page:
        with pytest.raises(CountUnavailable, match=page.url):
            case.provider(page.url, ToldClock(), count_timeout_seconds=AMPLE_SECONDS).fetch()
        assert page.hits >= 1


@pytest.mark.parametrize("way", ["whole", "gzip", "chunked"])
def test_a_body_is_read_up_to_the_bytes_allowed(
    case: Case, publisher: Publisher, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not issubclass(case.kind, WebProvider):
        pytest.skip("its bound is its own: an announced gigabyte is refused, see above")
    monkeypatch.setattr(case.kind, "max_bytes", len(case.body) - 1)
    publisher.way = way
    with pytest.raises(CountUnavailable, match=r"bytes"):
        case.provider(publisher.url, ToldClock(), count_timeout_seconds=AMPLE_SECONDS).fetch()


@pytest.mark.parametrize(
    "body",
    [
        CHALLENGE.encode(),
        b"",
        b"\x00" * 1_000,
        b"\xff\xfe,\x80",
        b"<!DOCTYPE html><html><body>704,753,890</body></html>",
        b"704,753,890",
        b"a,b,c\n1,2,3\n",
        b'"' * 10_001,
        b"<p>" * 1_000,
    ],
    ids=["challenge", "nothing", "nul", "no UTF-8", "HTML", "a number", "CSV", "quotes", "tags"],
)
def test_anything_else_in_place_of_the_number_is_unparsed_and_the_message_says_where(
    case: Case, publisher: Publisher, body: bytes
) -> None:
    publisher.body = body
    with pytest.raises(CountUnparsed, match=publisher.url):
        case.provider(publisher.url, ToldClock(), count_timeout_seconds=AMPLE_SECONDS).fetch()
    assert publisher.statuses == [200]


def test_a_provider_of_somebody_else_is_tried_by_its_own_example() -> None:
    class Foreign(Who):
        name: ClassVar[str] = "foreign"
        example: ClassVar[Example | None] = Example(CASES["who"].body, CASES["who"].value, CASES["who"].as_of)

    case = case_of(Foreign)
    with Publisher(case.body) as publisher:
        assert case.provider(publisher.url, ToldClock()).fetch().value == case.value
    with pytest.raises(LookupError, match="Who has no `example`"):
        case_of(Who)
