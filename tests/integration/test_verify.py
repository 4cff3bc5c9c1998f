"""`manage.py verify` over what a real job has stored, whole and damaged on purpose: each damage is found and named."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from ledger.database import connect
from ledger.indexes import ensure_indexes
from manage import main
from tests.conftest import Documents
from tests.integration.jobs import manage, run
from tests.servers.count_page import CountPage
from tests.servers.kafka import KafkaBroker

POSTS, BAD = 240, [b"\xff", b"{", b'{"no": "text"}']
COLLECTIONS = ("batches", "micro_batches", "dead_letters", "coverage", "leases")
Lines = list[str]


@pytest.fixture(scope="module")
def topic(kafka: KafkaBroker) -> str:
    name = f"posts-{uuid4().hex[:8]}"
    kafka.create_topic(name, partitions=2)
    tweets = [json.dumps({"id": str(10**18 + n), "text": f"{n} é👩🏽‍🔬 #covid " + "word " * 30}) for n in range(POSTS)]
    for partition in (0, 1):
        kafka.produce(name, [*(tweet.encode() for tweet in tweets[partition::2]), *BAD], partition=partition)
    return name


@pytest.fixture(scope="module")
def whole(
    tmp_path_factory: pytest.TempPathFactory, kafka: KafkaBroker, topic: str, mongodb_uri: str
) -> Iterator[Documents]:
    """What a job has stored of the topic: several batches, each of several parts."""
    database = connect(mongodb_uri, f"test_{uuid4().hex[:12]}")
    with CountPage() as page, database.client:
        settings = {"mongodb_uri": mongodb_uri, "database": database.name, "count_url": page.url}
        settings |= {"kafka_bootstrap_servers": kafka.bootstrap, "kafka_topics": topic}
        settings |= {"kafka_max_offsets_per_trigger": "100", "max_event_bytes": "1000", "max_document_bytes": "20000"}
        arguments = ("--jobname", "covid", "--source", "kafka", "--available-now")
        code, errors = run(tmp_path_factory.mktemp("verify"), *arguments, **settings)
        assert code == 0, errors
        assert database["batches"].count_documents({}) >= 3
        assert database["micro_batches"].count_documents({}) > database["batches"].count_documents({})
        yield database
        database.client.drop_database(database.name)


@pytest.fixture
def copy(whole: Documents, database: Documents) -> Documents:
    """A copy of the whole database, to be damaged."""
    ensure_indexes(database)
    for collection in COLLECTIONS:
        if found := list(whole[collection].find()):
            database[collection].insert_many(found)
    return database


class Ended(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


class Verify:
    """The command, for one database; within this process, which is quicker than one of its own for each damage."""

    def __init__(self, uri: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        monkeypatch.setenv("CASESTREAM_MONGODB_URI", uri)

    def run(self, database: Documents, *arguments: str, command: str = "verify") -> Ended:
        self._monkeypatch.setenv("CASESTREAM_DATABASE", database.name)
        self._monkeypatch.setattr(sys, "argv", ["manage.py", command, *arguments])
        try:
            code = main()
        except SystemExit as end:
            code = int(end.code or 0)
        return Ended(code, *self._capsys.readouterr())

    def damage(self, database: Documents, *arguments: str) -> dict[str, Lines]:
        """The damage by what it is, of a command that exits with 1."""
        ended = self.run(database, *arguments)
        assert ended.returncode == 1, ended.stdout + ended.stderr
        assert ended.stderr.splitlines()[-1] == "damage was found in 1 of 1 jobs"
        found: dict[str, Lines] = {}
        for line in ended.stdout.splitlines():
            if line.startswith("damage: covid: "):
                found.setdefault(line.split(": ")[2], []).append(line)
        return found

    def notes(self, database: Documents, *arguments: str) -> Lines:
        """What is no damage, of a command that exits with 0."""
        ended = self.run(database, *arguments)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        *notes, numbers = ended.stdout.splitlines()
        assert numbers.startswith("covid: clean: ")
        return notes


@pytest.fixture
def verify(mongodb_uri: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Verify:
    return Verify(mongodb_uri, monkeypatch, capsys)


def entry(database: Documents, number: int = 1) -> dict[str, Any]:
    found = database["batches"].find_one({"batch_id": number})
    assert found is not None
    return found


def part(database: Documents, number: int = 1) -> dict[str, Any]:
    found = database["micro_batches"].find_one({"batch_id": number})
    assert found is not None
    return found


def altered_by_one(value: object) -> object:
    """Another character at its end, another item, another millisecond."""
    if isinstance(value, datetime):
        return value + timedelta(milliseconds=1)
    return [*value, ""] if isinstance(value, list) else f"{value}"[:-1] + "~"


def test_what_a_job_has_stored_is_whole_and_is_counted(
    whole: Documents, verify: Verify, kafka: KafkaBroker, topic: str
) -> None:
    assert verify.notes(whole) == []
    ended = verify.run(whole, "--json", "--jobname", "covid", "--kafka-bootstrap-servers", kafka.bootstrap)
    assert ended.returncode == 0, ended.stdout
    assert json.loads(ended.stdout) == {
        "job": "covid",
        "clean": True,
        "batches": whole["batches"].count_documents({}),
        "posts": POSTS,
        "dead_letters": 2 * len(BAD),
        "expired": 0,
        "coverage": {"gaps": 0, "seconds": 0},
        "counts": {},
        "damage": [],
        "notes": [],
    }
    kafka.produce(topic, [b"one more"], partition=1)
    (waiting,) = verify.notes(whole, "--kafka-bootstrap-servers", kafka.bootstrap)
    assert f"events wait in the topic: {topic}/1: found 1 behind" in waiting


def test_what_a_job_has_stored_is_as_described_and_its_views_show_it(whole: Documents, verify: Verify) -> None:
    ended = verify.run(whole, "--jobname", "covid", command="check")
    assert (ended.returncode, ended.stdout.count("\n")) == (0, 1), ended.stdout + ended.stderr
    documents = whole["micro_batches"].count_documents({})
    assert ended.stdout.startswith(f"clean: {documents} micro_batches, ")
    assert whole["posts"].count_documents({"job": "covid"}) == POSTS
    assert whole["texts"].count_documents({"job": "covid"}) == documents
    validated = [each["name"] for each in whole.list_collections() if each["options"].get("validator")]
    assert sorted(validated) == ["batches", "coverage", "dead_letters", "micro_batches", "removals"]


def test_as_a_process_the_command_says_damage_on_standard_output_and_exits_with_1(
    copy: Documents, mongodb_uri: str, tmp_path: Path
) -> None:
    settings = {"mongodb_uri": mongodb_uri, "database": copy.name}
    ended = manage(tmp_path, "verify", **settings)
    assert (ended.returncode, ended.stdout.splitlines()[0].split(": ")[1]) == (0, "clean")
    copy["micro_batches"].delete_one({})
    ended = manage(tmp_path, "verify", "--json", **settings)
    assert (ended.returncode, ended.stderr) == (1, "damage was found in 1 of 1 jobs\n")
    (damage,) = json.loads(ended.stdout)["damage"]
    assert set(damage) == {"what", "where", "found", "expected", "do"}


def test_a_removed_part_is_found(copy: Documents, verify: Verify) -> None:
    removed = part(copy)
    copy["micro_batches"].delete_one({"_id": removed["_id"]})
    found = verify.damage(copy)
    assert set(found) == {"number of posts differs"}
    (line,) = found["number of posts differs"]
    stored = entry(copy)
    assert f"batches/{stored['_id']}: found {stored['posts'] - removed['posts']} (parts" in line
    assert f"expected {stored['posts']} (parts below {stored['parts']})" in line
    copy["micro_batches"].insert_one(removed)  # from a backup
    assert verify.notes(copy) == []


def test_all_documents_of_a_batch_removed_are_found(copy: Documents, verify: Verify) -> None:
    copy["micro_batches"].delete_many({"batch_id": 0})
    (line,) = verify.damage(copy)["number of posts differs"]
    assert "found 0 (parts none)" in line


@pytest.mark.parametrize("field", ["text", "raw_text", "id", "origin", "hashtags", "received_at"])
def test_a_post_altered_by_one_character_is_found(copy: Documents, verify: Verify, field: str) -> None:
    document = part(copy)
    altered = altered_by_one(document["content"][2][field])
    copy["micro_batches"].update_one({"_id": document["_id"]}, {"$set": {f"content.2.{field}": altered}})
    found = verify.damage(copy)
    assert set(found) == {"content hash differs"}
    assert f"batches/{entry(copy)['_id']}: " in found["content hash differs"][0]


def test_a_post_that_lost_a_field_is_found(copy: Documents, verify: Verify) -> None:
    document = part(copy)
    copy["micro_batches"].update_one({"_id": document["_id"]}, {"$unset": {"content.0.text": ""}})
    (line,) = verify.damage(copy)["post cannot be read"]
    assert f"micro_batches/{document['_id']}: found KeyError" in line


def test_another_case_count_in_a_document_is_found(copy: Documents, verify: Verify) -> None:
    document = part(copy)
    copy["micro_batches"].update_one({"_id": document["_id"]}, {"$set": {"total_case_count": 7}})
    (line,) = verify.damage(copy)["field differs"]
    assert f"{document['_id']}: found total_case_count 7, expected {entry(copy)['total_case_count']}" in line


@pytest.mark.parametrize("suffix", [":copy", "9"])
def test_a_document_doubled_under_another_id_is_found(copy: Documents, verify: Verify, suffix: str) -> None:
    document = part(copy)
    copy["micro_batches"].insert_one({**document, "_id": document["_id"] + suffix})
    found = verify.damage(copy)
    (twice,) = found["post stored twice"]
    assert f"{document['_id']}, micro_batches/{document['_id']}{suffix}: found {document['posts']} posts" in twice
    other = found["document of no batch" if suffix == ":copy" else "field differs"]
    assert f"micro_batches/{document['_id']}{suffix}: " in other[0]


def test_a_doubled_post_is_found_and_named(copy: Documents, verify: Verify) -> None:
    document = part(copy)
    post = document["content"][0]
    change = {"$push": {"content": post}, "$inc": {"posts": 1}}
    copy["micro_batches"].update_one({"_id": document["_id"]}, change)
    found = verify.damage(copy)
    assert set(found) == {"number of posts differs", "post stored twice"}
    assert f"one of them {post['id']}" in found["post stored twice"][0]


def test_an_id_that_another_post_has_is_found_and_named(copy: Documents, verify: Verify) -> None:
    document, other = part(copy, 0), part(copy, 1)["content"][0]["id"]
    copy["micro_batches"].update_one({"_id": document["_id"]}, {"$set": {"content.0.id": other}})
    assert set(verify.damage(copy)) == {"content hash differs"}
    notes = [line for line in verify.run(copy).stdout.splitlines() if line.startswith("note: ")]
    assert [f"one of them {other}" in line for line in notes] == [True]


def test_a_removed_ledger_entry_is_found_and_so_is_what_it_held(copy: Documents, verify: Verify, topic: str) -> None:
    removed = entry(copy)
    copy["batches"].delete_one({"_id": removed["_id"]})
    found = verify.damage(copy)
    assert f"batches/{removed['_id']}: found no batch 1" in found["batch missing in the ledger"][0]
    assert len(found["document of no batch"]) == copy["micro_batches"].count_documents({"batch_id": 1})
    held = [each for each in removed["offsets"] if each["from"] < each["until"]]
    for each, line in zip(held, found["offsets not covered"], strict=True):
        assert f"{topic}/{each['partition']}: found no batch with {each['from']} to {each['until'] - 1}" in line


def test_a_removed_ledger_entry_of_dead_letters_is_found(copy: Documents, verify: Verify) -> None:
    letters = list(copy["dead_letters"].find())
    copy["batches"].delete_many({"batch_id": {"$in": [letter["batch_id"] for letter in letters]}})
    found = verify.damage(copy)["dead letter of no batch"]
    assert sorted(line.split(": ")[3] for line in found) == sorted(f"dead_letters/{each['_id']}" for each in letters)


def test_an_event_that_is_a_post_and_a_dead_letter_is_found(copy: Documents, verify: Verify) -> None:
    document, letter = part(copy), copy["dead_letters"].find_one()
    assert letter is not None
    origin = document["content"][0]["origin"]
    query = letter["_id"].partition(":")[0]
    copy["dead_letters"].insert_one({**letter, "_id": f"{query}:{origin}", "origin": origin})
    (line,) = verify.damage(copy)["event stored as a post and as a dead letter"]
    assert f"dead_letters/{query}:{origin}: found a post of micro_batches/{document['_id']}, too" in line


def test_a_removed_dead_letter_is_found(copy: Documents, verify: Verify) -> None:
    letter = copy["dead_letters"].find_one_and_delete({})
    assert letter is not None
    found = verify.damage(copy)
    assert set(found) == {"number of dead letters differs"}
    assert f":{letter['batch_id']}: found " in found["number of dead letters differs"][0]


def test_other_bytes_in_a_dead_letter_are_found(copy: Documents, verify: Verify) -> None:
    copy["dead_letters"].update_one({"raw": b"{"}, {"$set": {"raw": b"}"}})
    assert set(verify.damage(copy)) == {"bytes of a dead letter differ"}


def test_a_cut_range_of_offsets_is_found(copy: Documents, verify: Verify, kafka: KafkaBroker, topic: str) -> None:
    stored = entry(copy)
    until = stored["offsets"][0]["until"]
    copy["batches"].update_one({"_id": stored["_id"]}, {"$inc": {"offsets.0.until": -5}})
    found = verify.damage(copy, "--kafka-bootstrap-servers", kafka.bootstrap)
    assert set(found) == {"offsets not covered", "number of events differs from the offsets"}
    assert f"{topic}/0: found no batch with {until - 5} to {until - 1}; still in the" in found["offsets not covered"][0]


def test_offsets_in_two_batches_are_found(copy: Documents, verify: Verify, topic: str) -> None:
    stored = entry(copy)
    begin = stored["offsets"][0]["from"]
    copy["batches"].update_one({"_id": stored["_id"]}, {"$inc": {"offsets.0.from": -5}})
    found = verify.damage(copy)
    assert set(found) == {"offsets covered twice"}
    (line,) = found["offsets covered twice"]
    assert f"batches/{stored['_id']}: found {topic}/0 {begin - 5} to {begin - 1} again" in line


def again(database: Documents, *, from_start: bool) -> None:
    """Store everything once more, as a query of a fresh checkpoint does."""
    later = timedelta(hours=1)
    for collection in ("batches", "micro_batches"):
        for found in list(database[collection].find()):
            _, rest = found["_id"].split(":", 1)
            change = {"_id": f"second:{rest}", "timestamp": found["timestamp"] + later}
            query = {"query_id": "second", "from_start": from_start} if collection == "batches" else {}
            database[collection].insert_one(found | change | query)
    for letter in list(database["dead_letters"].find()):
        database["dead_letters"].insert_one(letter | {"_id": "second:" + letter["_id"].split(":", 1)[1]})


def test_what_from_start_stored_again_is_told_as_such(copy: Documents, verify: Verify) -> None:
    again(copy, from_start=True)
    notes = verify.notes(copy)
    assert {line.split(": ")[2] for line in notes} == {"offsets read again from the start"}
    copy["micro_batches"].delete_one({"_id": {"$regex": "^second:1:"}})
    assert set(verify.damage(copy)) == {"number of posts differs"}


def test_what_was_stored_again_without_being_asked_for_is_damage(copy: Documents, verify: Verify) -> None:
    again(copy, from_start=False)
    assert set(verify.damage(copy)) == {"offsets covered twice", "post stored twice", "dead letter stored twice"}


def test_a_batch_left_planned_is_damage_unless_the_job_is_at_it(copy: Documents, verify: Verify) -> None:
    last = copy["batches"].count_documents({}) - 1
    left = entry(copy, last)["_id"]
    copy["batches"].update_one({"_id": left}, {"$set": {"state": "planned", "committed_at": None}})
    copy["micro_batches"].delete_one({"batch_id": last})
    (line,) = verify.damage(copy)["batch planned and not committed"]
    assert f"batches/{left}: found state planned, expected committed: start the job" in line

    now = datetime.now(UTC)
    lease = {"$set": {"state": "held", "heartbeat": now + timedelta(minutes=5), "period_seconds": 30}}
    copy["leases"].update_one({"_id": "covid"}, lease)
    (note,) = verify.notes(copy)
    assert note.startswith(f"note: covid: batch in hand: batches/{left}: ")

    without_period = {"$set": {"heartbeat": now - timedelta(minutes=5)}, "$unset": {"period_seconds": ""}}
    copy["leases"].update_one({"_id": "covid"}, without_period)  # as an early version wrote it
    assert set(verify.damage(copy)) == {"batch planned and not committed"}


def test_a_segment_in_two_batches_is_found(copy: Documents, verify: Verify) -> None:
    for number in (0, 1):
        stored = entry(copy, number)
        lines = stored["posts"] + stored["dead_letters"] - 1
        segments = [{"segment": "twice", "lines": 1}, {"segment": f"s{number}", "lines": lines}]
        copy["batches"].update_one({"_id": stored["_id"]}, {"$set": {"offsets": segments}})
    found = verify.damage(copy)
    assert set(found) == {"segment stored twice"}
    assert f"batches/{entry(copy, 0)['_id']}, batches/{entry(copy, 1)['_id']}" in found["segment stored twice"][0]


def test_a_recorded_gap_is_told_and_is_no_damage(copy: Documents, verify: Verify) -> None:
    begin = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    gap = {"_id": "covid:1", "job": "covid", "source": "kafka", "from": begin, "to": begin + timedelta(seconds=90)}
    copy["coverage"].insert_one({**gap, "cause": "the job died", "recovered": "lost"})
    (note,) = verify.notes(copy)
    assert "feed not heard: coverage/covid:1: found 2026-01-02T03:04:05.000+00:00 to " in note
    assert verify.run(copy).stdout.splitlines()[-1].endswith("1 coverage gaps of 90 s")


def test_a_requeue_counts_as_a_batch_and_its_dead_letters_as_requeued(copy: Documents, verify: Verify) -> None:
    document = part(copy)
    letter = copy["dead_letters"].find_one({"raw": b"{"})
    assert letter is not None
    run, now = 1_767_323_045_678, datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
    post = document["content"][0] | {"id": "requeued", "origin": letter["origin"]}
    counts = {"batch_id": run, "timestamp": now, "parts": 1, "posts": 1}
    copy["micro_batches"].insert_one(document | counts | {"_id": f"requeue:{run}:0", "part": 0, "content": [post]})
    made = entry(copy) | counts | {"_id": f"requeue:{run}", "query_id": "requeue", "offsets": [], "dead_letters": 0}
    copy["batches"].insert_one(made)
    requeued = {"$set": {"requeue_run": run, "requeued_at": now}}
    copy["dead_letters"].update_one({"_id": letter["_id"]}, requeued)
    found = verify.damage(copy)
    assert set(found) == {"content hash differs"}
    right = found["content hash differs"][0].split("found ")[1].split(",")[0]
    copy["batches"].update_one({"_id": made["_id"]}, {"$set": {"content_hash": right}})
    assert verify.notes(copy) == []

    copy["dead_letters"].update_one({"_id": {"$ne": letter["_id"]}}, requeued)
    assert set(verify.damage(copy)) == {"number of requeued dead letters differs"}


def test_a_job_that_nobody_knows_a_database_of_nothing_and_a_broker_that_is_away_exit_with_3(
    whole: Documents, database: Documents, verify: Verify
) -> None:
    assert verify.run(whole, "--jobname", "other").returncode == 3
    assert verify.run(database).returncode == 3
    away = verify.run(whole, "--kafka-bootstrap-servers", "127.0.0.1:1")
    assert away.returncode == 3
    assert "127.0.0.1:1" in away.stderr
    assert verify.run(whole, "--kafka-bootstrap-servers", "nowhere").returncode == 2
