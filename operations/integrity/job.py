"""One job verified: its windows read once, in the order of time, and each thing held against the others."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from clock import Clock
from micro_batch import REQUEUE, batch_of_document, query_of
from operations.integrity import stored, unfinished
from operations.integrity.asked import edited, report_removals
from operations.integrity.coverage import report_coverage
from operations.integrity.entries import problem
from operations.integrity.findings import Kind, Report
from operations.integrity.ranges import Range
from operations.integrity.removed import Removed
from operations.integrity.repeats import Names, Repeats
from operations.integrity.requeued import Readings
from operations.integrity.sequence import Partition, Sequence
from operations.integrity.stored import Documents, Window
from operations.integrity.strays import report_document_if_stray, report_stray_letters
from operations.integrity.tally import Tally, posts_of
from operations.integrity.topics import compare
from operations.integrity.twice import EventsTwice, Met, PostsTwice, mark_of_post, name_of_post, report_twice


@dataclass(frozen=True)
class Surroundings:
    """What a verification goes by.

    drops_repeats: whether jobs of a source drop what it sends again, within_seconds: for how long. topic_offsets: see
    `topics.topic_offsets`; None where Kafka is not asked. told: how many batches and posts were verified just now.
    """

    database: Documents
    clock: Clock
    drops_repeats: Callable[[str], bool]
    within_seconds: float
    topic_offsets: Callable[[set[str]], Mapping[Partition, Range]] | None
    told: Callable[[int, int], None]


def verify_job(job: str, around: Surroundings) -> Report:
    """The job's report. Raises pymongo's errors, and CannotStart where Kafka does not answer."""
    with TemporaryDirectory(prefix="casestream-verify-") as folder, closing(Names(Path(folder, "names"))) as names:
        return Verification(job, around, names, Path(folder)).run()


class Verification:
    """One pass over a job."""

    def __init__(self, job: str, around: Surroundings, names: Names, folder: Path) -> None:
        self._job = job
        self._around = around
        self._database = around.database
        self._names = names
        self._posts, self._segments, self._events = (Repeats(folder / each) for each in ("posts", "segments", "events"))
        self._report = Report(job)
        self._sequence = Sequence(self._report)
        self._removed = Removed(around.database, job, around.clock, self._report)
        self._readings = Readings(self._database, job, self._sequence.reading)
        self._planned: list[dict[str, Any]] = []
        self._requeues: dict[int, int] = {}
        self._drops_repeats: dict[str, bool] = {}

    def run(self) -> Report:
        """Everything."""
        for window in stored.windows(self._database, self._job):
            self._verify(window)
        self._sequence.close()
        unfinished.report_planned(self._planned, self._database, self._job, self._around.clock, self._report)
        unfinished.report_requeues(self._requeues, self._database, self._job, self._report)
        report_stray_letters(self._database, self._job, self._report)
        report_removals(self._database, self._job, self._report)
        self._report_twice()
        self._report_offsets()
        report_coverage(self._database, self._job, self._around.clock, self._report)
        return self._report

    def _verify(self, window: Window) -> None:
        tallies: dict[str, Tally] = {}
        for name, entry in window.entries.items():
            self._report.batches += 1
            if (why := problem(entry)) is not None:
                self._report.add(Kind.ENTRY, f"batches/{name}", why, "an entry as the job writes it")
                continue
            self._sequence.add(entry)
            if entry["state"] == "committed" and entry.get("expired_at") is not None:
                self._note_segments(entry)
            elif entry["state"] == "committed":
                tallies[name] = Tally(entry, self._report)
                self._note_segments(entry)
                if entry["query_id"] == REQUEUE:
                    ended = (entry.get(name, 0) for name in ("posts", "forgotten", "deletions", "filtered"))
                    self._requeues[entry["batch_id"]] = sum(ended)
            else:
                self._planned.append(entry)
        for document in stored.documents(self._database, self._job, window):
            self._take(document, window, tallies)
        for batch, letter in stored.dead_letters(self._database, self._job, window):
            self._take_letter(batch, letter, tallies)
        for tally in tallies.values():
            self._removed.close(tally)
        self._removed.report_expired(window)
        self._around.told(len(window.entries), 0)

    def _take(self, document: dict[str, Any], window: Window, tallies: Mapping[str, Tally]) -> None:
        name, batch = str(document["_id"]), batch_of_document(document["_id"])
        posts = posts_of(document)
        self._report.posts += len(posts)
        if batch in tallies:
            tallies[batch].add(document)
            self._removed.report_forgotten(document)
        elif batch not in window.entries:
            report_document_if_stray(document, batch, self._database, self._report)
        elif window.entries[batch].get("state") == "planned":
            return  # a replay may write other posts in their place
        place, is_dropped = self._names.add(name), self._is_dropped(str(document.get("source")))
        for reading, post in zip(self._readings.of(batch, posts), posts, strict=True):
            if isinstance(post, dict):
                self._posts.add(name_of_post(reading, post), place, mark_of_post(post, is_dropped))
                self._events.add(f"{reading}\x1f{post.get('origin')}", place, Met.AS_POST)
        self._around.told(0, len(posts))

    def _take_letter(self, batch: str, letter: Mapping[str, Any], tallies: Mapping[str, Tally]) -> None:
        self._report.dead_letters += 1
        if batch in tallies:
            tallies[batch].add_dead_letter(letter)
            reading, place = self._sequence.reading(query_of(batch)), self._names.add(str(letter["_id"]))
            met = Met.AS_LETTER if letter.get("requeue_run") is None else Met.AS_LETTER_OF_A_REQUEUE
            self._events.add(f"{reading}\x1f{letter.get('origin')}", place, met)

    def _note_segments(self, entry: Mapping[str, Any]) -> None:
        place, reading = self._names.add(f"batches/{entry['_id']}"), self._sequence.reading(entry["query_id"])
        for each in entry["offsets"]:
            if "segment" in each:
                self._segments.add(f"{reading}\x1f{each['segment']}", place)

    def _is_dropped(self, source: str) -> bool:
        if source not in self._drops_repeats:
            self._drops_repeats[source] = self._around.drops_repeats(source)
        return self._drops_repeats[source]

    def _report_twice(self) -> None:
        readings = self._sequence.readings
        twice = PostsTwice(
            self._report,
            self._around.within_seconds,
            lambda name: stored.document(self._database, name),
            edited(self._database, self._job, readings),
        )
        twice.look(self._posts, self._names, readings)
        report_twice(Kind.SEGMENT_TWICE, self._segments, self._names, self._report)
        events = EventsTwice(self._report, lambda name: stored.is_dead(self._database, name))
        events.look(self._events, self._names)

    def _report_offsets(self) -> None:
        partitions = self._sequence.partitions
        there: Mapping[Partition, Range] = {}
        if self._around.topic_offsets is not None and partitions:
            there = self._around.topic_offsets({topic for topic, _ in partitions})
            compare(partitions, there, self._report)
        for (topic, partition), begin, end in self._sequence.holes():
            low = there.get((topic, partition), (0, 0))[0]
            kept = "" if not there else "; gone from the topic" if end <= low else "; still in the topic"
            found = f"no batch with {begin} to {end - 1}{kept}"
            self._report.add(Kind.OFFSETS_MISSING, f"{topic}/{partition}", found, "each offset in one batch")
