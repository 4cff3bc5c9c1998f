"""What a MongoDB says of itself and of a user, as its manual has it."""

from typing import Any

import pytest

from ledger.indexes import INDEXES, conflicting, missing
from operations.checks.durability import stands
from operations.checks.result import Mark
from operations.checks.rights import NEEDED, WANTED, lacks
from tests.servers.secure_mongodb import ROLES

RIGHTS = (*NEEDED, *WANTED)
READ_WRITE = ["find", "insert", "update", "remove", "createIndex", "listCollections", "createCollection"]
PRIMARY = {"isWritablePrimary": True, "hosts": ["a:1", "b:1"], "passives": ["c:1"], "arbiters": ["d:1"]}


def privilege(actions: list[str], **resource: object) -> dict[str, Any]:
    return {"resource": resource, "actions": actions}


def test_the_role_that_the_project_gives_a_job_has_every_right_and_no_other() -> None:
    (role,) = [role for role in ROLES if role["createRole"] == "job"]
    assert lacks("casestream", role["privileges"], RIGHTS) == []
    assert sorted(role["privileges"][0]["actions"]) == sorted(RIGHTS)


@pytest.mark.parametrize(
    ("privileges", "lacking"),
    [
        ([privilege(READ_WRITE, db="casestream", collection="")], ["collMod"]),
        ([privilege(list(RIGHTS), db="", collection="")], []),
        ([privilege(list(RIGHTS), anyResource=True)], []),
        ([privilege(list(RIGHTS), db="other", collection="")], list(RIGHTS)),
        ([privilege(list(RIGHTS), cluster=True)], list(RIGHTS)),
        (
            [privilege(list(RIGHTS), db="casestream", collection="leases")],
            list(RIGHTS),
        ),
    ],
)
def test_rights_are_looked_for_on_every_collection(privileges: list[dict[str, Any]], lacking: list[str]) -> None:
    assert lacks("casestream", privileges, RIGHTS) == lacking


@pytest.mark.parametrize(
    ("hello", "mark", "said"),
    [
        ({**PRIMARY, "setName": "rs0"}, Mark.OK, "replica set rs0, 3 with data"),
        ({"isWritablePrimary": True, "msg": "isdbgrid"}, Mark.OK, "sharded"),
        ({"isWritablePrimary": True}, Mark.WARNING, "a server alone, no replica set"),
        ({"isWritablePrimary": False, "setName": "rs0", "me": "b:1"}, Mark.FAILED, "b:1 is not the primary"),
    ],
)
def test_a_server_is_judged_by_what_it_says_of_itself(hello: dict[str, Any], mark: Mark, said: str) -> None:
    found = stands(hello, "tried")
    assert found.mark == mark
    assert found.said.startswith(said)


def listed(**changes: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """What MongoDB lists once a job has started, but for these indexes by name."""
    return {
        collection: [{**index.document, **changes.get(index.document["name"], {})} for index in indexes]
        for collection, indexes in INDEXES.items()
    }


def test_of_indexes_as_a_job_makes_them_none_is_missing_and_none_is_in_the_way() -> None:
    there = listed()
    there["coverage"].append({"name": "by_hand", "key": {"job": 1}})
    assert (missing(there), conflicting(there)) == ([], [])


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("account_1_day_1", {"key": {"day": 1}}),
        ("account_1_day_1", {"name": "by_hand"}),
        ("one_holder_of_a_checkpoint", {"unique": False}),
        ("requeue_run_1", {"sparse": False}),
    ],
)
def test_an_index_that_mongodb_would_not_let_ours_stand_beside_is_in_the_way(name: str, change: dict[str, Any]) -> None:
    assert [index for _, index in conflicting(listed(**{name: change}))] == [change.get("name", name)]
