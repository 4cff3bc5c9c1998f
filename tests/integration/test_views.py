"""The views show what is committed, row by row as it is stored; whoever made them before, they are this version's."""

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from pymongo.database import Database
from pymongo.errors import OperationFailure

from casestream.recurring_fields import METRICS
from casestream.tables import POSTS_VIEW, TEXTS
from ledger.database import connect
from ledger.described import ensure_described
from ledger.indexes import ensure_indexes
from ledger.views import VIEWS, ensure_views
from tests.conftest import Documents
from tests.filled import BEGIN, Filling, fill

COVID = Filling(batches=3, posts=20, parts=2, dead_letters=1)
FLU = Filling(job="flu", source="socket", query="requeue", batches=2, posts=3, total_case_count=-1, status="never")
TIME = {"$gte": BEGIN + timedelta(seconds=20), "$lt": BEGIN + timedelta(seconds=40)}


@pytest.fixture(scope="module")
def filled(mongodb_uri: str) -> Iterator[Documents]:
    """Two jobs, documents in parts, nulls; the last batch of each is planned only."""
    database = connect(mongodb_uri, f"test_{uuid4().hex[:12]}")
    with database.client:
        ensure_indexes(database)
        ensure_described(database)
        for filling in (COVID, FLU):
            fill(database, filling)
            last = {"_id": f"{filling.query}:{filling.batches - 1}"}
            database["batches"].update_one(last, {"$set": {"state": "planned"}})
        yield database
        database.client.drop_database(database.name)


def committed(database: Documents) -> list[dict[str, Any]]:
    """The documents of committed batches, as pymongo reads them."""
    of = {entry["_id"] for entry in database["batches"].find({"state": "committed"}, {"_id": 1})}
    documents = database["micro_batches"].find(sort=[("_id", 1)])
    return [document for document in documents if document["_id"].rpartition(":")[0] in of]


def row(document: dict[str, Any], place: int) -> dict[str, Any]:
    post = dict(document["content"][place])
    metrics = post.pop("metrics") or {}
    return {
        "_id": f"{document['_id']}:{place}",
        **post,
        **{field.name: metrics.get(field.name) for field in METRICS},
        "batch": document["_id"].rpartition(":")[0],
        **{name: document[name] for name in ("job", "timestamp", "total_case_count")},
        **{f"case_count_{name}": value for name, value in document["case_count"].items()},
    }


def text(document: dict[str, Any]) -> dict[str, Any]:
    texts = [post["text"] for post in document["content"]]
    return {"content": texts, **{name: document[name] for name in ("_id", "job", "timestamp", "total_case_count")}}


def by_id(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda each: str(each["_id"]))


def test_a_row_of_posts_is_a_post_of_a_committed_batch_with_its_batch_beside_it(filled: Documents) -> None:
    wanted = [row(document, place) for document in committed(filled) for place in range(len(document["content"]))]
    assert len(wanted) == 2 * 20 + 3
    assert by_id(list(filled["posts"].find())) == by_id(wanted)
    assert {name for each in wanted for name in each} == set(POSTS_VIEW.names())


def test_a_batch_of_a_version_without_flags_has_null_in_their_place(filled: Documents) -> None:
    for name in ("micro_batches", "batches"):
        filled[name].update_many({"job": "flu"}, {"$unset": {"case_count.flags": ""}})
    flags = {(each["job"], str(each["case_count_flags"])) for each in filled["posts"].find()}
    assert flags == {("covid", "['stale']"), ("flu", "None")}


def test_a_row_of_texts_is_a_document_of_a_committed_batch_with_the_texts_alone(filled: Documents) -> None:
    wanted = [text(document) for document in committed(filled)]
    assert len(wanted) == 2 * 2 + 1
    assert by_id(list(filled["texts"].find())) == by_id(wanted)
    assert {name for each in wanted for name in each} == set(TEXTS.names())


@pytest.mark.parametrize("view", VIEWS)
def test_what_is_asked_of_job_and_time_can_be_asked_before_the_views_stages_by_the_index(
    filled: Documents, view: str
) -> None:
    """What MongoDB makes of `[*view, match]`: the embedded server does not say what it makes of a view."""
    match = {"$match": {"job": "covid", "timestamp": TIME}}
    in_front = [match, *VIEWS[view]]
    rows = by_id(list(filled[view].aggregate([match])))
    assert {each["timestamp"] for each in rows} == {TIME["$gte"]}
    assert by_id(list(filled["micro_batches"].aggregate(in_front))) == rows
    explained = filled.command("explain", {"aggregate": "micro_batches", "pipeline": in_front, "cursor": {}})
    assert "'indexName': 'job_1_timestamp_1'" in str(explained)


def test_making_views_and_validators_twice_changes_nothing(
    database: Documents, caplog: pytest.LogCaptureFixture
) -> None:
    ensure_indexes(database)
    ensure_described(database)
    made = by_name(database)
    assert {name for name, each in made.items() if each["type"] == "view"} == {"posts", "texts"}
    with caplog.at_level(logging.INFO):
        ensure_described(database)
    assert by_name(database) == made
    assert not caplog.records


def test_a_view_of_another_release_is_replaced(database: Documents) -> None:
    ensure_indexes(database)
    fill(database, Filling(batches=1, posts=3))
    database.command("create", "posts", viewOn="micro_batches", pipeline=[{"$project": {"of_old": "yes"}}])
    database.command("create", "texts", viewOn="batches", pipeline=[])
    ensure_described(database)
    assert [each["id"] for each in database["posts"].find()] == [str(10**18 + n) for n in range(3)]
    assert [len(each["content"]) for each in database["texts"].find()] == [3]


def test_a_view_that_another_job_is_replacing_at_the_same_moment_is_made(
    database: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure_indexes(database)
    database.command("create", "posts", viewOn="batches", pipeline=[])
    stored = {each["name"]: each for each in database.list_collections()}
    monkeypatch.setattr(Database, "command", _dropping_before("collMod", Database.command))
    ensure_views(database, stored)
    assert {each["name"] for each in database.list_collections(filter={"type": "view"})} == set(VIEWS)


def _dropping_before(word: str, wrapped: Callable[..., object]) -> Callable[..., object]:
    """The command, before which another job takes the collection that it names away."""

    def command(self: Documents, said: str, *arguments: object, **options: object) -> object:
        if said == word:
            self.drop_collection(str(arguments[0]))
            return {"ok": 1.0}
        return wrapped(self, said, *arguments, **options)

    return command


def test_a_collection_of_a_views_name_is_left_alone_and_said(
    database: Documents, caplog: pytest.LogCaptureFixture
) -> None:
    ensure_indexes(database)
    database["posts"].insert_one({"_id": "mine"})
    ensure_described(database)
    (warning,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warning == (f"view not made, a collection has its name: rename that collection={database.name}.posts")
    assert list(database["posts"].find()) == [{"_id": "mine"}]
    assert list(database["texts"].find()) == []


def test_a_server_that_knows_no_views_is_a_warning_and_no_end(
    database: Documents, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ensure_indexes(database)

    def refuse(*_: object, **__: object) -> None:
        raise OperationFailure("no such command: 'create'", 59)

    monkeypatch.setattr(database, "command", refuse)
    ensure_described(database)
    assert "MongoDB refuses" in caplog.text
    assert "no such command" in caplog.text


def by_name(database: Documents) -> dict[str, Any]:
    return {each["name"]: each for each in database.list_collections()}
