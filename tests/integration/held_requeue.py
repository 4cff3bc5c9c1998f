"""manage.py, held at a point of a requeue: `python -m tests.integration.held_requeue POINT requeue …`.

It says `held` on standard output when it comes to the point, and stays there until its standard input ends or it is
killed.
"""

import sys
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from pyspark.sql import DataFrame

import manage
from ledger.batches import BatchLedger
from ledger.dead_letters import DeadLetters
from sinks.mongo import MongoSink

Method = Callable[..., Any]


class Point(StrEnum):
    """A moment of a run, in the order in which it comes to them."""

    MARKED = "marked"
    """The letters have the run's number; nothing is planned."""
    HALF_STORED = "half-stored"
    """A part of the documents is written."""
    STORED = "stored"
    """All documents are written; the ledger does not say so."""
    COMMITTED = "committed"
    """The ledger has committed; the letters do not say so."""


def stay() -> None:
    """Say so, and wait."""
    print("held", flush=True)
    sys.stdin.read()


def before(method: Method) -> Method:
    """The method, held before it begins."""

    def held(*arguments: object) -> object:
        stay()
        return method(*arguments)

    return held


def after(method: Method) -> Method:
    """The method, held when it has done its work."""

    def held(*arguments: object) -> object:
        result = method(*arguments)
        if result is not None:
            stay()
        return result

    return held


def between_parts(write: Method) -> Method:
    """`MongoSink.write`, held when half of the documents are stored."""

    def held(sink: MongoSink, documents: DataFrame, collection: str) -> None:
        assert documents.where("parts > 1").head(1)
        write(sink, documents.where("part < parts / 2"), collection)
        stay()
        write(sink, documents, collection)

    return held


PLACES: dict[Point, tuple[type[Any], str, Callable[[Method], Method]]] = {
    Point.MARKED: (DeadLetters, "mark", after),
    Point.HALF_STORED: (MongoSink, "write", between_parts),
    Point.STORED: (BatchLedger, "commit", before),
    Point.COMMITTED: (DeadLetters, "finish", before),
}

if __name__ == "__main__":
    owner, name, held = PLACES[Point(sys.argv.pop(1))]
    setattr(owner, name, held(getattr(owner, name)))
    sys.exit(manage.main())
