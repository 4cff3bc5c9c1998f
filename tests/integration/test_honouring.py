"""What a feed deletes and edits goes from all that is stored, once; `verify` finds no damage meanwhile."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from errors import LeaseLost
from ledger.honouring import Honouring, indexes_of
from ledger.removal import Removal
from ledger.removals import RemovalLog, number_left
from sinks import fingerprint
from tests.conftest import Documents
from tests.filled import BEGIN, Filling, asked, fill
from tests.integration.in_process import Commands
from tests.integration.removed_posts import QUERY, Killed, changed, dying, entry, ids, post_id
from tests.integration.stored import not_as_described, posts
from tests.told_clock import START, ToldClock

WITHIN = 3_600
WAITS = "what the feed has deleted or edited is stored still"


def honouring(
    database: Documents,
    clock: ToldClock | None = None,
    honours: bool = True,
    fence: Callable[[], None] = lambda: None,
    expects: bool = False,
) -> Honouring:
    """A new holder of the job's lease."""
    made = clock or ToldClock()
    return Honouring(database, "covid", honours, WITHIN, fingerprint.without, made, fence, expects=expects)


def done(one: Honouring) -> None:
    """Until there is no more to do just now."""
    while one.look(lambda: False):
        pass


def ask(database: Documents, name: str, kind: str = "deleted", batch: int = 3, origin: str = "posts/9/900") -> None:
    asked(database, f"{QUERY}:{batch}", origin, name, START - timedelta(days=1), kind)


def counted(database: Documents) -> int:
    return sum(each.get("forgotten", 0) for each in database["batches"].find())


def accounts(database: Documents) -> list[dict[str, Any]]:
    """The ledger, without when something of it was removed."""
    entries = database["batches"].find(sort=[("_id", 1)])
    return [{name: value for name, value in each.items() if name != "forgotten_at"} for each in entries]


def test_a_deleted_post_goes_with_its_reposts_and_later_versions_and_the_ledger_counts_them_once(
    commands: Commands, filled: Documents
) -> None:
    changed(filled, 50, kind="repost", refers_to=post_id(3))
    changed(filled, 75, edit_of=post_id(3))
    changed(filled, 80, kind="quote", refers_to=post_id(3))
    before = ids(filled)
    ask(filled, post_id(3))
    assert commands.notes() == [WAITS]
    done(honouring(filled))
    assert before - ids(filled) == {post_id(3), post_id(50), post_id(75)}
    assert [entry(filled, batch).get("forgotten", 0) for batch in range(4)] == [1, 1, 1, 0]
    assert entry(filled, 0)["forgotten_at"] == START
    assert commands.notes() == []
    assert not_as_described(filled) == []
    assert filled["forgotten"].count_documents({}) == 0


def test_an_edit_takes_the_versions_before_it_and_never_itself_or_a_later_one(
    commands: Commands, filled: Documents
) -> None:
    """Posts 3, 40 and 99 are versions of one post, in this order; the second one is the edit, and 41 a repost."""
    changed(filled, 40, id=post_id(3))
    changed(filled, 99, id=post_id(3))
    changed(filled, 41, kind="repost", refers_to=post_id(3))
    origins = sorted(
        (post["origin"] for post in posts(filled) if post["id"] == post_id(3)),
        key=lambda each: int(each.rpartition("/")[2]),
    )
    ask(filled, post_id(3), "edited", batch=1, origin=origins[1])
    assert {*commands.notes()} == {WAITS, "edited post stored in several versions"}
    done(honouring(filled))
    left = [post["origin"] for post in posts(filled) if post["id"] == post_id(3)]
    assert sorted(left) == sorted(origins[1:])
    assert post_id(41) in ids(filled)
    assert counted(filled) == 1


