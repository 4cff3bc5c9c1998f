"""Requeued posts: each belongs to the reading in which it was a dead letter, whenever it was requeued."""

from collections.abc import Callable, Sequence
from typing import Any

from micro_batch import REQUEUE
from operations.integrity import stored
from operations.integrity.stored import Documents


class Readings:
    """Of the posts of documents. of_query: `Sequence.reading`. In memory are the letters of one requeue at a time."""

    def __init__(self, database: Documents, job: str, of_query: Callable[[str], int]) -> None:
        self._database = database
        self._job = job
        self._of_query = of_query
        self._run = ""
        self._queries: dict[Any, list[str]] = {}

    def of(self, batch: str, posts: Sequence[Any]) -> list[int]:
        """The reading of each post of a document of that batch; of what was no dead letter, that of its query."""
        query, _, run = batch.partition(":")
        if query != REQUEUE:
            return [self._of_query(query)] * len(posts)
        if run != self._run:
            self._run, self._queries = run, stored.requeued_queries(self._database, self._job, run)
        return [self._of_query(self._query(post)) for post in posts]

    def _query(self, post: object) -> str:
        """An event that was read twice is two letters of a run, and two posts: each has one of the queries."""
        queries = self._queries.get(post.get("origin"), []) if isinstance(post, dict) else []
        if not queries:
            return REQUEUE
        return queries.pop() if len(queries) > 1 else queries[0]
