"""What reading a page promises: its body, or CountUnavailable within the bounds, whatever the server does."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from casestream import __version__
from errors import CountUnavailable
from scraper.page import MAX_PAGE_BYTES, MAX_REDIRECTS, open_page
from tests.servers.count_page import HUGE_BYTES, REAL_NUMBER, CountPage, Mode

AMPLE_SECONDS = 60.0
SHORT_SECONDS = 0.3


@pytest.fixture(autouse=True)
def _straight_to_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def fetch_page(url: str, *, timeout_seconds: float, max_bytes: int = MAX_PAGE_BYTES) -> bytes:
    with open_page(url, timeout_seconds=timeout_seconds, max_bytes=max_bytes) as page:
        return page.body()


@pytest.fixture
def page() -> Iterator[CountPage]:
    with CountPage() as served:
        yield served


def test_a_page_is_returned_as_it_was_sent(page: CountPage) -> None:
    assert f"{REAL_NUMBER:,}".encode() in fetch_page(page.url, timeout_seconds=AMPLE_SECONDS)


def test_the_request_names_the_project_and_its_version(page: CountPage) -> None:
    fetch_page(page.url, timeout_seconds=AMPLE_SECONDS)
    assert page.user_agents[0].startswith(f"casestream/{__version__} ")


def test_a_page_behind_a_proxy_is_read(page: CountPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", page.url)
    fetch_page("http://count.invalid/", timeout_seconds=AMPLE_SECONDS)
    assert page.hits == 1


@pytest.mark.parametrize("mode", ["hang", "trickle_headers", "trickle"])
def test_a_page_that_never_ends_in_time_is_given_up(page: CountPage, mode: Mode) -> None:
    page.mode = mode
    with pytest.raises(CountUnavailable, match=rf"{page.url} took longer than 0\.3 s"):
        fetch_page(page.url, timeout_seconds=SHORT_SECONDS)
    assert page.hits == 1


def test_the_time_limit_holds_through_a_proxy(page: CountPage, monkeypatch: pytest.MonkeyPatch) -> None:
    page.mode = "trickle_headers"
    monkeypatch.setenv("http_proxy", page.url)
    with pytest.raises(CountUnavailable, match=r"took longer than 0\.3 s"):
        fetch_page("http://count.invalid/", timeout_seconds=SHORT_SECONDS)
    assert page.hits == 1


def test_a_flood_without_end_is_no_page_even_when_it_ends_with_the_time(page: CountPage) -> None:
    page.mode = "endless"
    with pytest.raises(CountUnavailable, match="took longer than"):
        fetch_page(page.url, timeout_seconds=SHORT_SECONDS, max_bytes=10**12)
    assert page.hits == 1


@pytest.mark.parametrize("mode", ["endless", "gzip_bomb"])
def test_a_page_is_read_up_to_the_bytes_allowed(page: CountPage, mode: Mode) -> None:
    page.mode = mode
    with pytest.raises(CountUnavailable, match=f"{page.url} sent more than the 1000000 bytes allowed"):
        fetch_page(page.url, timeout_seconds=AMPLE_SECONDS, max_bytes=1_000_000)
    assert page.hits == 1


def test_a_page_that_announces_too_much_is_not_read(page: CountPage) -> None:
    page.mode = "huge"
    with pytest.raises(CountUnavailable, match=f"announces {HUGE_BYTES} bytes, more than the 5000000 allowed"):
        fetch_page(page.url, timeout_seconds=AMPLE_SECONDS)
    assert page.hits == 1


@pytest.mark.parametrize("mode", ["redirect_loop", "huge_redirect"])
def test_redirects_are_followed_a_few_times_and_their_bodies_never_read(page: CountPage, mode: Mode) -> None:
    page.mode = mode
    with pytest.raises(CountUnavailable, match=f"redirects more than {MAX_REDIRECTS} times"):
        fetch_page(page.url, timeout_seconds=AMPLE_SECONDS)
    assert page.hits == MAX_REDIRECTS + 1


def test_an_error_status_is_reported_with_its_number(page: CountPage) -> None:
    page.mode = "http_503"
    with pytest.raises(CountUnavailable, match=f"{page.url} answered HTTP 503"):
        fetch_page(page.url, timeout_seconds=AMPLE_SECONDS)
    assert page.hits == 1


def test_a_page_cut_off_before_its_announced_end_is_not_trusted(page: CountPage) -> None:
    page.mode = "cut_off"
    with pytest.raises(CountUnavailable, match="cannot be read: IncompleteRead"):
        fetch_page(page.url, timeout_seconds=AMPLE_SECONDS)
    assert page.hits == 1


def test_a_refused_connection_is_reported_as_such() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
    with pytest.raises(CountUnavailable, match=f"{url} cannot be read: ConnectionRefusedError"):
        fetch_page(url, timeout_seconds=AMPLE_SECONDS)


@pytest.mark.parametrize("url", ["", "nowhere", "file:///etc/hostname", "http://", "http://[::1/"])
def test_an_address_that_is_no_web_page_is_unavailable(url: str) -> None:
    with pytest.raises(CountUnavailable, match="cannot be read"):
        fetch_page(url, timeout_seconds=AMPLE_SECONDS)
