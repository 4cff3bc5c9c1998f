"""A real browser: Debian's chromium, without a screen and without a network but loopback."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Literal

import pytest
from playwright.sync_api import Browser, ViewportSize, expect, sync_playwright

from tests.browser.served import Screen, served

MISSING = "the browser's tests need chromium on PATH. Debian, Ubuntu: apt-get install chromium"
WAIT_MILLISECONDS = 60_000
_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
WIDE: ViewportSize = {"width": 1400, "height": 900}
Open = Callable[..., Screen]
Serve = Callable[..., str]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """With a profile of its own, which is gone afterwards."""
    program = shutil.which("chromium")
    assert program is not None, MISSING
    expect.set_options(timeout=WAIT_MILLISECONDS)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=_FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a dashboard, as `served` does; it ends with the test, after the pages that look at it."""
    with ExitStack() as running:
        yield lambda *arguments, **settings: running.enter_context(served(*arguments, **settings))


@pytest.fixture
def screen(browser: Browser, serve: Serve) -> Iterator[Open]:  # noqa: ARG001 - it ends after the pages
    """Opens an address as a viewer who was never there. At the end no page may have complained."""
    opened: list[Screen] = []

    def open_(url: str, *, scheme: Literal["light", "dark"] = "light", size: ViewportSize = WIDE) -> Screen:
        page = browser.new_context(viewport=size, color_scheme=scheme).new_page()
        page.set_default_timeout(WAIT_MILLISECONDS)
        opened.append(Screen(page))
        page.goto(url)
        return opened[-1]

    yield open_
    for each in opened:
        assert each.complaints == []
        each.page.context.close()
