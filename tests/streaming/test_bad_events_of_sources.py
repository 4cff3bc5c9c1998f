"""The corpus of bad events by way of Bluesky, Mastodon and files: each becomes a post or a dead letter, once."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from processors import PROCESSORS
from processors.files import FilesProcessor
from tests.bad_events.corpus import WRONG, corpus
from tests.bad_events.sent import MAX_EVENT_BYTES, PROBLEMS, sent
from tests.integration.accounting import check_all
from tests.streaming.fakes import FakeJob

SOME = [*{each.event: each for each in corpus() if len(each.event) <= MAX_EVENT_BYTES + 1}.values()]
UNREAD = {"not_utf8", "too_long"}
OF_EVENT, OF_COMMIT = ("did", "time_us", "kind", "commit"), ("rev", "operation", "collection", "rkey", "record", "cid")
OF_RECORD = ("text", "createdAt", "langs", "tags", "facets", "reply", "embed")


@pytest.mark.faults
@pytest.mark.parametrize("source", ["bluesky", "mastodon"])
def test_what_a_feed_says_that_is_none_of_its_events_is_a_dead_letter_with_its_bytes(
    spark: SparkSession, tmp_path: Path, source: str
) -> None:
    job = FakeJob(spark, tmp_path, source=source, mastodon_url="http://127.0.0.1:1", mastodon_token="t")
    job.hear([event.event for event in SOME])
    job.run(PROCESSORS[source])
    assert job.content == job.removals == []
    letters = {letter["sha256"]: letter for letter in job.dead_letters}
    assert len(letters) == len(job.dead_letters) == len(SOME)
    for event in SOME:
        letter = letters[hashlib.sha256(event.event).hexdigest()]
        assert (letter["raw"], letter["length"]) == (event.event[:MAX_EVENT_BYTES], len(event.event))
        assert letter["problem"] in (event.outcomes if event.outcomes <= UNREAD else PROBLEMS - UNREAD)


@pytest.mark.faults
def test_a_line_of_a_file_becomes_what_the_same_line_of_a_feed_becomes(spark: SparkSession, tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    lines = [each for each in SOME if each.event.strip(b" \t\r") and b'"data":[' not in each.event]  # a page is many
    # A NUL in a file is a sign of UTF-16, in a feed it is a character.
    events = [sent(each.event, "not_utf8") if b"\0" in each.event else each for each in lines]
    (folder / "corpus.txt").write_bytes(b"\n".join(each.event for each in events))
    job = FakeJob(spark, tmp_path, source="files", files_folder=f"file://{folder}")
    job.run(FilesProcessor)
    found: dict[str, dict[str, Any]] = {each["origin"]: each for each in [*job.content, *job.dead_letters]}
    assert len(found) == len(job.content) + len(job.dead_letters) == len(events)
    origins = [f"corpus.txt:{hashlib.sha256(event.event).hexdigest()}" for event in events]
    check_all(events, [found.get(origin) for origin in origins], "corpus")


def test_a_value_of_a_wrong_type_in_any_field_of_jetstream_fails_nothing(spark: SparkSession, tmp_path: Path) -> None:
    job = FakeJob(spark, tmp_path, source="bluesky")
    job.hear([_jetstream(field, wrong) for field in (*OF_EVENT, *OF_COMMIT, *OF_RECORD) for wrong in WRONG])
    job.run(PROCESSORS["bluesky"])
    assert {letter["problem"] for letter in job.dead_letters} <= PROBLEMS
    origins = [each["origin"] for each in [*job.content, *job.dead_letters]]
    assert len(origins) == len(set(origins)) > 0
    (entry,) = [plan.contents for plan in job.ledger.plans.values()]
    assert entry.posts + entry.dead_letters + entry.filtered + entry.deletions == 17 * len(WRONG)


def _jetstream(field: str, wrong: str) -> bytes:
    """A new post of which one field has that value, in JSON."""
    record: dict[str, Any] = {"text": "x", "createdAt": "2026-01-01T00:00:00Z", "langs": ["en"]}
    commit = {"rev": "3l", "operation": "create", "collection": "app.bsky.feed.post", "rkey": "3k", "record": record}
    event: dict[str, Any] = {"did": "did:plc:a", "time_us": 1_783_175_888_000_000, "kind": "commit", "commit": commit}
    place = event if field in OF_EVENT else commit if field in OF_COMMIT else record
    place[field] = "the wrong value"
    return json.dumps(event).replace('"the wrong value"', wrong).encode()
