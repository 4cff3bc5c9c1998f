"""`manage.py check` over a database that is damaged on purpose: each damage is found, and the field is named."""

import sys
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from bson import Int64

from ledger.indexes import ensure_indexes
from manage import main
from operations.described.report import MOST_OF_A_KIND
from tests.conftest import Documents
from tests.filled import BEGIN, Filling, fill, gap

DOCUMENT = "micro_batches/11111111-2222-4333-8444-555555555555:0:0"
ENTRY = "batches/11111111-2222-4333-8444-555555555555:0"
LETTER = "dead_letters/11111111-2222-4333-8444-555555555555:posts/0/3"
GAP = f"coverage/covid:{round(BEGIN.timestamp() * 1000)}"
DAMAGES: dict[str, tuple[str, dict[str, Any], str]] = {
    "a string for a number": (
        "micro_batches",
        {"$set": {"total_case_count": "704,753,890"}},
        f"{DOCUMENT}: total_case_count: found string, expected integer",
    ),
    "a fraction for a whole number": (
        "micro_batches",
        {"$set": {"posts": 3.5}},
        f"{DOCUMENT}: posts: found double, expected integer",
    ),
    "true for a number": ("batches", {"$set": {"posts": True}}, f"{ENTRY}: posts: found boolean, expected integer"),
    "a null that must not be": (
        "micro_batches",
        {"$set": {"timestamp": None}},
        f"{DOCUMENT}: timestamp: found null, expected date",
    ),
    "a field that is missing": (
        "batches",
        {"$unset": {"content_hash": ""}},
        f"{ENTRY}: content_hash: found nothing, expected string",
    ),
    "a post's field that is missing": (
        "micro_batches",
        {"$unset": {"content.2.origin": ""}},
        f"{DOCUMENT}: content.2.origin: found nothing, expected string",
    ),
    "a post's field of a wrong type": (
        "micro_batches",
        {"$set": {"content.1.lang": 7}},
        f"{DOCUMENT}: content.1.lang: found integer, expected string or null",
    ),
    "a kind that there is not": (
        "micro_batches",
        {"$set": {"content.0.kind": "toot"}},
        f"{DOCUMENT}: content.0.kind: found 'toot', expected post, repost, quote or reply",
    ),
    "a post that is none": (
        "micro_batches",
        {"$set": {"content.0": "text"}},
        f"{DOCUMENT}: content.0: found string, expected object",
    ),
    "a count that is a string": (
        "micro_batches",
        {"$set": {"content.0.metrics.likes": "many"}},
        f"{DOCUMENT}: content.0.metrics.likes: found string, expected integer or null",
    ),
    "a hashtag that is null": (
        "micro_batches",
        {"$set": {"content.0.hashtags": ["covid", None]}},
        f"{DOCUMENT}: content.0.hashtags.1: found null, expected string",
    ),
    "a status with a terminal's commands in it": (
        "batches",
        {"$set": {"case_count.status": "\x1b[2J"}},
        f"{ENTRY}: case_count.status: found '\\x1b[2J', expected live, cached, unparsed, never or none",
    ),
    "a flag that there is not": (
        "micro_batches",
        {"$set": {"case_count.flags": ["stale", "odd"]}},
        f"{DOCUMENT}: case_count.flags.1: found 'odd', expected stale, fell or jumped",
    ),
    "flags that are no list": (
        "batches",
        {"$set": {"case_count.flags": "stale"}},
        f"{ENTRY}: case_count.flags: found string, expected array of strings",
    ),
    "a string for bytes": ("dead_letters", {"$set": {"raw": "text"}}, f"{LETTER}: raw: found string, expected binary"),
    "a time that is a string": (
        "coverage",
        {"$set": {"to": "2026-11-22"}},
        f"{GAP}: to: found string, expected date or null",
    ),
    "a count read at a string": (
        "case_counts",
        {"$set": {"fetched_at": "far"}},
        "case_counts/worldometers: fetched_at: found string, expected date",
    ),
    "a forgotten post without its time": (
        "forgotten",
        {"$unset": {"at": ""}},
        "forgotten/9b71: at: found nothing, expected date",
    ),
    "a lease of no state": (
        "leases",
        {"$set": {"state": "lost"}},
        "leases/covid: state: found 'lost', expected held, released or expired",
    ),
    "a usage without a day": ("usage", {"$unset": {"day": ""}}, "usage/h:d:covid: day: found nothing, expected string"),
}
TIME = datetime(2026, 11, 20, tzinfo=UTC)


class Ended(NamedTuple):
    returncode: int
    lines: list[str]
    stderr: str


