"""A post that is there twice: stored twice, sent twice, or sent twice and not dropped; an event that is two things."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from operations.integrity.findings import Kind, Report
from operations.integrity.repeats import Names, Repeats
from operations.integrity.twice import EventsTwice, Met, PostsTwice, mark_of_post, name_of_post

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def post(name: str, origin: str, seconds: float = 0, source: str = "twitter") -> dict[str, Any]:
    return {"id": name, "origin": origin, "source": source, "received_at": AT + timedelta(seconds=seconds)}


def looked(
    folder: Path, documents: dict[str, list[dict[str, Any]]], *, is_dropped: bool, edited: frozenset[int] = frozenset()
) -> Report:
    report, names, repeats = Report("job"), Names(folder / "names"), Repeats(folder / "posts")
    for name, posts in documents.items():
        place = names.add(name)
        for each in posts:
            repeats.add(name_of_post(1, each), place, mark_of_post(each, is_dropped))
    PostsTwice(report, 3_600, lambda name: {"content": documents[name]}, edited).look(repeats, names, readings=1)
    names.close()
    return report


@pytest.mark.parametrize(
    ("origin", "seconds", "is_dropped", "kind"),
    [
        ("first", 0, False, Kind.POST_TWICE),
        ("first", 0, True, Kind.POST_TWICE),
        ("second", 10, False, Kind.REPEATED),
        ("second", 10, True, Kind.POST_NOT_DROPPED),
        ("second", 3_600, True, Kind.REPEATED),
    ],
)
def test_what_is_there_twice_is_told_apart(
    tmp_path: Path, origin: str, seconds: float, is_dropped: bool, kind: Kind
) -> None:
    documents = {"q:0:0": [post("1", "first"), post("2", "other")], "q:1:0": [post("1", origin, seconds)]}
    (finding,) = looked(tmp_path, documents, is_dropped=is_dropped).findings
    assert (finding.kind, finding.found) == (kind, "1 posts, one of them 1")
    assert finding.where == "micro_batches/q:0:0, micro_batches/q:1:0"


def test_the_same_id_of_two_sources_is_two_posts(tmp_path: Path) -> None:
    documents = {"q:0:0": [post("1", "a"), post("1", "b", source="kafka")]}
    assert looked(tmp_path, documents, is_dropped=True).findings == []


def test_a_whole_document_that_is_there_twice_is_one_finding(tmp_path: Path) -> None:
    posts = [post(str(number), f"origin {number}") for number in range(1_000)]
    (finding,) = looked(tmp_path, {"q:0:0": posts, "x:0:0": posts}, is_dropped=False).findings
    assert finding.kind is Kind.POST_TWICE
    assert finding.found.startswith("1000 posts, one of them ")


@pytest.mark.parametrize(
    ("met", "is_dead", "kinds"),
    [
        ([Met.AS_POST, Met.AS_LETTER], True, [Kind.POST_AND_LETTER]),
        ([Met.AS_LETTER, Met.AS_POST], False, []),
        ([Met.AS_LETTER_OF_A_REQUEUE, Met.AS_POST], True, []),
        ([Met.AS_LETTER, Met.AS_LETTER], True, [Kind.LETTER_TWICE]),
        ([Met.AS_LETTER, Met.AS_POST, Met.AS_LETTER_OF_A_REQUEUE], True, [Kind.LETTER_TWICE, Kind.POST_AND_LETTER]),
        ([Met.AS_POST, Met.AS_POST], True, []),
    ],
)
def test_an_event_is_a_post_or_a_dead_letter_and_both_only_by_a_requeue(
    tmp_path: Path, met: list[Met], is_dead: bool, kinds: list[Kind]
) -> None:
    report, names, events = Report("job"), Names(tmp_path / "names"), Repeats(tmp_path / "events")
    for number, as_what in enumerate(met):
        events.add("origin", names.add(f"q:{number}"), as_what)
    EventsTwice(report, lambda name: is_dead and name != "").look(events, names)
    names.close()
    assert [finding.kind for finding in report.findings] == kinds
