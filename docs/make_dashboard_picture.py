"""docs/dashboard.png, of an hour of the demo's tweets: `python -m docs.make_dashboard_picture`. It needs chromium."""

import io
import math
import random
import shutil
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright
from pymongo.database import Database

from ledger.database import connect
from runtime.embedded import EmbeddedServer
from tests.browser.served import served
from tests.filled import Filling, fill, gap

PICTURE = Path(__file__).with_name("dashboard.png")
_SIZE = (1400, 1580)
_BATCHES, _MOST_POSTS, _COLORS = 180, 160, 128
_COLLECTIONS, _TIMES = ("micro_batches", "batches", "dead_letters"), ("timestamp", "timestamp", "received_at")


def make(picture: Path) -> None:
    """Fill a database of its own, look at it, and leave nothing behind but the picture."""
    with TemporaryDirectory() as folder, EmbeddedServer(Path(folder)) as server:
        uri = server.start()
        with connect(uri, "casestream").client as client:
            _fill(client["casestream"])
        with served(uri, "casestream") as url:
            Image.open(io.BytesIO(_screenshot(url))).quantize(_COLORS).save(picture, optimize=True)


def _fill(database: Database[dict[str, Any]]) -> None:
    """An hour that ends now, of more and fewer posts, with 75 s in which the feed was not heard."""
    filling = Filling(source="socket", batches=_BATCHES, posts=_MOST_POSTS, dead_letters=1)
    fill(database, filling)
    documents, entries, letters = (list(database[name].find()) for name in _COLLECTIONS)
    now, lot = datetime.now(UTC).replace(microsecond=0), random.Random(8)
    later = now - filling.begin - timedelta(seconds=20 * _BATCHES)
    silence = (now - timedelta(seconds=1_130), now - timedelta(seconds=1_055))
    posts = [round(90 + 45 * math.sin(number / 24) + lot.randrange(20)) for number in range(_BATCHES)]
    for document in documents:
        document["content"] = [_post(post, later) for post in document["content"][-posts[document["batch_id"]] :]]
    for entry in entries:
        took = {"seconds": lot.uniform(0.4, 0.9), "lag_seconds": 1.1 + lot.random() ** 4 * 3}
        entry.update(took, posts=posts[entry["batch_id"]], committed_at=entry["committed_at"] + later)
    for name, rows, field in zip(_COLLECTIONS, (documents, entries, letters), _TIMES, strict=True):
        database[name].drop()
        moved = ({**row, field: row[field] + later} for row in rows)
        database[name].insert_many(row for row in moved if not silence[0] < row[field] < silence[1])
    gap(database, filling.job, filling.source, *silence)
    alive = {"state": "held", "host": "spark-1", "heartbeat": datetime.now(UTC) + timedelta(seconds=20)}
    database["leases"].update_one({"_id": filling.job}, {"$set": alive})


def _post(post: dict[str, Any], later: timedelta) -> dict[str, Any]:
    """As a job cleans it, for what is seen of it."""
    return {**post, "text": unescape(post["text"]), "created_at": post["created_at"] + later}


def _screenshot(url: str) -> bytes:
    width, height = _SIZE
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
        page.goto(url)
        page.locator(".st-key-lag canvas, .st-key-lag svg.marks").first.wait_for()
        page.locator(".st-key-gaps table").wait_for()
        picture = page.screenshot(animations="disabled")
        browser.close()
    return picture


if __name__ == "__main__":
    make(PICTURE)
