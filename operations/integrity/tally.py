"""One batch: what its documents and dead letters add up to, against what the ledger says."""

import hashlib
from collections.abc import Mapping
from typing import Any

from operations.integrity.findings import Kind, Report
from sinks import fingerprint

_SAME = ("source", "batch_id", "parts", "timestamp", "total_case_count", "case_count")
_NO_POST = (KeyError, TypeError, AttributeError)


class Tally:
    """A committed batch of the ledger; `add` and `add_dead_letter` take what is stored of it, in any order."""

    def __init__(self, entry: Mapping[str, Any], report: Report) -> None:
        self.entry = entry
        self._report = report
        self._parts: list[Any] = []
        self._hash = _number(entry.get("removals_hash"))  # what a batch asks to be removed is not kept for ever
        self.posts = 0
        self.dead_letters = 0

    def add(self, document: Mapping[str, Any]) -> None:
        """A document of the batch."""
        where = f"micro_batches/{document['_id']}"
        self._compare(document, where)
        self._parts.append(document.get("part"))
        for post in posts_of(document):
            self.posts += 1
            try:
                self._hash += fingerprint.of_post(post)
            except _NO_POST as error:
                found = f"{type(error).__name__}: {error} at post {self.posts}"
                self._report.add(Kind.UNREADABLE, where, found, "the fields of a post")

    def add_dead_letter(self, letter: Mapping[str, Any]) -> None:
        """A dead letter of the batch."""
        self.dead_letters += 1
        where = f"dead_letters/{letter['_id']}"
        raw = letter.get("raw")
        try:
            self._hash += fingerprint.of_dead_letter(letter)
        except (KeyError, TypeError) as error:
            self._report.add(Kind.FIELD, where, f"{type(error).__name__}: {error}", "origin, problem and sha256")
        if isinstance(raw, bytes) and len(raw) == letter.get("length"):
            found = hashlib.sha256(raw).hexdigest()
            if found != letter.get("sha256"):
                self._report.add(Kind.BYTES, where, f"SHA-256 {found}", letter.get("sha256"))

    def agrees(self) -> bool:
        """Whether all that was taken in is what the ledger says."""
        said = tuple(self.entry.get(name) for name in ("posts", "dead_letters", "content_hash"))
        return said == (self.posts, self.dead_letters, fingerprint.content_hash(self._hash))

    def close(self) -> None:
        """All of the batch was taken in: report what differs."""
        where = f"batches/{self.entry['_id']}"
        posts, dead_letters, content_hash = (self.entry.get(n) for n in ("posts", "dead_letters", "content_hash"))
        found = fingerprint.content_hash(self._hash)
        if self.posts != posts:
            parts = ", ".join(sorted(map(str, self._parts))) or "none"
            self._report.add(
                Kind.POSTS, where, f"{self.posts} (parts {parts})", f"{posts} (parts below {self.entry.get('parts')})"
            )
        if self.dead_letters != dead_letters:
            self._report.add(Kind.DEAD_LETTERS, where, self.dead_letters, dead_letters)
        if found != content_hash and (self.posts, self.dead_letters) == (posts, dead_letters):
            self._report.add(Kind.CONTENT, where, found, content_hash)

    def _compare(self, document: Mapping[str, Any], where: str) -> None:
        expected = {name: self.entry.get(name) for name in _SAME}
        expected |= {"_id": f"{self.entry['_id']}:{document.get('part')}", "posts": len(posts_of(document))}
        for name, value in expected.items():
            if document.get(name) != value:
                self._report.add(Kind.FIELD, where, f"{name} {document.get(name)}", value)
        part, parts = document.get("part"), self.entry.get("parts")
        if not (isinstance(part, int) and isinstance(parts, int) and 0 <= part < parts):
            self._report.add(Kind.FIELD, where, f"part {part}", f"0 or more, and below {parts}")


def _number(digits: object) -> int:
    """Nothing where an earlier version wrote none, or it was damaged: then the hash differs."""
    try:
        return int(str(digits or "0"), 16)
    except ValueError:
        return 0


def posts_of(document: Mapping[str, Any]) -> list[Any]:
    """The document's posts; none where `content` is no array."""
    content = document.get("content")
    return content if isinstance(content, list) else []