def test_all_earlier_posts_of_an_author_who_is_gone_go_once_and_are_found_by_an_index(
    commands: Commands, filled: Documents
) -> None:
    before = {post["id"]: post["author"] for post in posts(filled)}
    theirs = {name for name, author in before.items() if author == "7003"}
    assert len(theirs) == 12
    asked(filled, f"{QUERY}:3", "posts/9/900", "7003", BEGIN + timedelta(days=1), "author")
    ask(filled, post_id(0), origin="posts/9/901")
    assert commands.notes() == [WAITS]
    done(honouring(filled, ToldClock((BEGIN + timedelta(days=2) - START).total_seconds())))
    assert ids(filled) == before.keys() - theirs - {post_id(0)}
    assert counted(filled) == 13
    assert commands.notes() == []
    assert not_as_described(filled) == []
    plan = filled["micro_batches"].find({"job": "covid", "content.author": {"$in": ["7003"]}}).explain()
    assert "author of covid" in str(plan["queryPlanner"]["winningPlan"])


def test_a_feed_that_deletes_posts_only_pays_for_no_index_on_authors(filled: Documents) -> None:
    ask(filled, post_id(3))
    done(honouring(filled, expects=True))
    assert "author of covid" not in filled["micro_batches"].index_information()


def test_forget_takes_the_author_out_of_what_the_feed_asked_too_and_no_post_of_that_name(
    commands: Commands, filled: Documents
) -> None:
    ask(filled, "7003", "author", origin="posts/9/900")
    ask(filled, "7003", "deleted", origin="posts/9/901")
    commands.done("forget", "--author", "7003", "--yes")
    assert [each["kind"] for each in filled["removals"].find()] == ["deleted"]


