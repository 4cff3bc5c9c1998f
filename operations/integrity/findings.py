"""What verification finds, and the report that it makes of one job."""

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

MOST_OF_A_KIND = 1_000

_RESTORE = "restore it from a backup; while the source still has the events, a job of another name can store them again"
_BUG = "the job must never do this: keep the database as it is, and report it"


class Kind(Enum):
    """What may be found: its name, what to do about it, and whether it is damage."""

    BATCH_MISSING = ("batch missing in the ledger", _RESTORE)
    ENTRY = ("ledger entry cannot be read", "the entry was changed after it was stored: " + _RESTORE)
    UNFINISHED = (
        "batch planned and not committed",
        "start the job, or the requeue, again with the same checkpoint: it ends the batch",
    )
    POSTS = ("number of posts differs", _RESTORE)
    DEAD_LETTERS = ("number of dead letters differs", _RESTORE)
    CONTENT = ("content hash differs", "a post or dead letter was changed after it was stored: " + _RESTORE)
    FIELD = ("field differs", "the document was changed after it was stored: " + _RESTORE)
    UNREADABLE = ("post cannot be read", "the document was changed after it was stored: " + _RESTORE)
    BYTES = ("bytes of a dead letter differ", "do not requeue it; " + _RESTORE)
    STRAY_DOCUMENT = ("document of no batch", "remove it if its posts are in other documents, else restore its batch")
    STRAY_LETTER = ("dead letter of no batch", "remove it if its event is elsewhere, else restore its batch")
    EVENTS = ("number of events differs from the offsets", _RESTORE)
    OFFSETS_MISSING = ("offsets not covered", _RESTORE)
    OFFSETS_TWICE = ("offsets covered twice", _BUG)
    SEGMENT_TWICE = ("segment stored twice", _BUG)
    POST_TWICE = ("post stored twice", "remove what is not in the ledger; if all of it is, report it")
    POST_NOT_DROPPED = ("repeated post not dropped", "report it, unless the job ran with a shorter window")
    LETTER_TWICE = ("dead letter stored twice", "remove what is not in the ledger; if all of it is, report it")
    POST_AND_LETTER = (
        "event stored as a post and as a dead letter",
        "do not requeue it; remove what is not in the ledger; if both are, report it",
    )
    TOPIC_SHORT = ("topic ends before what is stored", "the topic was made anew: give the job another name")
    STRAY_REMOVAL = ("removal of no batch", "remove it: no batch has asked for it")
    REMOVALS = ("what a batch asks to go differs", "the entries were changed after they were stored: " + _RESTORE)
    REMOVALS_WAIT = (
        "what the feed has deleted or edited is stored still",
        "nothing while the job runs and HONOUR_REMOVALS is true; else start it so",
        False,
    )
    REQUEUED = ("number of requeued dead letters differs", _RESTORE)
    REQUEUE_OPEN = ("requeue not ended", "run manage.py requeue --yes again: it ends what was begun", False)
    EXPIRED = ("expired and still stored", "start the job: it removes what is older than RETENTION_DAYS")
    EXPIRING = ("batches expire just now", "nothing: the job is removing them", False)
    FORGETTING = (
        "removal of a post not ended",
        "nothing while the job runs; else start it, or run manage.py forget --yes again: each ends what it has begun",
        False,
    )
    FORGOTTEN = (
        "forgotten post still stored",
        "run the same manage.py forget --yes again, or without --since and --until",
        False,
    )
    IN_HAND = ("batch in hand", "nothing: the job is running", False)
    GAP = ("feed not heard", "nothing: it is recorded", False)
    READ_AGAIN = ("offsets read again from the start", "nothing: --from-start stores again", False)
    EDITED = ("edited post stored in several versions", "nothing: HONOUR_REMOVALS removes all but the last", False)
    REPEATED = ("post sent again by its source", "nothing: each sending is an event of its own", False)
    WAITING = ("events wait in the topic", "nothing: a job that runs will store them", False)
    BEGINS_LATER = ("topic holds events before the first batch", "nothing, if KAFKA_STARTING was meant so", False)

    def __init__(self, what: str, advice: str, is_damage: bool = True) -> None:
        self.what = what
        self.advice = advice
        self.is_damage = is_damage


@dataclass(frozen=True)
class Finding:
    """where: `collection/_id`, or `topic/partition`."""

    kind: Kind
    where: str
    found: str
    expected: str

    def line(self, job: str) -> str:
        """One line, `printable`."""
        kind = "damage" if self.kind.is_damage else "note"
        text = f"{kind}: {job}: {self.kind.what}: {self.where}: found {self.found}, expected {self.expected}"
        return printable(f"{text}: {self.kind.advice}")

    def as_json(self) -> dict[str, str]:
        """The finding's fields, all text."""
        names = {"what": self.kind.what, "where": self.where, "found": self.found, "expected": self.expected}
        return {**names, "do": self.kind.advice}


@dataclass
class Report:
    """One job's numbers and findings; of each kind the first `MOST_OF_A_KIND` are kept, all are counted."""

    job: str
    batches: int = 0
    posts: int = 0
    dead_letters: int = 0
    gaps: int = 0
    unheard_seconds: float = 0
    expired: int = 0
    kinds: Counter[Kind] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def add(self, kind: Kind, where: str, found: object, expected: object) -> None:
        """Take a finding in."""
        self.kinds[kind] += 1
        if self.kinds[kind] <= MOST_OF_A_KIND:
            self.findings.append(Finding(kind, where, str(found), str(expected)))

    @property
    def damages(self) -> int:
        """How many findings are damage; 0: the job is whole."""
        return sum(number for kind, number in self.kinds.items() if kind.is_damage)

    def lines(self) -> list[str]:
        """Notes, then damage, then how many more there are of a kind, then the job's numbers."""
        ordered = sorted(self.findings, key=lambda finding: finding.kind.is_damage)
        more = [
            f"{'damage' if kind.is_damage else 'note'}: {self.job}: {kind.what}: {number - MOST_OF_A_KIND:,} more"
            for kind, number in self.kinds.items()
            if number > MOST_OF_A_KIND
        ]
        return [*(finding.line(self.job) for finding in ordered), *more, self._numbers()]

    def as_json(self) -> dict[str, Any]:
        """One object; `counts` are all findings by what was found, also those that are not listed."""
        numbers = {
            "batches": self.batches,
            "posts": self.posts,
            "dead_letters": self.dead_letters,
            "expired": self.expired,
        }
        coverage = {"gaps": self.gaps, "seconds": round(self.unheard_seconds, 3)}
        lists = {
            name: [finding.as_json() for finding in self.findings if finding.kind.is_damage == is_damage]
            for name, is_damage in (("damage", True), ("notes", False))
        }
        counts = {kind.what: number for kind, number in self.kinds.items()}
        return {"job": self.job, "clean": not self.damages, **numbers, "coverage": coverage, "counts": counts, **lists}

    def _numbers(self) -> str:
        verdict = f"DAMAGED, {self.damages:,} findings" if self.damages else "clean"
        return (
            f"{self.job}: {verdict}: {self.batches:,} batches, {self.posts:,} posts, {self.dead_letters:,} dead letters"
            f", {self.gaps:,} coverage gaps of {self.unheard_seconds:,.0f} s"
            + (f", {self.expired:,} batches expired" if self.expired else "")
        )


def printable(text: str) -> str:
    """The text with what a stored value could do to a terminal escaped."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
