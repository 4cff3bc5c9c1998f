"""Indexes are made once, and a document's content is in none of them."""

from typing import Any

import pytest
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from ledger.indexes import INDEXES, ensure_indexes

Documents = Database[dict[str, Any]]


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
