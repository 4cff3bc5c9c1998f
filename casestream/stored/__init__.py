"""Every collection that a job writes, field by field: a file for each."""

from casestream.stored.batches import BATCHES
from casestream.stored.case_counts import CASE_COUNTS
from casestream.stored.coverage import COVERAGE
from casestream.stored.dead_letters import DEAD_LETTERS
from casestream.stored.exports import EXPORTS
from casestream.stored.forgotten import FORGOTTEN
from casestream.stored.leases import LEASES
from casestream.stored.micro_batches import MICRO_BATCHES
from casestream.stored.removals import REMOVALS
from casestream.stored.usage import USAGE

__all__ = [
    "BATCHES",
    "CASE_COUNTS",
    "COLLECTIONS",
    "COVERAGE",
    "DEAD_LETTERS",
    "EXPORTS",
    "FORGOTTEN",
    "LEASES",
    "MICRO_BATCHES",
    "REMOVALS",
    "USAGE",
]

COLLECTIONS = (
    MICRO_BATCHES, BATCHES, DEAD_LETTERS, REMOVALS, COVERAGE, CASE_COUNTS, FORGOTTEN, LEASES, USAGE, EXPORTS
)  # fmt: skip
