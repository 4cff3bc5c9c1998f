"""The gaps of coverage, put beside the days that they overlap: whoever has the data knows what is not in them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pymongo.database import Database

from casestream.selection import Selection
from casestream.small_tables import gaps
from operations.exporting.day_times import range_of
from operations.exporting.manifest import Day, Gap, Manifest
from operations.times import iso, iso_or_none

_COLUMNS = ("job", "source", "from", "to", "cause", "recovered")


def with_gaps(manifest: Manifest, database: Database[dict[str, Any]], jobs: Sequence[str]) -> Manifest:
    """The manifest with the gaps as they are now: all that overlap the range, and each day's own.

    Raises pymongo's errors.
    """
    request = manifest.request
    selection = Selection(tuple(jobs), request.since, request.until)
    found = gaps(database, selection, _COLUMNS).to_pylist()
    days = tuple(
        replace(day, gaps=tuple(map(_as_json, _over(day, manifest, found)))) if day.job in jobs else day
        for day in manifest.days
    )
    return replace(manifest, gaps=tuple(map(_as_json, found)), days=days)


def _over(day: Day, manifest: Manifest, found: Sequence[Gap]) -> list[Gap]:
    begin, end = range_of(day.day, manifest.request.since, manifest.request.until)
    return [
        gap for gap in found
        if gap["job"] == day.job and gap["from"] < end and (gap["to"] is None or gap["to"] > begin)
    ]  # fmt: skip


def _as_json(gap: Gap) -> Gap:
    return {**gap, "from": iso(gap["from"]), "to": iso_or_none(gap["to"])}
