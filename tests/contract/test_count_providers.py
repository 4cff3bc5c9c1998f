"""What every provider of the case count promises. A new one that reads the web adds one line to `count_cases.CASES`."""

import dataclasses
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar

import pytest

import scraper.page
from case_count import Reading
from errors import CountUnavailable, CountUnparsed, FixSettings
from runtime.plugins import provider_needs
from scraper import PROVIDERS
from scraper.base import CountProvider, Example, Terms
from scraper.deadline import Deadline
from scraper.page import Page
from scraper.web import WebProvider
from scraper.who import Who
from tests.contract.count_cases import CASES, Case, case_of
from tests.contract.fetched import BASE, Asked
from tests.contract.overheard import SECRET, overhearing, with_secrets
from tests.contract.promises import broken, kept
from tests.servers.count_page import CHALLENGE, CountPage, Mode
from tests.servers.publisher import Publisher, Way
from tests.told_clock import ToldClock

SHORT_SECONDS = 0.3
HTTP_DATE = "Sat, 13 Apr 2024 01:00:00 GMT"


@pytest.fixture
def case(provider_kind: type[CountProvider]) -> Case:
    if "http" not in provider_kind.schemes:
        pytest.skip("it reads nothing of the web")
    try:
        return case_of(provider_kind)
    except LookupError:
        pytest.skip(f"no example of {provider_kind.__qualname__}")


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
    assert all(CASES[name].kind is PROVIDERS[name] for name in CASES)


def test_a_provider_of_the_web_has_an_example(provider_kind: type[CountProvider]) -> None:
    if "http" in provider_kind.schemes:
        try:
            case_of(provider_kind)
        except LookupError as error:
            pytest.fail(str(error), pytrace=False)


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_has_the_name_that_it_is_registered_by(name: str) -> None:
    assert PROVIDERS[name].name == name
    assert provider_needs(name).required is not None


def test_a_provider_declares_its_name_its_terms_and_its_range(provider_kind: type[CountProvider]) -> None:
    terms, look_at = provider_kind.terms, "scraper/base.py, CountProvider and Terms"
    kept(isinstance(terms, Terms) and bool(terms.name), "`terms` is a Terms with a name", terms, look_at)
    is_said = terms.url.startswith(("https://", "docs/case-count.md#"))
    kept(is_said, "`terms.url` is where they are said, https://…", terms.url, look_at)
    others = [kind.name for kind in PROVIDERS.values() if kind is not provider_kind]
    name = provider_kind.name
    kept(bool(name) and name not in others, "`name` is its own: documents carry it", name, look_at)
    kept(0 <= provider_kind.least <= provider_kind.most, "0 <= `least` <= `most`", provider_kind.least, look_at)
    try:
        provider_needs(name if name in PROVIDERS else f"{provider_kind.__module__}:{provider_kind.__qualname__}")
    except FixSettings as mistakes:
        broken("`requires` and `takes` name settings", str(mistakes), look_at)


def test_the_number_and_its_time_are_those_of_the_data(case: Case, publisher: Publisher, within: float) -> None:
    reading = Asked.at(case, publisher.url, ToldClock(5), within).number()
    expected = Reading(case.value, case.as_of, ToldClock().at(5))
    kept(reading == expected, f"what is read is {expected}, fetched_at by the clock that it was given", reading, BASE)
    kept(case.kind.least <= reading.value <= case.kind.most, "the number is in its range", reading.value, BASE)
    is_utc = reading.as_of is None or reading.as_of.utcoffset() == timedelta(0)
    kept(is_utc, "`as_of` is UTC, or None", reading.as_of, BASE)


@pytest.mark.parametrize("way", ["gzip", "chunked"])
def test_a_body_is_the_same_however_it_is_sent(case: Case, publisher: Publisher, way: Way, within: float) -> None:
    publisher.way = way
    value = Asked.at(case, publisher.url, ToldClock(), within).number().value
    kept(value == case.value, f"a body sent as {way} is the same: {case.value}", value, BASE)


