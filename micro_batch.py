"""The values that travel with one micro-batch between processor, ledger, sink and monitor."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from case_count import CaseCount

REQUEUE = "requeue"
"""In place of a query's id, where dead letters were put through again: see `ledger.dead_letters`."""

OF_AUTHOR = "author "
"""What `removes` begins with where it names an author in place of a post; no post's id holds a blank."""


PROBLEMS = ("not_utf8", "too_long", "not_json", "no_text", "bad_field", "not_a_post")
"""Why an event is a dead letter. A source of somebody's own names one of these too: neither MongoDB's validators, nor
`manage.py check` and the dashboard, know any other."""


@dataclass(frozen=True, order=True)
class BatchId:
    """A micro-batch's name for ever: the query's id lives in the checkpoint, the number counts from 0 in it."""

    query_id: str
    number: int

    def __str__(self) -> str:
        return f"{self.query_id}:{self.number}"


def ids_below(name: object) -> dict[str, str]:
    """MongoDB's filter of the string ids that begin with that name and a colon: a query's batches, a batch's parts."""
    return {"$gte": f"{name}:", "$lt": f"{name};"}  # a semicolon comes behind the colon


def batch_of_document(name: object) -> str:
    """The `_id` of the batch whose part has that id."""
    return str(name).rpartition(":")[0]


def query_of(name: object) -> str:
    """The query whose batch, dead letter or removal has that id."""
    return str(name).partition(":")[0]


def lease_of(query_id: str, job: str) -> str:
    """The name of the lease under which the job's batches of that query are stored: a requeue has one of its own."""
    return f"{REQUEUE}:{job}" if query_id == REQUEUE else job


@dataclass(frozen=True)
class LoggedBatch:
    """What Spark's offset log says of a batch, the same at each replay.

    timestamp: the trigger time (UTC, milliseconds). offsets: where the source's range lies, in the source's own
    terms (Kafka: topic, partition, from, until; a push feed: its segments).
    """

    timestamp: datetime
    offsets: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Contents:
    """What a batch was found to hold, counted before anything is written.

    posts, dead_letters, tombstones: events of each kind; forgotten: those that were left out (`forgotten`). deletions:
    events that say that a post was deleted; edits: those posts that come in the place of another; filtered: events that
    the source left out on purpose; duplicates: those that a file held once more, beside what its receiver dropped.
    bytes: an upper bound of the posts' size in BSON. content_hash: 16 hex digits over every post, dead letter and
    removal (a deletion's, an edit's), whatever their order; removals_hash: over the removals alone. newest_received_at:
    UTC, None for a batch without events. problems: dead letters by `PROBLEMS`; of a plan read from the ledger, none.
    """

    posts: int
    dead_letters: int
    tombstones: int
    bytes: int
    content_hash: str
    newest_received_at: datetime | None
    forgotten: int = 0
    deletions: int = 0
    edits: int = 0
    filtered: int = 0
    duplicates: int = 0
    removals_hash: str = "0" * 16
    problems: Mapping[str, int] = field(default_factory=dict, compare=False)

    @property
    def removals(self) -> int:
        """How many posts the batch asks to be removed."""
        return self.deletions + self.edits


@dataclass(frozen=True)
class BatchPlan:
    """What the ledger fixes before the first write, so that a replay writes the same bytes.

    parts: into how many documents the posts are divided (`casestream.stored.batches`); 0 where there is no post.
    """

    id: BatchId
    logged: LoggedBatch
    contents: Contents
    parts: int
    case_count: CaseCount


@dataclass(frozen=True)
class Committed:
    """A batch that is stored. seconds: from the batch function's start. spans: milliseconds of each phase.

    lag_seconds: age of its newest event when all was written, None for a batch without events. is_replay: whether an
    earlier attempt at it was planned.
    """

    plan: BatchPlan
    seconds: float
    spans: Mapping[str, float]
    lag_seconds: float | None
    is_replay: bool = False
