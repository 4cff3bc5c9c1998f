"""Every metric that a job has: the one table, of which the registry, docs/metrics.md and the tests are made.

Names follow https://prometheus.io/docs/practices/naming/: base units, `_total` of what only grows, `_timestamp_seconds`
for a time in seconds since 1970. Each series has the labels `jobname` and `source` (Prometheus itself gives `job` to
what it scrapes), and those that stand here, whose values come from fixed lists; but Kafka's topics, from settings.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from case_count import Flag, Status
from micro_batch import PROBLEMS

OTHER = "other"
"""In place of a value that is not in a label's list."""

REASONS = (*PROBLEMS, OTHER)
PHASES = ("process", "parts", "count", "plan", "documents", "dead_letters", "removals", OTHER)
STATUSES, FLAGS = get_args(Status), get_args(Flag)
CHECKS = ("query", "mongodb", "lease", "feed", "spool")

Values = tuple[str, ...]


@dataclass(frozen=True)
class Definition:
    """One metric. labels: of each its values, () where they are not known beforehand."""

    name: str
    kind: Literal["counter", "gauge"]
    about: str
    labels: Mapping[str, Values] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.name)


def _counter(name: str, about: str, **labels: Values) -> Definition:
    return Definition(f"casestream_{name}_total", "counter", about, labels)


def _gauge(name: str, about: str, **labels: Values) -> Definition:
    return Definition(f"casestream_{name}", "gauge", about, labels)


BUILD = _gauge(
    "build_info", "1, with what runs: casestream's version, Python's and Spark's", version=(), python=(), spark=()
)
TRIGGER = _gauge("trigger_seconds", "time from one micro-batch to the next, as the settings have it")
ALIVE = _gauge("alive", "1 while /healthz says 200")
READY = _gauge("ready", "1 for each check of /readyz that is well, 0 for one that is not", check=CHECKS)

BATCHES = _counter("batches", "micro-batches committed")
REPLAYED = _counter(
    "replayed_batches", "micro-batches that Spark gave again after an earlier attempt, committed or not"
)
EVENTS = _counter("events", "events in committed batches, whatever became of them")
POSTS = _counter("posts", "posts stored")
DEAD_LETTERS = _counter("dead_letters", "events that became dead letters", reason=REASONS)
DUPLICATES = _counter("duplicates", "events that a feed sent again, or that a file held twice")
FILTERED = _counter("filtered", "events left out on purpose, by the source or by LANGUAGES and KEYWORDS")
FORGOTTEN = _counter("forgotten", "posts left out because they, or their authors, are to be forgotten")
TOMBSTONES = _counter("tombstones", "events without a value")
DELETIONS = _counter("deletions", "events by which the feed deletes a post")
EDITS = _counter("edits", "posts that come in the place of an earlier version")
DOCUMENTS = _counter("documents", "parts of committed batches, a document each")
POST_BYTES = _counter("post_bytes", "size of the stored posts in BSON, an upper bound")
BATCH_SECONDS = _counter("batch_seconds", "time of committed batches, from the batch function's start")
PHASE_SECONDS = _counter("batch_phase_seconds", "the same by phase, as `spans` of the ledger has it", phase=PHASES)
LAST_BATCH_SECONDS = _gauge("last_batch_seconds", "time that the last batch took")
LAST_BATCH_EVENTS = _gauge("last_batch_events", "events in the last batch")
LAG = _gauge("lag_seconds", "from the arrival of the last batch's newest event until all of the batch was stored")
LAST_COMMIT = _gauge("last_commit_timestamp_seconds", "when a batch was last committed, by this process")
IN_HAND = _gauge("batch_in_hand_seconds", "how long the batch in hand has been so; 0 between two batches")

QUERY_FAILURES = _counter("query_failures", "times that the query ended with an error: its batch is written again")
PROGRESS = _gauge(
    "last_progress_timestamp_seconds", "when Spark last told of the query, which it does without events too"
)
OFFSETS_BEHIND = _gauge(
    "kafka_offsets_behind", "events of the topic that no batch has, as of the last trigger", topic=()
)

COUNT = _gauge("case_count", "the number of the last batch; NaN where it is not known, which is -1 in MongoDB")
COUNT_STATUS = _gauge("case_count_status", "1 for the status of the last batch's number", status=STATUSES)
COUNT_FLAG = _gauge("case_count_flag", "1 where the last batch's number has the flag", flag=FLAGS)
COUNT_AS_OF = _gauge("case_count_as_of_timestamp_seconds", "the time that the publisher gives for the number")
COUNT_FETCHED = _gauge("case_count_fetched_timestamp_seconds", "when the number was read, or found unchanged")

CONNECTED = _gauge("receiver_connected", "1 while a push feed is heard, without an open gap in `coverage`")
RECONNECTS = _counter("receiver_reconnects", "times that a push feed was heard again")
HEARD = _counter("receiver_events", "events that were written to the spool, duplicates not among them")
LAST_EVENT = _gauge("receiver_last_event_timestamp_seconds", "when a push feed last sent an event")
GAP = _gauge("receiver_gap_seconds", "how long a push feed has not been heard; 0 while it is")
SPOOL_BYTES = _gauge("spool_bytes", "what the spool holds, stored or not")
SPOOL_LIMIT = _gauge("spool_limit_bytes", "SPOOL_MAX_BYTES: a fuller spool stops reading the feed")
SPOOL_AGE = _gauge("spool_age_seconds", "how long ago the oldest segment of the spool was begun; 0 without one")

LEASE_HELD = _gauge("lease_held", "1 while the job holds its lease, and its heartbeat is written")
LEASE_PERIOD = _gauge("lease_period_seconds", "LEASE_SECONDS: a heartbeat as old lets another start take over")
HEARTBEAT = _gauge("lease_heartbeat_timestamp_seconds", "when the heartbeat was last written")
REMOVALS = _gauge("removals_waiting", "what the feed has asked to go and is still stored; at most 10,000 are counted")

DEFINITIONS: tuple[Definition, ...] = tuple(each for each in list(globals().values()) if isinstance(each, Definition))
"""All of them, in this order."""
