"""MongoDB's own check of each document that is written."""

from typing import Any

import pytest
from pymongo.errors import WriteError

from casestream.stored import BATCHES, COVERAGE, DEAD_LETTERS, MICRO_BATCHES
from ledger.described import ensure_described
from ledger.indexes import ensure_indexes
from ledger.validators import VALIDATED, json_schema
from tests.conftest import Documents
from tests.filled import BEGIN, Filling, asked, fill, gap

DAMAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "a field that is missing": ("micro_batches", {"$unset": {"timestamp": ""}}),
    "a string for a number": ("micro_batches", {"$set": {"total_case_count": "704,753,890"}}),
    "a status that there is not": ("micro_batches", {"$set": {"case_count.status": "guessed"}}),
    "a flag that there is not": ("micro_batches", {"$set": {"case_count.flags": ["stale", "odd"]}}),
    "a post without an origin": ("micro_batches", {"$unset": {"content.1.origin": ""}}),
    "a null that must not be": ("batches", {"$set": {"planned_at": None}}),
    "a string for bytes": ("dead_letters", {"$set": {"raw": "text"}}),
    "a time that is a string": ("coverage", {"$set": {"to": "2026-11-22"}}),
}


@pytest.fixture
def filled(database: Documents) -> Documents:
    ensure_indexes(database)
    ensure_described(database)
    fill(database, Filling(batches=2, posts=3, dead_letters=1))
    gap(database, "covid", "kafka", BEGIN, None)
    return database


def options(database: Documents, name: str) -> dict[str, Any]:
    (found,) = database.list_collections(filter={"name": name})
    return dict(found["options"])


def refuse(database: Documents) -> None:
    """As an operator does who wants damage kept out."""
    for collection in VALIDATED:
        database.command("collMod", collection.name, validationAction="error")


def test_a_new_database_warns_and_takes_every_document(filled: Documents) -> None:
    for collection in (MICRO_BATCHES, BATCHES, DEAD_LETTERS, COVERAGE):
        stored = options(filled, collection.name)
        assert stored["validator"] == {"$jsonSchema": json_schema(collection)}
        assert (stored["validationAction"], stored["validationLevel"]) == ("warn", "strict")
    for name, change in DAMAGES.values():
        assert filled[name].update_one({}, change).modified_count == 1


@pytest.mark.parametrize("damage", DAMAGES)
def test_told_to_refuse_it_refuses_damage(filled: Documents, damage: str) -> None:
    name, change = DAMAGES[damage]
    refuse(filled)
    with pytest.raises(WriteError, match="failed validation"):
        filled[name].update_one({}, change)


def test_told_to_refuse_it_takes_what_a_job_writes_and_fields_that_are_not_described(database: Documents) -> None:
    ensure_indexes(database)
    ensure_described(database)
    refuse(database)
    fill(database, Filling(batches=2, posts=3, dead_letters=1, status="never", total_case_count=-1))
    gap(database, "covid", "kafka", BEGIN, None)
    asked(database, f"{Filling.query}:0", "posts/0/9", "1", BEGIN)
    for collection in VALIDATED:
        assert database[collection.name].update_one({}, {"$set": {"noted_later": 1}}).modified_count == 1
    for name in ("micro_batches", "batches"):  # as a version without flags writes them
        assert database[name].update_one({}, {"$unset": {"case_count.flags": ""}}).modified_count == 1


def test_an_operator_s_choice_to_refuse_outlives_a_new_version(filled: Documents) -> None:
    refuse(filled)
    filled.command("collMod", "batches", validator={"$jsonSchema": {"required": ["of_old"]}})
    ensure_described(filled)
    stored = options(filled, "batches")
    assert stored["validator"] == {"$jsonSchema": json_schema(BATCHES)}
    assert stored["validationAction"] == "error"
