"""The dashboard as a process of its own, and a page of it in a browser."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Locator, Page, expect

from tests.servers.guard import dismiss, guard
from tests.servers.ports import free_ports

ROOT = Path(__file__).parents[2]
_STOP_SECONDS = 30


@contextmanager
def served(uri: str, database: str, **settings: str) -> Iterator[str]:
    """The dashboard's address; it ends in order with the block. settings: more of them, by their names."""
    (port,) = free_ports(1)
    given = {"MONGODB_URI": uri, "DATABASE": database, **settings}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CASESTREAM_")}
    environment |= {f"CASESTREAM_{name}": value for name, value in given.items()}
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    guardian = guard(process.pid)
    try:
        assert process.stdout is not None
        assert any(str(port) in line for line in process.stdout), "the dashboard did not start"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        code = process.wait(_STOP_SECONDS)
        dismiss(guardian)
    assert code == 0


@dataclass
class Screen:
    """A page, and what its browser complained of: errors, dialogs, requests to anywhere but loopback."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen from the first request on."""
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        self.page.on("request", lambda request: self._asked(request.url))

    def panel(self, key: str) -> Locator:
        """A panel, by its key."""
        return self.page.locator(f".st-key-{key}")

    def figure(self, label: str) -> Locator:
        """The number on the card of that label."""
        card = self.page.get_by_test_id("stMetric").filter(has=self.page.get_by_text(label, exact=True))
        return card.get_by_test_id("stMetricValue")

    def cells(self, key: str) -> list[list[str]]:
        """The table of that panel, row by row, without its heading; panels come one after the other, so it waits."""
        rows = self.panel(key).locator("tbody tr")
        expect(rows.first).to_be_visible()
        return [row.locator("td").all_text_contents() for row in rows.all()]

    def overflow(self) -> int:
        """How many pixels of the page lie beside the screen."""
        wide = "[...document.querySelectorAll('.stMain, .stMainBlockContainer, html')].map(e => e.scrollWidth)"
        return int(self.page.evaluate(f"Math.max(...{wide}) - window.innerWidth"))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _asked(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
            self.complaints.append(f"asked {url}")
