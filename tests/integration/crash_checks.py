"""What must be true of a database when a job was killed, and what when it has caught up."""

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import bson

from spool.segments import decode, open_id
from tests.conftest import Documents
from tests.integration.crash_events import Event, sha256_of
from tests.integration.crash_points import Point
from tests.integration.stored import posts, raw

_OF_THE_COMMIT = ("epoch", "state", "committed_at", "seconds", "lag_seconds", "spans")


class Remains:
    """What a killed job left: every collection's bytes, its lease, its checkpoint, its spool."""

    def __init__(self, database: Documents, home: Path) -> None:
        self.documents, self.dead_letters = raw(database, "micro_batches"), raw(database, "dead_letters")
        self.ledger = raw(database, "batches")
        self.lease = database["leases"].find_one()
        self.logged, self.committed_by_spark = (
            _numbers(home / "checkpoint/offsets"),
            _numbers(home / "checkpoint/commits"),
        )
        spool = home / "spool"
        self.open_segments = [each.read_bytes() for each in spool.glob(".*.open") if open_id(each.name)]
        closed = [each.read_bytes() for each in spool.glob("*.segment")]
        self._heard = {sha256_of(line) for content in closed for line in decode(content)}
        for content in self.open_segments:
            whole = content[: content.rfind(b"\n") + 1]
            self._heard |= {sha256_of(line) for line in decode(whole)}
        self._stored = {post["raw_text"] for post in posts(database)}
        self._stored |= {letter["sha256"] for letter in database["dead_letters"].find()}

    def has(self, event: Event) -> bool:
        """Whether it was handed over."""
        return event.sha256 in self._heard or (event.text or event.sha256) in self._stored

    def entry(self, number: int) -> dict[str, Any] | None:
        """The ledger's word on a batch."""
        entries = map(bson.decode, self.ledger.values())
        return next((entry for entry in entries if entry["batch_id"] == number), None)

    def of_batch(self, stored: dict[str, bytes], number: int) -> list[dict[str, Any]]:
        """Those of the documents that are the batch's."""
        return [each for each in map(bson.decode, stored.values()) if each["batch_id"] == number]


def assert_died_at(point: Point, remains: Remains) -> None:
    """The job was at this point and no other."""
    if point in (Point.MID_SEGMENT, Point.UNNAMED_SEGMENT):
        assert remains.logged == remains.committed_by_spark
        (left,) = remains.open_segments
        assert left.count(b"\n") >= 1
        assert left.endswith(b"\n") == (point is Point.UNNAMED_SEGMENT)
        return
    number = max(remains.logged)
    assert remains.committed_by_spark == set(range(number))
    entry = remains.entry(number)
    written = remains.of_batch(remains.documents, number)
    buried = remains.of_batch(remains.dead_letters, number)
    if entry is None:
        assert (point, written, buried) == (Point.LOGGED, [], [])
        return
    assert entry["state"] == ("committed" if point is Point.COMMITTED else "planned")
    stored = sum(document["posts"] for document in written)
    if point is Point.PLANNED:
        assert (stored, len(buried)) == (0, 0)
    elif point is Point.HALF_STORED:
        assert 0 < stored < entry["posts"]
        assert not buried
    else:
        assert point in (Point.STORED, Point.COMMITTED)
        assert (stored, len(buried)) == (entry["posts"], entry["dead_letters"])


def assert_each_is_stored_once(database: Documents, events: Iterable[Event]) -> None:
    """Every event, text for text and id for id, and nothing else."""
    events = list(events)
    texts = {event.text: event.id for event in events if event.text is not None}
    found = posts(database)
    assert sorted(post["raw_text"] for post in found) == sorted(texts)
    assert all(texts[post["raw_text"]] in (None, post["id"]) for post in found)
    assert len({post["id"] for post in found}) == len(found)
    bad = {event.sha256: event.sent for event in events if event.text is None}
    letters = list(database["dead_letters"].find())
    assert sorted(letter["sha256"] for letter in letters) == sorted(bad)
    assert all(bad[letter["sha256"]].startswith(letter["raw"]) for letter in letters)
    assert all(len(bad[letter["sha256"]]) == letter["length"] for letter in letters)


def assert_ledger_is_complete(database: Documents) -> None:
    """One query, no number missing, all committed, and every count that of the documents."""
    entries = list(database["batches"].find(sort=[("batch_id", 1)]))
    assert len({entry["query_id"] for entry in entries}) == 1
    assert [entry["batch_id"] for entry in entries] == list(range(len(entries)))
    assert {entry["state"] for entry in entries} == {"committed"}
    for entry in entries:
        of_batch = {"batch_id": entry["batch_id"]}
        documents = list(database["micro_batches"].find(of_batch))
        assert sum(document["posts"] for document in documents) == entry["posts"]
        assert all(len(document["content"]) == document["posts"] for document in documents)
        assert all(document["part"] < document["parts"] == entry["parts"] for document in documents)
        assert all(document["timestamp"] == entry["timestamp"] for document in documents)
        assert database["dead_letters"].count_documents(of_batch) == entry["dead_letters"]


def assert_replay_changed_nothing(database: Documents, remains: Remains) -> None:
    """What was there has the same bytes; a plan has got its commit, a committed entry not even that."""
    assert remains.documents.items() <= raw(database, "micro_batches").items()
    assert remains.dead_letters.items() <= raw(database, "dead_letters").items()
    ledger = raw(database, "batches")
    for name, before in remains.ledger.items():
        was, now = bson.decode(before), bson.decode(ledger[name])
        if was["state"] == "committed":
            assert ledger[name] == before
        else:
            assert _plan(now) == _plan(was)


def assert_committed_is_unchanged(database: Documents, remains: Remains) -> None:
    """The documents of batches that were committed have the same bytes; a later release may lay out others anew."""
    now = raw(database, "micro_batches")
    planned = {entry["batch_id"] for entry in map(bson.decode, remains.ledger.values()) if entry["state"] == "planned"}
    committed = {name: was for name, was in remains.documents.items() if bson.decode(was)["batch_id"] not in planned}
    assert committed
    assert committed.items() <= now.items()


def is_settled(database: Documents, home: Path, events: int) -> bool:
    """Whether so many events are stored, and ledger and Spark have both committed."""
    entries = list(database["batches"].find())
    if sum(entry["posts"] + entry["dead_letters"] for entry in entries) < events:
        return False
    is_committed = all(entry["state"] == "committed" for entry in entries)
    return is_committed and _numbers(home / "checkpoint/offsets") == _numbers(home / "checkpoint/commits")


def _numbers(folder: Path) -> set[int]:
    return {int(each.name) for each in folder.glob("[0-9]*")}


def _plan(entry: dict[str, Any]) -> list[tuple[str, Any]]:
    return list(itertools.filterfalse(lambda item: item[0] in _OF_THE_COMMIT, entry.items()))
