"""Whether MongoDB can acknowledge writes as a job asks for it: by a majority, and in the journal.

A deletion that meets no document is acknowledged like any other: MongoDB then waits until a majority has its newest
operation, whoever's it was (`LastOpFixer` of its write_ops_exec.cpp). It changes nothing, and makes no collection.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pymongo.errors import OperationFailure, WriteConcernError, WTimeoutError
from pymongo.write_concern import WriteConcern

from ledger.database import is_unauthorized
from operations.checks.result import Result, failed, ok, warning
from operations.checks.subject import Subject

_ANSWER_SECONDS = 5.0
_TRIED, _NOT_TRIED = "a majority acknowledges, in the journal", "no write was tried"
_TO_DO = "see the members of the replica set (rs.status() in mongosh): a majority of them must be up, with the data"


def look(subject: Subject) -> Iterator[Result]:
    """Says so where no majority acknowledges, soon enough for the time that all checks have."""
    told = subject.database.client.admin.command("hello")
    if not told.get("isWritablePrimary"):
        yield stands(told, _NOT_TRIED)
        return
    within = min(_ANSWER_SECONDS, subject.timeout_seconds / 2)
    concern = WriteConcern("majority", j=True, wtimeout=int(within * 1000))
    try:
        subject.database["leases"].with_options(write_concern=concern).delete_one({"_id": "?"})  # nobody's name
    except WTimeoutError:
        yield failed(f"no majority acknowledges a write within {within:g} s: a job's batches would hang", _TO_DO)
    except WriteConcernError as refusal:
        yield failed(f"no majority acknowledges a write: {(refusal.details or {}).get('errmsg', refusal)}", _TO_DO)
    except OperationFailure as refusal:
        if not is_unauthorized(refusal):
            raise
        yield stands(told, _NOT_TRIED)
    else:
        yield stands(told, _TRIED)


def stands(hello: Mapping[str, Any], tried: str) -> Result:
    """What the server's `hello` says of it: https://www.mongodb.com/docs/manual/reference/command/hello/."""
    if not hello.get("isWritablePrimary"):
        return failed(
            f"{hello.get('me', 'the server')} is not the primary: nothing can be written to it",
            "name the set in CASESTREAM_MONGODB_URI, replicaSet=…, and leave directConnection out",
        )
    if hello.get("msg") == "isdbgrid":
        return ok(f"sharded; {tried}")
    if "setName" in hello:
        members = [*hello.get("hosts", ()), *hello.get("passives", ())]
        return ok(f"replica set {hello['setName']}, {len(members)} with data; {tried}")
    return warning(
        f"a server alone, no replica set; {tried}",
        "what it has acknowledged is lost with its disk: make it a replica set where that matters",
    )
