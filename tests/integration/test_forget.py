"""`manage.py forget` over a whole database: what goes, what stays; `verify` finds no damage then, and none between."""

import hashlib
import json
import shutil
import socket
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from clock import SystemClock
from errors import JobError
from forgotten import of_author, of_post
from ledger.forgotten import ForgottenLog
from ledger.leases import Lease
from ledger.removal import FORGET, Removal
from operations.exporting.folder import Folder
from operations.forgetting.scan import Found
from operations.forgetting.settling import Settling
from operations.forgetting.targets import Targets
from sinks import fingerprint
from spool.local_folder import LocalFolder
from spool.segments import decode
from spool.writer import SpoolWriter
from tests.conftest import Documents
from tests.filled import BEGIN
from tests.integration.in_process import Commands
from tests.integration.removed_posts import QUERY, Killed, changed, dying, entry, ids, post_id
from tests.integration.stored import raw
from tests.told_clock import ToldClock

COLLECTIONS = ("micro_batches", "batches", "dead_letters", "forgotten")


def everything(database: Documents) -> dict[str, dict[str, bytes]]:
    return {name: raw(database, name) for name in COLLECTIONS}


def letter(database: Documents, number: int, content: bytes) -> str:
    """Give a dead letter other bytes, and its batch the hash of them; its `_id`."""
    found = database["dead_letters"].find_one({"_id": f"{QUERY}:posts/0/{number}"})
    assert found is not None
    new = found | {"raw": content, "length": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    name = f"{QUERY}:{found['batch_id']}"
    total = int(database["batches"].find_one({"_id": name})["content_hash"], 16)  # type: ignore[index]
    total += fingerprint.of_dead_letter(new) - fingerprint.of_dead_letter(found)
    database["dead_letters"].replace_one({"_id": found["_id"]}, new)
    database["batches"].update_one({"_id": name}, {"$set": {"content_hash": fingerprint.content_hash(total)}})
    return str(found["_id"])


def test_a_look_writes_nothing_and_says_what_would_go(commands: Commands, filled: Documents) -> None:
    before = everything(filled)
    said = commands.done("forget", "--post", post_id(3), "--author", "7001")
    assert said == [
        "covid: 13 posts in 4 documents, 0 dead letters",
        "nothing was removed; --yes removes them",
    ]
    assert everything(filled) == before


def test_a_post_goes_from_its_document_and_the_ledger_says_how_many_went(commands: Commands, filled: Documents) -> None:
    before, kept = ids(filled), raw(filled, "micro_batches")
    said = commands.done("forget", "--post", post_id(40), "--yes")
    assert said[0] == "covid: 1 posts in 1 documents, 0 dead letters"
    assert ids(filled) == before - {post_id(40)}
    now = entry(filled, 1)
    assert (now["posts"], now["forgotten"], "forgetting" in now) == (29, 1, False)
    assert now["forgotten_at"] <= datetime.now(UTC)
    assert commands.notes() == []
    after = raw(filled, "micro_batches")
    assert [name for name in after if after[name] != kept[name]] == [f"{QUERY}:1:0"]
    assert [each["_id"] for each in filled["forgotten"].find()] == [of_post(post_id(40))]
    assert post_id(40).encode() not in b"".join(b"".join(each.values()) for each in everything(filled).values())


def test_again_it_finds_nothing_and_changes_nothing(commands: Commands, filled: Documents) -> None:
    commands.done("forget", "--post", post_id(40), "--yes")
    before = {name: raw(filled, name) for name in COLLECTIONS[:3]}
    assert commands.done("forget", "--post", post_id(40), "--yes")[-1].startswith("0 posts removed")
    assert {name: raw(filled, name) for name in COLLECTIONS[:3]} == before


def test_with_a_post_go_its_reposts_and_versions_and_not_its_quotes_and_replies(
    commands: Commands, filled: Documents
) -> None:
    changed(filled, 50, kind="repost", refers_to=post_id(3))
    changed(filled, 51, kind="quote", refers_to=post_id(3))
    changed(filled, 52, kind="reply", refers_to=post_id(3))
    changed(filled, 90, edit_of=post_id(3))
    assert commands.notes() == []
    before = ids(filled)
    commands.done("forget", "--post", post_id(3), "--yes")
    assert before - ids(filled) == {post_id(3), post_id(50), post_id(90)}
    assert commands.notes() == []


def test_an_authors_posts_go_and_what_others_reposted_of_them(commands: Commands, filled: Documents) -> None:
    changed(filled, 2, kind="repost", refers_to=post_id(61))  # before the post itself, and by another author
    of_author_7001 = {post_id(number) for number in range(120) if number % 10 == 1}
    before = ids(filled)
    commands.done("forget", "--author", "7001", "--yes")
    assert before - ids(filled) == of_author_7001 | {post_id(2)}
    stored = {each["_id"] for each in filled["forgotten"].find()}
    assert stored == {of_author("7001"), *map(of_post, of_author_7001 | {post_id(2)})}
    assert commands.notes() == []


def test_killed_between_an_authors_post_and_its_repost_the_same_command_takes_the_repost(
    commands: Commands, filled: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The post is gone then, and with it who wrote it: a hash is all that tells whose the repost is."""
    changed(filled, 100, kind="repost", refers_to=post_id(1))
    account = Removal.account

    def dies_after_the_first(removal: Removal, entry: str, intent: dict[str, Any]) -> None:
        account(removal, entry, intent)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Removal, "account", dies_after_the_first)
        with pytest.raises(Killed):
            commands.run("forget", "--author", "7001", "--yes")
    assert post_id(1) not in ids(filled)
    assert post_id(100) in ids(filled)
    look = commands.done("forget", "--author", "7001")[0]
    assert commands.done("forget", "--author", "7001", "--yes")[0] == look
    assert post_id(100) not in ids(filled)
    assert commands.notes() == []


def test_the_reposts_of_a_later_version_go_with_it_wherever_they_stand(commands: Commands, filled: Documents) -> None:
    changed(filled, 90, edit_of=post_id(3))
    changed(filled, 20, kind="repost", refers_to=post_id(90))
    changed(filled, 110, kind="repost", refers_to=post_id(90))
    before = ids(filled)
    said = commands.done("forget", "--post", post_id(3), "--yes")
    assert before - ids(filled) == {post_id(number) for number in (3, 20, 90, 110)}
    assert said[0] == "covid: 4 posts in 4 documents, 0 dead letters"
    assert commands.notes() == []


def test_what_goes_with_the_posts_is_noted_once_in_a_while_and_not_for_each_document(
    commands: Commands, filled: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time makes a running job store its batch anew."""
    for number in (10, 40, 50, 70, 75, 100, 105):
        changed(filled, number, kind="repost", refers_to=post_id(3))
    add, times = ForgottenLog.add, list[int]()

    def counted(log: ForgottenLog, hashes: Iterable[str]) -> None:
        wanted = list(hashes)
        times.append(len(wanted))
        add(log, wanted)

    monkeypatch.setattr(ForgottenLog, "add", counted)
    commands.done("forget", "--post", post_id(3), "--yes")
    assert [number for number in times if number > 1] == [7]
    assert filled["forgotten"].count_documents({}) == 8
    assert times.count(1) <= 2  # the post itself, before and after its author's


def test_a_document_that_would_be_empty_goes(commands: Commands, filled: Documents, tmp_path: Path) -> None:
    file = tmp_path / "ids"
    file.write_text("\n".join(post_id(number) for number in range(30, 60)))
    commands.done("forget", "--from-file", str(file), "--posts", "--yes")
    assert filled["micro_batches"].count_documents({"batch_id": 1}) == 0
    assert (entry(filled, 1)["posts"], entry(filled, 1)["forgotten"]) == (0, 30)
    assert commands.notes() == []


def test_the_results_of_a_compliance_job_are_forgotten_but_for_places(
    commands: Commands, filled: Documents, tmp_path: Path
) -> None:
    file = tmp_path / "results"
    lines = [{"id": post_id(number * 7), "action": "delete", "reason": "deleted"} for number in range(1_500)]
    lines.append({"id": post_id(1), "action": "delete", "reason": "scrub_geo"})
    file.write_text("\n".join(map(json.dumps, lines)))
    said = commands.done("forget", "--from-file", str(file), "--posts", "--yes")
    assert said[:2] == [
        f"{file}: 1,500 ids to forget (1,500 deleted, 1 scrub_geo)",
        "1 of them passed over: their place is to go, and no post here has one",
    ]
    assert ids(filled) == {post_id(number) for number in range(120) if number % 7}
    assert filled["forgotten"].count_documents({}) == 1_500
    assert commands.notes() == []


def test_only_what_lies_in_the_range_goes_and_verify_names_the_rest(commands: Commands, filled: Documents) -> None:
    since = (BEGIN + timedelta(seconds=20)).isoformat()
    until = (BEGIN + timedelta(seconds=40)).isoformat()
    commands.done("forget", "--author", "7001", "--since", since, "--until", until, "--yes")
    assert {post_id(number) for number in range(120) if number % 10 == 1} & ids(filled) == {
        post_id(number) for number in (1, 11, 21, 61, 71, 81, 91, 101, 111)
    }
    assert set(commands.notes()) == {"forgotten post still stored"}
    commands.done("forget", "--author", "7001", "--yes")
    assert commands.notes() == []


def test_a_dead_letter_that_names_it_keeps_its_place_and_loses_its_bytes(commands: Commands, filled: Documents) -> None:
    content = b'{"data":{"id":"%s","text":"half' % post_id(77).encode()
    name = letter(filled, 31, content)
    before = raw(filled, "dead_letters")
    said = commands.done("forget", "--post", post_id(77), "--yes")
    assert said[0] == "covid: 1 posts in 1 documents, 1 dead letters"
    after = raw(filled, "dead_letters")
    assert [each for each in after if after[each] != before[each]] == [name]
    stored = filled["dead_letters"].find_one({"_id": name})
    assert stored is not None
    assert (stored["raw"], stored["headers"], stored["length"]) == (b"", None, len(content))
    assert filled["forgotten"].find_one({"_id": hashlib.sha256(content).hexdigest()}) is not None
    assert commands.notes() == []


def test_a_post_that_was_a_dead_letter_goes_from_that_letter_too(commands: Commands, filled: Documents) -> None:
    name, run = letter(filled, 31, b"a plain line"), 1_767_323_045_678
    document = filled["micro_batches"].find_one({"_id": f"{QUERY}:0:0"})
    assert document is not None
    at = datetime.fromtimestamp(run / 1000, UTC)
    post = document["content"][0] | {"id": hashlib.md5(b"posts/0/31").hexdigest(), "origin": "posts/0/31"}
    counts = {"batch_id": run, "timestamp": at, "parts": 1, "posts": 1}
    filled["micro_batches"].insert_one(document | counts | {"_id": f"requeue:{run}:0", "content": [post]})
    made = {"_id": f"requeue:{run}", "query_id": "requeue", "offsets": [], "dead_letters": 0}
    content_hash = fingerprint.content_hash(fingerprint.of_post(post))
    filled["batches"].insert_one(entry(filled, 0) | counts | made | {"content_hash": content_hash})
    filled["dead_letters"].update_one({"_id": name}, {"$set": {"requeue_run": run, "requeued_at": at}})
    assert commands.notes() == []
    commands.done("forget", "--post", post["id"], "--yes")
    assert post["id"] not in ids(filled)
    stored = filled["dead_letters"].find_one({"_id": name})
    assert stored is not None
    assert stored["raw"] == b""
    assert commands.notes() == []


@pytest.mark.parametrize("step", ["announce", "write", "account"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", [40, 100], ids=["a-document-that-stays", "a-document-that-goes"])
def test_killed_at_any_step_it_is_no_damage_and_the_next_one_ends_it(
    commands: Commands, filled: Documents, step: str, when: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = filled["micro_batches"].find_one({"content.id": post_id(100)})
    assert alone is not None
    others = [post["id"] for post in alone["content"] if post["id"] != post_id(100)]
    commands.done("forget", *(word for name in others for word in ("--post", name)), "--yes")
    wanted = ids(filled) - {post_id(number)}
    with monkeypatch.context() as patch:
        patch.setattr(Removal, step, dying(getattr(Removal, step), when))
        with pytest.raises(Killed):
            commands.run("forget", "--post", post_id(number), "--yes")
    assert {*commands.notes()} <= {"removal of a post not ended", "forgotten post still stored"}
    commands.done("forget", "--post", post_id(number), "--yes")
    assert ids(filled) == wanted
    assert commands.notes() == []
    assert filled["batches"].count_documents({"forgetting": {"$exists": True}}) == 0
    assert sum(each.get("forgotten", 0) for each in filled["batches"].find()) == len(others) + 1


def test_what_another_command_had_begun_is_ended_first(
    commands: Commands, filled: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Removal, "account", dying(Removal.account, "before"))
        with pytest.raises(Killed):
            commands.run("forget", "--post", post_id(40), "--yes")
    said = commands.done("forget", "--post", post_id(99), "--yes")
    assert said[0] == "1 document in which a killed command, or job, had stopped"
    assert {post_id(40), post_id(99)}.isdisjoint(ids(filled))
    assert commands.notes() == []


def test_what_a_hand_has_changed_meanwhile_is_left_and_said(
    commands: Commands, filled: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Removal.write

    def slow(removal: Removal, document: dict[str, Any], staying: list[dict[str, Any]]) -> bool:
        filled["micro_batches"].update_one({"_id": document["_id"]}, {"$inc": {"posts": 1}})
        return write(removal, document, staying)

    monkeypatch.setattr(Removal, "write", slow)
    ended = commands.run("forget", "--post", post_id(40), "--yes")
    assert ended.code == 1
    assert "was changed meanwhile" in ended.stderr
    assert "forgetting" not in entry(filled, 1)
    assert post_id(40) in ids(filled)


@pytest.mark.parametrize("of", ["the-same-post", "another-document"])
def test_a_command_that_stood_still_while_another_took_over_announces_nothing_more(
    commands: Commands, filled: Documents, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    """Between its fence and its write: what it has read of the batch is no longer so."""
    clock = ToldClock()
    fences = iter(range(100))

    def fence() -> None:
        if next(fences) > 0:
            return
        if of == "the-same-post":
            commands.done("forget", "--post", post_id(40), "--yes")
        else:  # it was killed in its turn
            with monkeypatch.context() as patch:
                patch.setattr(Removal, "account", dying(Removal.account, "before"))
                with pytest.raises(Killed):
                    commands.run("forget", "--post", post_id(41), "--yes")

    removal = Removal(filled, FORGET, fingerprint.without, clock, fence)
    with pytest.raises(JobError, match="run this again"):
        removal.of_committed(f"{QUERY}:1:0", Targets(frozenset({post_id(40)})).takes)
    commands.done("forget", "--post", post_id(40), "--yes")
    assert commands.notes() == []
    assert entry(filled, 1)["posts"] == (29 if of == "the-same-post" else 28)


class Meanwhile(ToldClock):
    """A clock; `then` happens whenever somebody waits."""

    def __init__(self, then: Callable[[], object]) -> None:
        super().__init__()
        self._then = then

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self._then()
        return super().wait(event, seconds)


def settled(database: Documents, clock: ToldClock, *forgotten: str) -> tuple[Found, list[str]]:
    """What `Settling` does for the batches that are planned now, and what it says."""
    log, said = ForgottenLog(database, clock), list[str]()
    targets = Targets(frozenset(forgotten))
    log.add(targets.hashes())
    removal = Removal(database, FORGET, fingerprint.without, clock, lambda: None)
    settling = Settling(database, "covid", clock, removal, log, said.append)
    settling.note()
    return settling.settle(targets), said


def planned(database: Documents, number: int = 3, **lease: object) -> None:
    """Make the last batch one that is written and not committed, by a job with such a lease."""
    change = {"state": "planned", "committed_at": None, "epoch": 1}
    database["batches"].update_one({"_id": f"{QUERY}:{number}"}, {"$set": change})
    database["leases"].update_one({"_id": "covid"}, {"$set": lease})


def test_the_batch_in_the_hands_of_a_running_job_is_waited_for_and_cleaned(
    commands: Commands, filled: Documents
) -> None:
    planned(filled, state="held")
    looks = iter(range(100))

    def works() -> None:
        """It beats, and some time later it commits with what it had seen before."""
        filled["leases"].update_one({"_id": "covid"}, {"$set": {"heartbeat": BEGIN + timedelta(hours=next(looks) + 1)}})
        if next(looks) > 10:
            filled["batches"].update_one({"_id": f"{QUERY}:3"}, {"$set": {"state": "committed", "committed_at": BEGIN}})

    found, said = settled(filled, Meanwhile(works), post_id(100))
    assert said == ["covid runs: waiting for the batch in its hands"]
    assert (found.posts, found.documents) == (1, 1)
    assert post_id(100) not in ids(filled)
    assert (entry(filled, 3)["posts"], entry(filled, 3)["forgotten"], entry(filled, 3)["epoch"]) == (29, 1, 1)
    filled["leases"].update_one({"_id": "covid"}, {"$set": {"state": "released"}})
    assert commands.notes() == []


def test_a_job_that_does_not_end_its_batch_is_waited_for_ten_minutes_and_no_more(filled: Documents) -> None:
    planned(filled, state="held")
    looks = iter(range(10**6))

    def beats() -> None:
        filled["leases"].update_one({"_id": "covid"}, {"$set": {"heartbeat": BEGIN + timedelta(seconds=next(looks))}})

    with pytest.raises(JobError, match="run the same command again"):
        settled(filled, Meanwhile(beats), post_id(100))


@pytest.mark.parametrize("state", ["released", "held"], ids=["stopped", "killed"])
def test_a_batch_that_a_job_left_planned_loses_the_post_and_can_be_committed_no_more_as_it_is(
    filled: Documents, state: str
) -> None:
    planned(filled, state=state)
    before = filled["leases"].find_one({"_id": "covid"})
    found, _ = settled(filled, ToldClock(), post_id(100))
    assert found.posts == 1
    assert post_id(100) not in ids(filled)
    now, lease = entry(filled, 3), filled["leases"].find_one({"_id": "covid"})
    assert (now["state"], now["posts"], now["epoch"]) == ("planned", 30, 2)
    assert before is not None
    assert lease == before | {"epoch": 2, "state": "released" if state == "released" else "expired"}


def test_a_job_whose_lease_was_removed_is_given_none(filled: Documents) -> None:
    """Its next start would take it for its own, and say that nobody had listened since then."""
    planned(filled)
    filled["leases"].delete_one({"_id": "covid"})
    assert settled(filled, ToldClock(), post_id(100))[0].posts == 1
    assert filled["leases"].count_documents({}) == 0
    assert entry(filled, 3)["epoch"] == 2


def test_an_event_that_waits_in_the_spool_of_a_stopped_job_is_gone_from_the_disk(
    commands: Commands, filled: Documents, tmp_path: Path
) -> None:
    folder = tmp_path / "spool"
    writer = SpoolWriter(LocalFolder(folder), 10**9)
    events = [json.dumps({"id": post_id(n), "text": f"secret {n}", "author_id": "9"}).encode() for n in range(500, 505)]
    writer.append(events)
    writer.close()
    (segment,) = folder.glob("*.segment")
    before = segment.read_bytes()
    filled["leases"].update_one({"_id": "covid"}, {"$set": {"spool": f"file://{folder}"}})
    assert "covid: 1 events in its spool" in commands.done("forget", "--post", post_id(502))
    assert segment.read_bytes() == before
    assert "covid: 1 events in its spool" in commands.done("forget", "--post", post_id(502), "--yes")
    after = segment.read_bytes()
    assert b"secret 502" not in after
    assert (len(after), after.count(b"\n")) == (len(before), 5)
    kept = [line.event for line in decode(after)]
    assert kept == [*events[:2], b" " * len(events[2]), *events[3:]]
    assert not any("spool" in line for line in commands.done("forget", "--post", post_id(502), "--yes"))


@pytest.mark.parametrize("below", ["", "n" * 300], ids=["a-file", "the-folder"])
def test_a_spool_that_cannot_be_read_is_said_in_a_line(
    commands: Commands, filled: Documents, tmp_path: Path, below: str
) -> None:
    """A folder stands for a file of another user, an endless name for a folder: who runs these tests may read those."""
    (tmp_path / "20260101T000000-abc-000000.1.40.0.segment").mkdir()
    spool = f"file://{tmp_path / below}"
    filled["leases"].update_one({"_id": "covid"}, {"$set": {"spool": spool}})
    for how in ((), ("--yes",)):
        ended = commands.run("forget", "--post", "1", *how)
        assert (ended.code, "Traceback" in ended.stderr) == (1, False)
        assert f"the spool {spool} of covid cannot be read" in ended.stderr


def test_a_spool_elsewhere_is_named(commands: Commands, filled: Documents) -> None:
    for uri in ("hdfs://host/spool", "file:///not/here"):
        filled["leases"].update_one({"_id": "covid"}, {"$set": {"spool": uri}})
        said = commands.done("forget", "--post", "1", "--yes")
        assert f"covid: its spool {uri} is not on this machine: what it holds is left out when it is read" in said


def test_a_second_one_at_once_is_refused_and_writes_nothing(commands: Commands, filled: Documents) -> None:
    lease = Lease(filled, "forget:all", "forget:all", 1, SystemClock(), threading.Event().wait)
    lease.acquire()
    lease.start_beating()
    before = everything(filled)
    ended = commands.run("forget", "--post", post_id(40), "--yes")
    lease.release()
    assert ended.code == 3
    assert "in use: job=forget:all" in ended.stderr
    assert everything(filled) == before


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--posts",),
        ("--from-file", "x"),
        ("--from-file", "x", "--posts", "--authors"),
        ("--from-file", "x", "--posts"),
        ("--post", ""),
        ("--post", post_id(3), "--post", f"{post_id(4)} {post_id(5)}"),
        ("--author", " "),
        ("--post", "1", "--since", "2026-01-02", "--until", "2026-01-02"),
    ],
)
def test_arguments_that_say_too_little_or_too_much_end_with_code_2(
    commands: Commands, arguments: tuple[str, ...]
) -> None:
    assert commands.run("forget", *arguments).code == 2


def test_a_job_that_nobody_knows_ends_with_code_3(commands: Commands) -> None:
    assert commands.run("forget", "--post", "1", "--jobname", "nobody").code == 3


def test_documents_of_a_later_version_are_not_touched(commands: Commands, filled: Documents) -> None:
    filled["micro_batches"].update_one({"_id": f"{QUERY}:3:1"}, {"$set": {"schema_version": 2}})
    filled["micro_batches"].update_one({"_id": f"{QUERY}:3:0"}, {"$set": {"schema_version": 2}})
    before = everything(filled)
    ended = commands.run("forget", "--post", post_id(40), "--yes")
    assert (ended.code, "start the version that wrote it" in ended.stderr) == (3, True)
    assert everything(filled) == before


def test_a_database_of_nothing_remembers_what_must_not_come(
    database: Documents, monkeypatch: pytest.MonkeyPatch, mongodb_uri: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Commands(mongodb_uri, database, monkeypatch, capsys).done("forget", "--author", "7", "--yes")
    assert [each["_id"] for each in database["forgotten"].find()] == [of_author("7")]


@pytest.mark.parametrize(
    "how", [(), ("--format", "csv"), ("--format", "jsonl", "--columns", "id,text"), ("--ids-only",)]
)
def test_the_exports_that_are_recorded_lose_it_too(
    commands: Commands, filled: Documents, tmp_path: Path, how: tuple[str, ...]
) -> None:
    changed(filled, 50, kind="repost", refers_to=post_id(3))
    to = str(tmp_path / "export")
    commands.done("export", "--to", to, *how)
    said = commands.done("forget", "--post", post_id(3), "--author", "7001", "--yes")
    assert f"export {to}: 14 rows" in said
    commands.done("export", "--check", to)
    commands.done("export", "--to", to, *how)
    commands.done("export", "--check", to)
    files = b"".join(path.read_bytes() for path in Path(to).rglob("*") if path.suffix in (".csv", ".jsonl", ".txt"))
    assert post_id(3).encode() not in files.split()
    assert f"export {to}: 0 rows" in commands.done("forget", "--post", post_id(3), "--author", "7001", "--yes")


@pytest.mark.usefixtures("filled")
def test_an_export_without_ids_is_said_to_be_one_since_nobody_can_tell_what_of_it_goes(
    commands: Commands, tmp_path: Path
) -> None:
    to = tmp_path / "export"
    commands.done("export", "--to", str(to), "--format", "jsonl", "--columns", "text,lang")
    said = commands.done("forget", "--post", post_id(3), "--yes")
    assert f"export {to} has no column id: what of it is to go cannot be told. Remove it, or export it anew" in said


def test_an_export_that_cannot_be_looked_into_is_said_and_the_others_are_done(
    commands: Commands, filled: Documents, tmp_path: Path
) -> None:
    """An endless name stands for a folder of another user: who runs these tests may read those."""
    to, away = str(tmp_path / "export"), str(tmp_path / ("n" * 300))
    commands.done("export", "--to", to)
    filled["exports"].insert_one({"_id": "a", "host": socket.gethostname(), "folder": away})
    ended = commands.run("forget", "--post", post_id(3), "--yes")
    assert (ended.code, "Traceback" in ended.stderr, f"{away}/_manifest.json cannot be read" in ended.stderr) == (
        1,
        False,
        True,
    )
    assert f"export {to}: 1 rows" in ended.stdout.splitlines()


def test_exports_elsewhere_are_named_and_one_that_is_busy_is_done_by_the_next_command(
    commands: Commands, filled: Documents, tmp_path: Path
) -> None:
    to = tmp_path / "export"
    commands.done("export", "--to", str(to))
    filled["exports"].insert_one({"_id": "node7:/data", "host": "node7", "folder": "/data"})
    assert f"export {to}: its files are read with --yes only" in commands.done("forget", "--post", post_id(3))
    with Folder(to).locked():
        ended = commands.run("forget", "--post", post_id(3), "--yes")
    assert ended.code == 1
    assert "run the same command again" in ended.stderr
    assert "export /data is on node7: run this there too, with --export /data" in ended.stdout.splitlines()
    assert f"export {to}: 1 rows" in commands.done("forget", "--post", post_id(3), "--yes")
    shutil.rmtree(to)
    assert f"export {to} is not there any more: nothing is known of copies of it" in commands.done(
        "forget", "--post", post_id(3), "--yes"
    )
