"""Whether the user at MongoDB may do what a job does. Nothing is written.

The server is asked for the user's rights (https://www.mongodb.com/docs/manual/reference/command/connectionStatus/). One
that tells none is asked to do nothing: to insert no document, to make a collection without a name; what it refuses then
as not authorised is what the user may not do.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pymongo.database import Database
from pymongo.errors import OperationFailure

from cache.last_good import COLLECTION
from ledger.database import is_unauthorized
from ledger.indexes import INDEXES
from operations.checks.result import Result, failed, ok, warning
from operations.checks.subject import Subject

NEEDED = ("find", "insert", "update", "remove", "createIndex")
WANTED = ("listCollections", "createCollection", "collMod")
"""For validators and views: a job stores without them."""

_COLLECTIONS = (*INDEXES, COLLECTION)
_OF_A_DATABASE = ("listCollections",)
_NO_DEEDS: dict[str, dict[str, Any]] = {
    "insert": {"insert": "leases", "documents": []},
    "update": {"update": "leases", "updates": []},
    "remove": {"delete": "leases", "deletes": []},
    "createIndex": {"createIndexes": "", "indexes": []},
    "listCollections": {"listCollections": 1, "nameOnly": True},
    "createCollection": {"create": ""},
    "collMod": {"collMod": ""},
}
_TO_DO = "give the user of CASESTREAM_MONGODB_URI these rights: deploy/mongodb/roles.json has a role with all of them"


def look(subject: Subject) -> Iterator[Result]:
    """Those of roles.json, which are all that a job needs."""
    database = subject.database
    told = database.client.admin.command("connectionStatus", showPrivileges=True)["authInfo"]
    if not (users := [user["user"] for user in told["authenticatedUsers"]]):
        yield ok("this server asks for no login, and lets everybody do everything")
        return
    who, rights = ", ".join(users), (*NEEDED, *WANTED)
    privileges = told.get("authenticatedUserPrivileges")
    lacking = lacks(database.name, privileges, rights) if privileges else _refused(database)
    if found := [right for right in lacking if right in NEEDED]:
        yield failed(f"{who} lacks {', '.join(found)} on {database.name}", _TO_DO)
    elif lacking:
        yield warning(f"{who} lacks {', '.join(lacking)} on {database.name}: views and validators are not made", _TO_DO)
    else:
        yield ok(f"{who} may do on {database.name} what a job does")


def lacks(database: str, privileges: Iterable[Mapping[str, Any]], rights: Iterable[str]) -> list[str]:
    """Those of the rights that these privileges do not give on every collection of a job."""
    given = list(privileges)
    return [
        right
        for right in rights
        if not all(
            any(right in each["actions"] and _covers(each["resource"], database, collection) for each in given)
            for collection in (("",) if right in _OF_A_DATABASE else _COLLECTIONS)
        )
    ]


def _covers(resource: Mapping[str, Any], database: str, collection: str) -> bool:
    """https://www.mongodb.com/docs/manual/reference/resource-document/: an empty name stands for all."""
    if resource.get("anyResource"):
        return True
    return resource.get("db") in ("", database) and resource.get("collection") in ("", collection)


def _refused(database: Database[dict[str, Any]]) -> list[str]:
    return [right for right, deed in _NO_DEEDS.items() if _is_refused(database, deed)]


def _is_refused(database: Database[dict[str, Any]], deed: Mapping[str, Any]) -> bool:
    try:
        database.command(dict(deed))
    except OperationFailure as refusal:
        return is_unauthorized(refusal)
    return False