class Check:
    """The command, within this process."""

    def __init__(
        self, uri: str, database: Documents, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        monkeypatch.setenv("CASESTREAM_MONGODB_URI", uri)
        monkeypatch.setenv("CASESTREAM_DATABASE", database.name)

    def run(self, *arguments: str) -> Ended:
        self._monkeypatch.setattr(sys, "argv", ["manage.py", "check", *arguments])
        try:
            code = main()
        except SystemExit as end:
            code = int(end.code or 0)
        said = self._capsys.readouterr()
        return Ended(code, said.out.splitlines(), said.err)


@pytest.fixture
def check(
    mongodb_uri: str, filled: Documents, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Check:
    return Check(mongodb_uri, filled, monkeypatch, capsys)


@pytest.fixture
def filled(database: Documents) -> Documents:
    """Something in every collection."""
    ensure_indexes(database)
    fill(database, Filling(batches=1, posts=3, dead_letters=1))
    gap(database, "covid", "kafka", BEGIN, None)
    database["case_counts"].insert_one({"_id": "worldometers", "value": Int64(1), "as_of": None, "fetched_at": TIME})
    database["forgotten"].insert_one({"_id": "9b71", "at": TIME})
    usage = {"account": "h", "day": "2026-11-20", "job": "covid", "source": "twitter", "posts": 1, "updated_at": TIME}
    database["usage"].insert_one({"_id": "h:d:covid", **usage})
    return database


def test_what_is_as_described_is_one_line(check: Check) -> None:
    ended = check.run()
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.lines == [
        "clean: 1 micro_batches, 1 batches, 1 dead_letters, 1 coverage, 1 case_counts, 1 forgotten, 1 leases, 1 usage"
    ]


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_damage_is_a_line_that_names_the_field(check: Check, filled: Documents, damage: str) -> None:
    collection, change, line = DAMAGES[damage]
    filled[collection].update_one({}, change)
    ended = check.run()
    assert (ended.returncode, ended.lines[:-1]) == (1, [f"finding: {line}"])
    assert ended.lines[-1].startswith("1 FINDINGS: ")
    assert ended.stderr == "1 findings: no job writes such a field. Restore it from a backup.\n"


def test_a_field_that_is_not_described_is_a_note(check: Check, filled: Documents) -> None:
    filled["micro_batches"].update_one({}, {"$set": {"content.1.mood": "glad", "noted": 1}})
    ended = check.run()
    assert ended.returncode == 0
    assert ended.lines[:-1] == [
        f"note: {DOCUMENT}: content.1.mood: found string, expected no field of that name",
        f"note: {DOCUMENT}: noted: found integer, expected no field of that name",
    ]
    assert ended.lines[-1].startswith("clean: ")


def test_a_kind_of_finding_is_listed_so_often_and_counted_from_then_on(check: Check, filled: Documents) -> None:
    document = filled["micro_batches"].find_one()
    assert document is not None
    posts = [{**document["content"][0], "author": n, f"field{n}": n} for n in range(MOST_OF_A_KIND + 50)]
    filled["micro_batches"].update_one({}, {"$set": {"content": posts}})
    ended = check.run()
    assert ended.returncode == 1
    assert [line.startswith("finding: ") for line in ended.lines].count(True) == MOST_OF_A_KIND + 1
    assert "finding: micro_batches: content.*.author: 50 more" in ended.lines
    assert "note: micro_batches: content.*.*: 50 more" in ended.lines


def test_of_one_job_nothing_else_is_looked_at(check: Check, filled: Documents) -> None:
    fill(filled, Filling(job="flu", query="q", batches=2, posts=1))
    filled["micro_batches"].update_one({"job": "covid"}, {"$set": {"part": "0"}})
    filled["case_counts"].update_one({}, {"$set": {"value": "1"}})
    ended = check.run("--jobname", "flu")
    assert (ended.returncode, ended.lines) == (0, ["clean: 2 micro_batches, 2 batches, 1 leases"])
    assert check.run("--jobname", "covid").returncode == 1
    nobody = check.run("--jobname", "nobody")
    assert (nobody.returncode, nobody.lines) == (3, [])
    assert "knows no job of the name nobody: it knows covid, flu\n" in nobody.stderr


def test_an_empty_database_and_one_that_is_away_are_known_to_be_neither_clean_nor_damaged(
    check: Check, filled: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASESTREAM_DATABASE", f"{filled.name}_none")
    empty = check.run()
    assert (empty.returncode, empty.lines) == (3, [])
    assert "holds nothing" in empty.stderr
    monkeypatch.setenv("CASESTREAM_MONGODB_URI", "mongodb://127.0.0.1:1/?directConnection=true")
    away = check.run()
    assert (away.returncode, away.lines) == (3, [])
    assert "MongoDB cannot be reached" in away.stderr
