"""Indexes are made once, a document's content is in none of them, and each question of a reader has one."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from pymongo.errors import DuplicateKeyError

from ledger.database import connect
from ledger.indexes import INDEXES, ensure_indexes
from tests.conftest import Documents
from tests.filled import BEGIN, Filling, fill, gap


def indexes(database: Documents) -> dict[str, Any]:
    return {name: database[name].index_information() for name in INDEXES}


def test_making_them_twice_changes_nothing(database: Documents) -> None:
    ensure_indexes(database)
    made = indexes(database)
    assert all(len(made[name]) == len(wanted) + 1 for name, wanted in INDEXES.items())
    ensure_indexes(database)
    assert indexes(database) == made


def test_no_index_reaches_into_content(database: Documents) -> None:
    ensure_indexes(database)
    keys = [key for each in indexes(database).values() for index in each.values() for key, _ in index["key"]]
    assert keys
    assert not [key for key in keys if key.startswith("content")]


def test_a_checkpoint_has_one_holder_and_any_number_of_former_ones(database: Documents) -> None:
    ensure_indexes(database)
    leases = database["leases"]
    leases.insert_many([{"_id": name, "checkpoint": "c", "state": "released"} for name in ("a", "b")])
    leases.insert_one({"_id": "c", "checkpoint": "c", "state": "held"})
    with pytest.raises(DuplicateKeyError):
        leases.insert_one({"_id": "d", "checkpoint": "c", "state": "held"})
    with pytest.raises(DuplicateKeyError):
        leases.update_one({"_id": "a"}, {"$set": {"state": "held"}})


@dataclass(frozen=True)
class Question:
    """What a reader asks of a collection, in which order it wants it, and the index that must answer."""

    collection: str
    asked: dict[str, Any]
    index: str
    by: str | None = None


COMMITTED: dict[str, Any] = {"state": "committed"}
TIME = {"$gte": BEGIN, "$lt": BEGIN + timedelta(seconds=60)}
QUESTIONS = {
    "committed batches of a job and a time": Question(
        "batches", {"job": "covid", **COMMITTED, "timestamp": TIME}, "job_1_state_1_timestamp_1", "timestamp"
    ),
    "committed batches of a time, of all jobs": Question(
        "batches", {**COMMITTED, "timestamp": TIME}, "state_1_timestamp_1", "timestamp"
    ),
    "committed batches": Question("batches", COMMITTED, "state_1_timestamp_1", "timestamp"),
    "documents by their ids": Question("micro_batches", {"_id": {"$in": ["q:1:0", "q:2:0"]}}, "_id_"),
    "documents of a job and a time": Question(
        "micro_batches", {"job": "covid", "timestamp": TIME}, "job_1_timestamp_1", "timestamp"
    ),
    "documents of a time, of all jobs": Question("micro_batches", {"timestamp": TIME}, "timestamp_1", "timestamp"),
    "gaps of a job that begin before a time": Question(
        "coverage", {"job": "covid", "from": {"$lt": BEGIN}}, "job_1_from_1", "from"
    ),
    "dead letters of a job, a problem and a time": Question(
        "dead_letters", {"job": "covid", "problem": "not_json", "received_at": TIME}, "job_1_problem_1_received_at_1"
    ),
}


@pytest.fixture(scope="module")
def filled(mongodb_uri: str) -> Iterator[Documents]:
    """Two jobs with committed batches and one that is not, gaps, dead letters."""
    database = connect(mongodb_uri, f"test_{uuid4().hex[:12]}")
    with database.client:
        ensure_indexes(database)
        for filling in (Filling(batches=8, posts=3, dead_letters=3), Filling(job="flu", query="q", batches=4, posts=3)):
            fill(database, filling)
            database["batches"].update_one({"_id": f"{filling.query}:0"}, {"$set": {"state": "planned"}})
            gap(database, filling.job, filling.source, BEGIN - timedelta(seconds=9), BEGIN)
        yield database
        database.client.drop_database(database.name)


@pytest.mark.parametrize("name", QUESTIONS)
def test_each_question_of_a_reader_is_answered_by_its_index(filled: Documents, name: str) -> None:
    question = QUESTIONS[name]
    command: dict[str, Any] = {"find": question.collection, "filter": question.asked}
    plan = winning_plan(filled, command | ({"sort": {question.by: 1}} if question.by else {}))
    assert [stage["indexName"] for stage in plan if stage["stage"] == "IXSCAN"] == [question.index], plan
    assert "COLLSCAN" not in {stage["stage"] for stage in plan}
    if question.by is not None:
        assert_in_the_order_of_the_index(filled, question, plan)


def test_a_question_without_an_index_is_told_from_one_that_has_one(filled: Documents) -> None:
    plan = winning_plan(filled, {"find": "batches", "filter": {"posts": 3}, "sort": {"posts": 1}})
    assert [stage["stage"] for stage in plan] == ["SORT", "COLLSCAN"]


def assert_in_the_order_of_the_index(database: Documents, question: Question, plan: list[dict[str, Any]]) -> None:
    """The index has the wanted order, behind the fields that are asked for by one value: nothing is to be sorted.

    https://www.mongodb.com/docs/manual/tutorial/sort-results-with-indexes/#sort-and-non-prefix-subset-of-an-index
    """
    keys = [key for key, _ in database[question.collection].index_information()[question.index]["key"]]
    assert keys == [*(name for name in question.asked if name != question.by), question.by]
    sorts = any(stage["stage"] == "SORT" for stage in plan)
    if sorts and is_embedded(database):
        said = "the embedded server sorts what its index has in order: only the index itself was checked"
        warnings.warn(said, stacklevel=2)
    else:
        assert not sorts, plan


def is_embedded(database: Documents) -> bool:
    """Whether it is no MongoDB, but says that it speaks like one."""
    return str(database.command("explain", {"find": "leases"})["serverInfo"]["host"]) == "secantus"


def winning_plan(database: Documents, command: dict[str, Any]) -> list[dict[str, Any]]:
    """The stages of the winning plan, the outermost first. A server whose explain is of another form fails here."""
    explained = database.command("explain", command, verbosity="queryPlanner")
    return _stages(explained["queryPlanner"]["winningPlan"])


def _stages(plan: dict[str, Any]) -> list[dict[str, Any]]:
    inner = [plan["inputStage"]] if "inputStage" in plan else plan.get("inputStages", [])
    return [plan, *(stage for each in inner for stage in _stages(each))]