@pytest.mark.parametrize("way", ["cut_off", "cut_off_in_gzip", "cut_off_in_chunks"])
def test_a_body_that_is_cut_off_is_unavailable(case: Case, publisher: Publisher, way: Way, within: float) -> None:
    publisher.way = way
    Asked.at(case, publisher.url, ToldClock(), within).refused(CountUnavailable, "a body that is cut off")
    assert publisher.statuses == [200]


@pytest.mark.parametrize("version", [{"etag": '"v1"'}, {"last_modified": HTTP_DATE}, {"etag": 'W/"v1"'}])
def test_what_is_the_same_still_is_not_sent_again_and_was_read_now(
    case: Case, publisher: Publisher, version: dict[str, str], within: float
) -> None:
    clock = ToldClock(5)
    asked = Asked.at(case, publisher.url, clock, within)
    for name, value in version.items():
        setattr(publisher, name, value)
    first = asked.number()
    clock.seconds = 3_605
    second = asked.number()
    kept(
        publisher.statuses == [200, 304],
        "the version of the last answer (ETag, Last-Modified) is sent along: what is the same is not sent again",
        f"the publisher answered {publisher.statuses}",
        "scraper/web.py, WebProvider",
    )
    expected = (case.value, first.as_of, clock.now())
    came = (second.value, second.as_of, second.fetched_at)
    kept(came == expected, f"to 'not modified' the former number is good, and was read now: {expected}", came, BASE)


def test_a_new_version_is_read_and_one_that_cannot_be_read_does_not_become_the_known_one(
    case: Case, publisher: Publisher, within: float
) -> None:
    asked = Asked.at(case, publisher.url, ToldClock(), within)
    publisher.etag = '"v1"'
    asked.number()
    publisher.etag, publisher.body = '"v2"', CHALLENGE.encode()
    for _ in range(2):
        asked.refused(CountUnparsed, "a page without the number")
    publisher.etag, publisher.body = '"v3"', case.body
    assert asked.number().value == case.value
    assert publisher.statuses == [200, 200, 200, 200]


def test_a_table_of_which_a_part_could_be_taken_for_the_whole_is_not_trusted(
    case: Case, publisher: Publisher, within: float
) -> None:
    if case.kind not in PROVIDERS.values() or case.body.startswith(b"<"):
        pytest.skip("what holds its number in one place has no such part")
    publisher.way = "until_the_end"
    why = "tells neither how long it is nor where it ends"
    Asked.at(case, publisher.url, ToldClock(), within).refused(
        CountUnavailable, "such a table", f"{publisher.url} {why}"
    )


def test_without_a_version_nothing_is_asked_on_condition(case: Case, publisher: Publisher, within: float) -> None:
    asked = Asked.at(case, publisher.url, ToldClock(), within)
    assert [asked.number().value, asked.number().value] == [case.value] * 2
    conditions = {"if-none-match", "if-modified-since"} & {name.lower() for name in publisher.asked[1]}
    kept(not conditions, "who knows no version asks on no condition", conditions, "scraper/web.py, WebProvider")
    assert publisher.statuses == [200, 200]


@pytest.mark.parametrize("mode", ["hang", "trickle_headers", "trickle"])
def test_it_ends_within_its_time_and_leaves_nothing_running(case: Case, mode: Mode, within: float) -> None:
    before = set(threading.enumerate())
    with CountPage(mode=mode) as page:
        asked = Asked.at(case, page.url, ToldClock(), within, SHORT_SECONDS)
        told = asked.refused(CountUnavailable, f"a publisher that is slow ({mode})")
        assert case.kind not in PROVIDERS.values() or f"{page.url} took longer than 0.3 s" in told
        assert page.hits == 1
    for thread in set(threading.enumerate()) - before:
        thread.join(within)
        kept(not thread.is_alive(), "a fetch leaves no thread behind", thread.name, BASE)