@pytest.mark.parametrize("step", ["announce", "write", "account", "looked_for"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("whole", [False, True], ids=["a-document-that-stays", "a-document-that-goes"])
def test_killed_at_any_write_the_next_holder_ends_with_the_same_database(
    commands: Commands, filled: Documents, step: str, when: str, whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = filled["micro_batches"].find_one({"_id": f"{QUERY}:2:1"})
    assert alone is not None
    going = [post["id"] for post in alone["content"]] if whole else [alone["content"][0]["id"]]
    for number, name in enumerate([*going, post_id(3)]):
        ask(filled, name, origin=f"posts/9/{900 + number}")
    wanted = ids(filled) - {*going, post_id(3)}
    owner = RemovalLog if step == "looked_for" else Removal
    with monkeypatch.context() as patch:
        patch.setattr(owner, step, dying(getattr(owner, step), when))
        with pytest.raises(Killed):
            done(honouring(filled))
    assert {*commands.notes()} <= {WAITS, "removal of a post not ended"}
    done(honouring(filled))
    assert ids(filled) == wanted
    assert counted(filled) == len(going) + 1
    assert commands.notes() == []
    assert filled["batches"].count_documents({"forgetting": {"$exists": True}}) == 0
    assert filled["micro_batches"].count_documents({"_id": alone["_id"]}) == (0 if whole else 1)
    assert {each["done_at"] for each in filled["removals"].find()} == {START}


def test_what_is_postponed_is_still_left_and_what_was_done_once_is_not(filled: Documents) -> None:
    ask(filled, post_id(3))
    ask(filled, post_id(4), origin="posts/9/901")
    log = RemovalLog(filled, "covid", WITHIN, ToldClock())
    log.postpone(log.due(10))
    assert not log.due(10).entries
    assert [number_left(filled, "covid", START, most) for most in (10, 1)] == [2, 1]
    done(honouring(filled, ToldClock(20)))
    assert number_left(filled, "covid", START + timedelta(seconds=20), 10) == 0
    assert filled["removals"].count_documents({}) == 2


def test_done_again_it_changes_nothing(filled: Documents) -> None:
    ask(filled, post_id(3))
    done(honouring(filled))
    before = accounts(filled)
    filled["removals"].update_many({}, {"$set": {"done_at": None, "due_at": START}})  # as if it had been killed there
    done(honouring(filled))
    assert accounts(filled) == before


def test_a_post_that_comes_after_its_deletion_is_gone_after_as_long_as_it_was_late(
    commands: Commands, filled: Documents
) -> None:
    clock = ToldClock()
    ask(filled, "7", batch=0)
    one = honouring(filled, clock)
    done(one)
    changed(filled, 100, id="7")
    for seconds in (1, 18):  # not looked for yet
        clock.seconds += seconds
        done(one)
        assert "7" in ids(filled)
    clock.seconds += 1
    done(one)
    assert "7" not in ids(filled)
    clock.seconds += 600
    done(one)
    changed(filled, 101, id="7")
    clock.seconds += 620
    done(honouring(filled, clock))  # another start of the job
    assert "7" not in ids(filled)
    assert counted(filled) == 2
    assert commands.notes() == []


def test_when_nothing_can_come_late_any_more_the_id_is_kept_nowhere_and_verify_is_content(
    commands: Commands, filled: Documents
) -> None:
    clock = ToldClock()
    ask(filled, post_id(3))
    one = honouring(filled, clock)
    looks = 0
    while filled["removals"].count_documents({}):
        done(one)
        due = filled["removals"].find_one({}, {"due_at": 1})
        if due is not None:
            clock.seconds = (due["due_at"] - START).total_seconds()
            looks += 1
    assert clock.seconds == WITHIN
    assert looks < 12
    assert commands.notes() == []
    assert not any(post_id(3) in str(each) for name in ("removals", "batches") for each in filled[name].find())


def test_what_a_batch_asks_that_is_not_committed_is_not_done(filled: Documents) -> None:
    ask(filled, post_id(3), batch=3)
    ask(filled, post_id(4), batch=2, origin="posts/9/901")
    filled["batches"].update_one({"_id": f"{QUERY}:3"}, {"$set": {"state": "planned"}})
    done(honouring(filled))
    assert post_id(3) in ids(filled)
    assert post_id(4) not in ids(filled)
    filled["batches"].update_one({"_id": f"{QUERY}:3"}, {"$set": {"state": "committed"}})
    done(honouring(filled))
    assert post_id(3) not in ids(filled)


def test_told_not_to_it_removes_nothing_and_says_so_once(
    commands: Commands, filled: Documents, caplog: pytest.LogCaptureFixture
) -> None:
    one = honouring(filled, honours=False, expects=True)
    done(one)
    ask(filled, post_id(3))
    before = ids(filled)
    for _ in range(3):
        done(one)
    assert ids(filled) == before
    assert len([record for record in caplog.records if "HONOUR_REMOVALS is false" in record.message]) == 1
    assert commands.notes() == [WAITS]
    assert not [name for name in filled["micro_batches"].index_information() if "covid" in name]
    done(honouring(filled))  # told to, later
    assert ids(filled) == before - {post_id(3)}


def test_the_documents_are_found_by_indexes_of_this_job_alone(filled: Documents) -> None:
    fill(filled, Filling(job="other", query="22222222-2222-4333-8444-555555555555", batches=1))
    ask(filled, post_id(3))
    done(honouring(filled))
    assert post_id(3) in ids(filled)  # that of the other job
    names = {index.document["name"] for index in indexes_of("covid")}
    assert names <= filled["micro_batches"].index_information().keys()
    plan = filled["micro_batches"].find({"job": "covid", "content.id": {"$in": [post_id(4)]}}).explain()
    assert "id of covid" in str(plan["queryPlanner"]["winningPlan"])


def test_many_at_once_pass_through_the_driver_in_bounded_chunks(commands: Commands, filled: Documents) -> None:
    for number in range(1_200):
        ask(filled, post_id(number), batch=number % 4, origin=f"posts/1/{number}")
    one = honouring(filled)
    assert [one.look(lambda: False) for _ in range(4)] == [True, True, True, False]
    assert ids(filled) == set()
    assert (counted(filled), filled["micro_batches"].count_documents({})) == (120, 0)
    assert commands.notes() == []


def test_a_holder_that_was_replaced_writes_nothing_more(filled: Documents) -> None:
    ask(filled, post_id(3))
    before = accounts(filled)

    def fence() -> None:
        raise LeaseLost("taken over")

    with pytest.raises(LeaseLost):
        done(honouring(filled, fence=fence))
    assert accounts(filled) == before


@contextmanager
def working(one: Honouring) -> Iterator[None]:
    """It looks again and again, beside the block."""
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            one.look(lambda: False)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_forget_and_the_job_at_the_same_documents_each_remove_a_post_once(
    commands: Commands, filled: Documents
) -> None:
    forgotten = [post_id(number) for number in range(0, 120, 3)]
    deleted = [post_id(number) for number in range(0, 120, 2)]
    for number, name in enumerate(deleted):
        ask(filled, name, origin=f"posts/1/{number}")
    clock = ToldClock()
    with working(honouring(filled, clock)):
        commands.done("forget", *(word for name in forgotten for word in ("--post", name)), "--yes")
    clock.seconds += 20
    done(honouring(filled, clock))
    gone = {*forgotten, *deleted}
    assert ids(filled).isdisjoint(gone)
    assert counted(filled) == len(gone)
    assert commands.notes() == []


def test_what_a_dead_job_had_begun_is_ended_by_forget_and_what_a_command_had_begun_is_not_touched_by_the_job(
    commands: Commands, filled: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(filled, post_id(40))
    with monkeypatch.context() as patch:
        patch.setattr(Removal, "account", dying(Removal.account, "before"))
        with pytest.raises(Killed):
            done(honouring(filled))
    assert entry(filled, 1)["forgetting"]["by"] == "covid"
    with monkeypatch.context() as patch:
        patch.setattr(Removal, "announce", dying(Removal.announce, "after"))
        with pytest.raises(Killed):
            commands.run("forget", "--post", post_id(41), "--yes")
    assert entry(filled, 1)["forgetting"]["by"] == "forget:all"
    assert entry(filled, 1)["forgotten"] == 1
    ask(filled, post_id(42), origin="posts/9/901")
    done(honouring(filled))
    assert post_id(42) in ids(filled)  # the command's turn
    assert filled["removals"].count_documents({"done_at": None}) == 2
    commands.done("forget", "--post", post_id(41), "--yes")
    done(honouring(filled, ToldClock(20)))
    assert ids(filled).isdisjoint({post_id(40), post_id(41), post_id(42)})
    assert counted(filled) == 3
    assert commands.notes() == []


def test_forget_takes_the_id_out_of_what_the_feed_asked_too(commands: Commands, filled: Documents) -> None:
    ask(filled, post_id(40))
    commands.done("forget", "--post", post_id(40), "--yes")
    assert filled["removals"].count_documents({}) == 0
    assert commands.notes() == []


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"batch_id": 99}, "removal of no batch"),
        ({"post_id": "another"}, "what a batch asks to go differs"),
    ],
)
def test_verify_finds_what_no_batch_has_asked_for(
    commands: Commands, filled: Documents, change: dict[str, Any], what: str
) -> None:
    ask(filled, post_id(3))
    filled["removals"].update_one({}, {"$set": change})
    ended = commands.run("verify")
    assert ended.code == 1
    assert f"damage: covid: {what}: removals of {QUERY}:" in ended.stdout


def test_versions_of_a_post_that_are_there_still_are_no_damage(
    commands: Commands, filled: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("operations.verify.drops_repeats", lambda _: True)
    changed(filled, 40, id=post_id(39))
    assert commands.run("verify").code == 1
    ask(filled, post_id(39), "edited")
    assert {*commands.notes()} == {WAITS, "edited post stored in several versions"}
