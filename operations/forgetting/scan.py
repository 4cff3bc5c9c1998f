"""All that is stored, looked through for what is to be forgotten: by time, since `content` has no index."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from operations.forgetting.documents import Hit, hits
from operations.forgetting.letters import letters
from operations.forgetting.targets import Targets
from operations.integrity import stored
from operations.integrity.stored import Documents, Window

_BATCHES_AT_ONCE = 32  # a server that reads all of their posts in one answer must not be taken for dead


@dataclass(frozen=True)
class Scope:
    """Which batches: of these jobs, triggered since begin and before end (None: at any time)."""

    jobs: tuple[str, ...]
    begin: datetime | None = None
    end: datetime | None = None


@dataclass
class Found:
    """How many posts, in how many documents, and how many dead letters."""

    posts: int = 0
    documents: int = 0
    letters: int = 0

    def with_those(self, others: "Found") -> "Found":
        """Of both."""
        return Found(self.posts + others.posts, self.documents + others.documents, self.letters + others.letters)


class Scan:
    """Windows of batches, one after the other. told: how many batches were looked through just now."""

    def __init__(self, database: Documents, scope: Scope, told: Callable[[int], None]) -> None:
        self._database = database
        self._scope = scope
        self._told = told

    def with_posts_of_authors(self, targets: Targets) -> Targets:
        """With the ids of what these authors have posted: a repost names the post, and not whose it was.

        What they have posted and is forgotten already is known by its hash (`Targets.earlier`).
        """
        authors = Targets(authors=targets.authors)
        found: set[str] = set()
        for job in self._scope.jobs if targets.authors else ():
            for window in self._windows(job):
                for hit in hits(self._database, job, window, authors):
                    found.update(hit.posts)
        return targets.also(frozenset(found))

    def of_job(self, job: str, targets: Targets) -> Iterator[tuple[Window, list[Hit], list[str]]]:
        """Each window, its documents and its dead letters of such posts."""
        for window in self._windows(job):
            found = list(hits(self._database, job, window, targets))
            yield window, found, list(letters(self._database, job, window, targets))
            self._told(len(window.entries))

    def look(self, job: str, targets: Targets) -> Found:
        """How much there is of a job; writes nothing."""
        found = Found()
        for _, documents, names in self.of_job(job, targets):
            found.posts += sum(len(hit.posts) for hit in documents)
            found.documents += len(documents)
            found.letters += len(names)
        return found

    def _windows(self, job: str) -> Iterator[Window]:
        return stored.windows(self._database, job, self._scope.begin, self._scope.end, _BATCHES_AT_ONCE)