def test_what_has_come_in_time_may_be_read_as_long_as_it_takes(
    case: Case, monkeypatch: pytest.MonkeyPatch, within: float
) -> None:
    """A page is a tree before it is a number, which takes a slow machine its time."""
    if not _reads_pages(case.kind):
        pytest.skip("its time is its own")
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
        assert Asked.at(case, publisher.url, ToldClock(), within).number().value == case.value
    assert [deadline.passed for deadline in expired] == [True]


def _reads_pages(kind: type[CountProvider]) -> bool:
    """Whether it reads by `scraper.page`, as ours do."""
    return kind in PROVIDERS.values() or issubclass(kind, WebProvider)


@pytest.mark.parametrize("mode", ["http_503", "huge", "huge_redirect", "redirect_loop"])
def test_a_publisher_that_fails_is_unavailable(case: Case, mode: Mode, within: float) -> None:
    with CountPage(mode=mode) as page:
        Asked.at(case, page.url, ToldClock(), within).refused(CountUnavailable, f"a publisher that fails ({mode})")
        assert page.hits >= 1


@pytest.mark.parametrize("way", ["whole", "gzip", "chunked"])
def test_a_body_is_read_up_to_the_bytes_allowed(
    case: Case, publisher: Publisher, way: Way, monkeypatch: pytest.MonkeyPatch, within: float
) -> None:
    if not issubclass(case.kind, WebProvider):
        pytest.skip("its bound is its own: an announced gigabyte is refused, see above")
    monkeypatch.setattr(case.kind, "max_bytes", len(case.body) - 1)
    publisher.way = way
    Asked.at(case, publisher.url, ToldClock(), within).refused(CountUnavailable, "a body over `max_bytes`", "bytes")


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
        b'{"a": [null]}',
    ],
    ids=["challenge", "nothing", "nul", "no UTF-8", "HTML", "a number", "CSV", "quotes", "tags", "JSON"],
)
def test_anything_else_in_place_of_the_number_is_unparsed_and_the_message_says_where(
    case: Case, publisher: Publisher, body: bytes, within: float
) -> None:
    publisher.body = body
    asked = Asked.at(case, publisher.url, ToldClock(), within)
    asked.refused(CountUnparsed, f"a page of {body[:30]!r}")
    assert publisher.statuses == [200]


def test_no_secret_is_logged_printed_or_told(case: Case, publisher: Publisher, within: float) -> None:
    """Of a page that is read, one that holds no number, and one that is not there."""
    given = with_secrets(case.settings, case.kind.requires)
    told = dataclasses.replace(case, settings=given)
    with overhearing() as overheard:
        asked = Asked.at(told, publisher.url, ToldClock(), within)
        asked.number()
        publisher.body = b"nothing"
        overheard.add(
            repr(asked.provider), asked.provider.key, asked.refused(CountUnparsed, "a page without the number")
        )
        with CountPage(mode="http_503") as page:
            away = Asked.at(told, page.url, ToldClock(), within)
            overheard.add(away.refused(CountUnavailable, "a publisher that fails"))
    lines = overheard.secrets_in_it([SECRET])
    kept(not lines, "a secret setting is in no log line, nothing printed, no error, no key, no repr", lines, BASE)


def test_a_provider_of_somebody_else_is_tried_by_its_own_example() -> None:
    class Foreign(Who):
        name: ClassVar[str] = "foreign"
        example: ClassVar[Example | None] = Example(CASES["who"].body, CASES["who"].value, CASES["who"].as_of)

    case = case_of(Foreign)
    with Publisher(case.body) as publisher:
        assert case.provider(publisher.url, ToldClock()).fetch().value == case.value
    Foreign.example = None
    with pytest.raises(LookupError, match="Foreign has no `example`"):
        case_of(Foreign)
