"""The case count's page goes wrong in every way a page can, while batches go on."""

import signal
from pathlib import Path

import pytest

from tests.conftest import Documents
from tests.integration.jobs import is_committed, job, message
from tests.integration.lines_peer import LinesPeer
from tests.integration.memory import Memory
from tests.servers.count_page import REAL_NUMBER, CountPage, Mode

JOB = ("--jobname", "demo", "--source", "socket", "--trigger-seconds", "1")
FAULTS: tuple[tuple[Mode, str], ...] = (
    ("endless", "sent more than the 5000000 bytes allowed"),
    ("huge", "announces 1000000000 bytes, more than the 5000000 allowed"),
    ("huge_redirect", "redirects more than 5 times"),
    ("redirect_loop", "redirects more than 5 times"),
    ("gzip_bomb", "sent more than the 5000000 bytes allowed"),
    ("cut_off", "cannot be read"),
    ("trickle", "took longer than 2 s"),
    ("trickle_headers", "took longer than 2 s"),
    ("hang", "took longer than 2 s"),
)
PYTHON_BYTES = 200_000_000
LONGEST_BATCH_SECONDS = 15.0


@pytest.mark.faults
def test_no_page_holds_a_batch_up_fills_the_memory_or_changes_the_last_good_number(
    data_folder: Path, mongodb_uri: str, database: Documents
) -> None:
    limits = {"count_max_age_seconds": "0", "count_timeout_seconds": "2", "count_wait_seconds": "10"}
    with CountPage() as page, LinesPeer() as peer:
        settings = {"mongodb_uri": mongodb_uri, "database": database.name, "count_url": page.url, **limits}
        with job(data_folder, *JOB, "--socket-port", peer.port, **settings) as running:
            memory = Memory(running)

            def store(text: str, mode: Mode) -> str:
                page.mode, asked = mode, page.hits
                peer.send(text.encode() + b"\n")
                running.read_until(is_committed)
                memory.look()
                assert page.hits > asked
                return changed(running.errors)

            reasons = {}
            for mode, _ in FAULTS:
                assert "status=live" in store(f"before {mode}", "ok")
                reasons[mode] = store(mode, mode)
            running.signal(signal.SIGTERM)
            assert running.end() == 0
    for mode, reason in FAULTS:
        assert "status=cached" in reasons[mode]
        assert reason in reasons[mode]
    documents = list(database["micro_batches"].find(sort=[("timestamp", 1)]))
    texts = [post["text"] for document in documents for post in document["content"]]
    assert texts == [text for mode, _ in FAULTS for text in (f"before {mode}", mode)]
    assert {document["total_case_count"] for document in documents} == {REAL_NUMBER}
    assert max(sum(entry["spans"].values()) for entry in database["batches"].find()) < LONGEST_BATCH_SECONDS * 1000
    assert memory.python < PYTHON_BYTES
    assert not any("query failed" in message(line) for line in running.errors)


def changed(errors: list[str]) -> str:
    """The last line that says what became of the count."""
    return next(text for line in reversed(errors) if "case count changed" in (text := message(line)))
