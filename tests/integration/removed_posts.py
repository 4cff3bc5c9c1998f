"""A filled database of which posts go: its numbers, a process that dies at a step, a post of other fields."""

from collections.abc import Callable
from typing import Any

from sinks import fingerprint
from tests.conftest import Documents
from tests.filled import Filling
from tests.integration.stored import posts

FILLING = Filling(batches=4, posts=30, dead_letters=3, parts=2)
QUERY = FILLING.query
FIRST = 10**18


class Killed(BaseException):
    """In the place of SIGKILL: nothing of the command handles it."""


def dying(method: Callable[..., object], when: str) -> Callable[..., object]:
    def killed(*arguments: object) -> object:
        if when == "after":
            method(*arguments)
        raise Killed

    return killed


def post_id(number: int) -> str:
    """Of the post of that number; batch `number // 30` holds it."""
    return str(FIRST + number)


def ids(database: Documents) -> set[str]:
    return {post["id"] for post in posts(database)}


def entry(database: Documents, number: int) -> dict[str, Any]:
    found = database["batches"].find_one({"_id": f"{QUERY}:{number}"})
    assert found is not None
    return found


def changed(database: Documents, number: int, **fields: object) -> None:
    """Give a post other fields, and its batch the hash of them, as if it had come so."""
    document = database["micro_batches"].find_one({"content.id": post_id(number)})
    assert document is not None
    (place,) = [at for at, each in enumerate(document["content"]) if each["id"] == post_id(number)]
    post = document["content"][place] | fields
    name = document["_id"].rpartition(":")[0]
    total = int(database["batches"].find_one({"_id": name})["content_hash"], 16)  # type: ignore[index]
    total += fingerprint.of_post(post) - fingerprint.of_post(document["content"][place])
    database["micro_batches"].update_one({"_id": document["_id"]}, {"$set": {f"content.{place}": post}})
    database["batches"].update_one({"_id": name}, {"$set": {"content_hash": fingerprint.content_hash(total)}})
